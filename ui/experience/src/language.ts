import { createTranslator, type PhraseKey, type Translator } from '$shared/i18n';
import type { IdentifierType, PageData } from './data';
import { inNamedOrder } from './identifier';
import en from './phrases/en.json';

export type Phrases = typeof en;
export type Key = PhraseKey<Phrases>;
export type Translate = Translator<Phrases>['t'];

/** Languages in the order of sheet 5.6: the request's, the browser's if that is on, the configured one. */
export function wantedLanguages(data: PageData, stored: string, browser: readonly string[]): string[] {
  const { autoDetect, fallbackLanguage } = data.signInExperience.languageInfo;
  const asked = (data.uiLocales || stored).split(' ');
  return [...asked, ...(autoDetect ? browser : []), fallbackLanguage].filter((tag) => tag !== '');
}

/**
 * The translator of this page. English is in the bundle; the server chooses the language and sends its phrases with the
 * page's data. Without that the bundle's language is the one there is.
 */
export function createLanguage(wanted: readonly string[], spoken?: PageData['language']): Translator<Phrases> {
  const english = { language: 'en', phrases: en };
  if (!spoken) return createTranslator<Phrases>({ en }, english, wanted);
  const bundles = { [spoken.tag]: spoken.phrases as Partial<Phrases> };
  return { ...createTranslator<Phrases>(bundles, english, [spoken.tag]), dir: spoken.dir };
}

export const isKey = (key: string): key is Key => Object.hasOwn(en, key);

/** The fields in the middle of a sentence: "email, username or phone". Each language keeps its own capitals. */
export function joined(t: Translate, enabled: readonly IdentifierType[]): string {
  const [a = '', b = '', c] = inNamedOrder(enabled).map((one) => t(`field.${one}`));
  return c !== undefined ? t('list.three', { a, b, c }) : b !== '' ? t('list.two', { a, b }) : a;
}

/** The label of a field that takes any of these: "Email, username or phone". */
export function joinedLabel(t: Translate, language: string, enabled: readonly IdentifierType[]): string {
  const text = joined(t, enabled);
  return text.slice(0, 1).toLocaleUpperCase(language) + text.slice(1);
}
