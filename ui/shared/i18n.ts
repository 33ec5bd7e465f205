/** Phrases of one language: flat keys; `{name}` is a place for a value; `key_one`, `key_other` … are plural forms of `key`. */
export type Phrases = Readonly<Record<string, string>>;

type PluralForm = 'zero' | 'one' | 'two' | 'few' | 'many' | 'other';
/** What may be asked for: every key, and the stem of every plural. */
export type PhraseKey<P> = keyof P extends infer K
  ? K extends `${infer Stem}_${PluralForm}`
    ? Stem
    : K & string
  : never;
export type PhraseValues = Readonly<Record<string, string | number>>;

export interface Translator<P extends Phrases> {
  /** The BCP 47 tag of the phrases in use. */
  readonly language: string;
  readonly dir: 'ltr' | 'rtl';
  /** The phrase with its values put in; `count` chooses the plural form. An unknown key comes back as it is. */
  t(key: PhraseKey<P>, values?: PhraseValues): string;
}

const RIGHT_TO_LEFT = new Set(['ar', 'dv', 'fa', 'he', 'ku', 'ps', 'sd', 'ug', 'ur', 'yi']);

const base = (tag: string): string => tag.toLowerCase().split('-')[0] ?? '';

/** The first wanted tag that is available: exactly, else by its base language (sheet 5.6); else the fallback. */
export function pickLanguage(available: readonly string[], wanted: readonly string[], fallback: string): string {
  for (const tag of wanted.filter((one) => one !== '')) {
    const exact = available.find((one) => one.toLowerCase() === tag.toLowerCase());
    const near = exact ?? available.find((one) => base(one) === base(tag));
    if (near !== undefined) return near;
  }
  return fallback;
}

/** A translator over `bundles`; keys the chosen language lacks are taken from `fallback`, keys in `custom` win over both. */
export function createTranslator<P extends Phrases>(
  bundles: Readonly<Record<string, Partial<P>>>,
  fallback: { language: string; phrases: P },
  wanted: readonly string[] = [],
  custom: Phrases = {},
): Translator<P> {
  const language = pickLanguage(Object.keys(bundles), wanted, fallback.language);
  const phrases: Phrases = { ...fallback.phrases, ...bundles[language], ...custom };
  const plural = new Intl.PluralRules(language);
  return {
    language,
    dir: RIGHT_TO_LEFT.has(base(language)) ? 'rtl' : 'ltr',
    t(key, values = {}) {
      const count = values['count'];
      const form = typeof count === 'number' ? phrases[`${key}_${plural.select(count)}`] : undefined;
      const phrase = form ?? phrases[key] ?? phrases[`${key}_other`] ?? key;
      return phrase.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
    },
  };
}
