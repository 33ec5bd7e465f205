import { describe, expect, it } from 'vitest';
import { fold, fuzzy, fuzzyNamed, runs } from '../src/lib/fuzzy';

/** The texts that are found, best first. */
const ranked = (query: string, texts: string[]) =>
  texts
    .map((text) => ({ text, score: fuzzy(query, text)?.score }))
    .filter((one) => one.score !== undefined)
    .sort((a, b) => (b.score ?? 0) - (a.score ?? 0))
    .map((one) => one.text);

describe('the fuzzy search', () => {
  it('puts beginnings of words before characters in the middle', () => {
    expect(ranked('tsi', ['Obtains it', 'Test sign-in', 'Settings'])[0]).toBe('Test sign-in');
    expect(ranked('app', ['Snappy', 'Create application', 'Applications'])).toEqual([
      'Applications',
      'Create application',
      'Snappy',
    ]);
    expect(ranked('ci', ['Copy the issuer', 'Social', 'Decide'])[0]).toBe('Copy the issuer');
  });

  it('takes the shorter of two texts that fit alike, and the whole before the part', () => {
    expect(ranked('people', ['People of the demo data', 'People'])[0]).toBe('People');
  });

  it('finds every word of the query wherever it stands, and nothing when one is missing', () => {
    expect(fuzzy('dark theme', 'Theme: dark')).not.toBeNull();
    expect(fuzzy('dark themes', 'Theme: dark')).toBeNull();
    expect(fuzzy('', 'Theme: dark')?.at).toEqual([]);
  });

  it('does not take scattered characters for a find', () => {
    expect(fuzzy('sessions', 'Settings: messages go to a mail server on this computer')).toBeNull();
  });

  it('tells which characters it found: the run, not the first that fit', () => {
    expect(fuzzy('key', 'Keep the keys')?.at).toEqual([9, 10, 11]);
    expect(runs('Copy the issuer', fuzzy('iss', 'Copy the issuer')?.at ?? [])).toEqual([
      { text: 'Copy the ', hit: false },
      { text: 'iss', hit: true },
      { text: 'uer', hit: false },
    ]);
    expect(fuzzy('sso', 'EnterpriseSSO')?.at).toEqual([10, 11, 12]);
  });

  it('ignores case and accents and keeps places', () => {
    expect(fold('Ägypten İÉ')).toHaveLength('Ägypten İÉ'.length);
    expect(fuzzy('jose', 'María José')?.at).toEqual([6, 7, 8, 9]);
    expect(fuzzy('ÅSA', 'åsa lind')?.at).toEqual([0, 1, 2]);
    expect(fuzzy('李', '李小龙')?.at).toEqual([0]);
  });

  it('finds by other words, too, for fewer points and without marking anything', () => {
    const byName = fuzzyNamed('user', 'Users');
    const byWord = fuzzyNamed('user', 'People', 'users accounts');
    expect(byWord?.at).toEqual([]);
    expect(byName?.score).toBeGreaterThan(byWord?.score ?? 0);
    expect(fuzzyNamed('add user', 'Add person', 'new user create')?.at).toEqual([0, 1, 2]);
    expect(fuzzyNamed('er', 'People', 'users')).toBeNull();
  });

  it('bears any input and long texts', () => {
    expect(fuzzy('[(\\.*', 'a [(\\.* b')).not.toBeNull();
    expect(fuzzy('a'.repeat(500), 'aaa')).toBeNull();
    expect(fuzzy('zz', 'z'.repeat(100_000))).not.toBeNull();
  });
});
