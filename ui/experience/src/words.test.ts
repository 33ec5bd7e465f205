import { describe, expect, it } from 'vitest';
import { claimRows } from './claims';
import { hostOf, personName, scopeGroups, type ConsentInfo } from './consent';
import { readPageData } from './data';
import { createLanguage, joinedLabel, wantedLanguages } from './language';
import en from './phrases/en.json';
import { experience, pageData } from './testing/fake';

const { t } = createLanguage([]);

describe('joinedLabel', () => {
  it.each([
    [['username'], 'Username'],
    [['username', 'email'], 'Email or username'],
    [['phone', 'username', 'email'], 'Email, username or phone'],
  ] as const)('%j is labelled %s', (enabled, label) => {
    expect(joinedLabel(t, 'en', enabled)).toBe(label);
  });
});

const FORM = /_(?:zero|one|two|few|many|other)$/;
const files = import.meta.glob<string>('./phrases/*.json', { query: '?raw', import: 'default', eager: true });
const tables = Object.entries(files).map(([path, text]) => [path.replace(/^.*\/|\.json$/g, ''), text] as const);
const english: Readonly<Record<string, string>> = en;
/** Plurals are those keys of the English file that end in a form; other keys may end in `_roles` and the like. */
const plurals = new Set(Object.keys(en).flatMap((key) => (FORM.test(key) ? [key.replace(FORM, '')] : [])));
const stemOf = (key: string): string => {
  const stem = key.replace(FORM, '');
  return plurals.has(stem) ? stem : key;
};
const placesOf = (phrase: string): string[] => [...new Set(phrase.match(/\{\w+\}/g) ?? [])].sort();
/** A form that stands for a single number may say it in a word: "one second". */
const mayOmitCount = (rules: Intl.PluralRules, form: string): boolean =>
  Array.from({ length: 200 }, (_, count) => count).filter((count) => rules.select(count) === form).length === 1;

describe.each(tables)('the phrases of %s', (tag, text) => {
  const phrases = JSON.parse(text) as Record<string, string>;
  const keys = Object.keys(phrases);
  const rules = new Intl.PluralRules(tag);

  it('are for a language that exists and have each key once', () => {
    expect(Intl.getCanonicalLocales(tag)).toEqual([tag]);
    expect(Intl.PluralRules.supportedLocalesOf(tag)).toEqual([tag]);
    expect(text.match(/^\s*"[^"]+":/gm)).toHaveLength(keys.length);
  });

  it('have the keys of English in the same order', () => {
    expect([...new Set(keys.map(stemOf))]).toEqual([...new Set(Object.keys(en).map(stemOf))]);
  });

  it.each([...plurals])('have every plural form of %s, and no other', (stem) => {
    const forms = keys.filter((key) => stemOf(key) === stem).map((key) => key.slice(stem.length + 1));
    expect(forms.sort()).toEqual([...rules.resolvedOptions().pluralCategories].sort());
  });

  it('are plain text', () => {
    const odd = Object.entries(phrases).filter(
      ([, phrase]) => typeof phrase !== 'string' || phrase === '' || phrase.trim() !== phrase || /[!！<>]/.test(phrase),
    );
    expect(odd).toEqual([]);
  });

  it('have the places of English', () => {
    const odd = Object.entries(phrases).filter(([key, phrase]) => {
      const stem = stemOf(key);
      const wanted = placesOf(english[stem] ?? english[`${stem}_other`] ?? '');
      const places = placesOf(phrase);
      if (stem !== key && mayOmitCount(rules, key.slice(stem.length + 1)) && !places.includes('{count}')) {
        places.push('{count}');
      }
      return places.sort().join() !== wanted.join();
    });
    expect(odd).toEqual([]);
  });
});

it('has tables to test', () => expect(tables.map(([tag]) => tag)).toContain('en'));

describe('wantedLanguages (sheet 5.6)', () => {
  const browser = ['fr-CA', 'en'];
  it('puts the request first, then the browser, then the configuration', () => {
    expect(wantedLanguages(pageData({ uiLocales: 'de pt-BR' }), 'es', browser)).toEqual([
      'de',
      'pt-BR',
      'fr-CA',
      'en',
      'en',
    ]);
    expect(wantedLanguages(pageData(), 'es', browser)).toEqual(['es', 'fr-CA', 'en', 'en']);
  });

  it('ignores the browser when it is not to be detected', () => {
    const languageInfo = { autoDetect: false, fallbackLanguage: 'ja' };
    expect(wantedLanguages(pageData({ signInExperience: experience({ languageInfo }) }), '', browser)).toEqual(['ja']);
  });
});

it('reads the data block, with its escaped angle brackets', () => {
  const page = document.implementation.createHTMLDocument();
  const block = page.createElement('script');
  block.id = 'vestibule-data';
  block.type = 'application/json';
  block.textContent = '\n{"issuer":"\\u003c/script>"}\n';
  page.body.append(block);
  expect(readPageData(page).issuer).toBe('</script>');
});

describe('consent', () => {
  const info: ConsentInfo = {
    application: { id: 'a', name: 'A' },
    user: { id: 'u1' },
    missingOIDCScope: ['openid', 'profile', 'custom:thing', 'described', 'offline_access'],
    scopeDescriptions: { profile: 'not used', described: 'In words' },
    missingResourceScopes: [
      {
        resource: { id: 'r', name: 'Orders', indicator: 'https://api.example.test' },
        scopes: [
          { id: '1', name: 'read', description: 'See orders' },
          { id: '2', name: 'write', description: null },
        ],
      },
    ],
  };

  it('groups scopes in plain words', () => {
    expect(scopeGroups(info, t)).toEqual([
      {
        title: 'About you',
        scopes: [
          { name: 'profile', text: t('scope.profile') },
          { name: 'custom:thing', text: 'custom:thing' },
          { name: 'described', text: 'In words' },
        ],
      },
      {
        title: 'Orders',
        note: 'https://api.example.test',
        scopes: [
          { name: 'read', text: 'See orders' },
          { name: 'write', text: 'write' },
        ],
      },
    ]);
  });

  it('shows no group without scopes about the person', () => {
    expect(scopeGroups({ ...info, missingOIDCScope: ['openid'], missingResourceScopes: [] }, t)).toEqual([]);
  });

  it.each([
    [{ id: 'u', name: 'Alice', username: 'alice' }, 'Alice'],
    [{ id: 'u', name: null, username: 'alice' }, 'alice'],
    [{ id: 'u', primaryEmail: 'a@b.c' }, 'a@b.c'],
    [{ id: 'u', primaryPhone: '123' }, '123'],
    [{ id: 'u' }, 'u'],
  ])('calls %j %s', (user, name) => expect(personName(user)).toBe(name));

  it.each([
    ['http://localhost:3000/callback', 'localhost:3000'],
    ['com.example.app://callback', 'com.example.app'],
    ['com.example.app:/callback', 'com.example.app'],
    ['nonsense', ''],
  ])('the host of %s is %j', (address, host) => expect(hostOf(address)).toBe(host));
});

describe('claimRows', () => {
  it('shows times, says what claims mean and marks empty ones', () => {
    const rows = claimRows(
      { iat: 0, updated_at: 1763000000000, picture: null, roles: ['a'], x: true, name: 'Zoë' },
      t,
      'en',
    );
    expect(rows.map(({ name, value, empty }) => [name, value, empty])).toEqual([
      ['iat', '0', false],
      ['updated_at', '1763000000000', false],
      ['picture', 'none', true],
      ['roles', '["a"]', false],
      ['x', 'true', false],
      ['name', 'Zoë', false],
    ]);
    expect(rows[0]).toMatchObject({ meaning: 'issued at', time: expect.stringMatching(/1970|1969/) });
    expect(rows[1]?.time).toMatch(/2025/);
    expect(rows[4]).toMatchObject({ meaning: '', time: '' });
  });

  it('spreads long values over lines', () => {
    const [row] = claimRows({ address: { streetAddress: 'Main Street 1', locality: 'Springfield' } }, t, 'en');
    expect(row?.value.split('\n')).toHaveLength(4);
  });
});
