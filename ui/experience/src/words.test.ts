import { describe, expect, it } from 'vitest';
import { claimRows } from './claims';
import { hostOf, personName, scopeGroups, type ConsentInfo } from './consent';
import { readPageData } from './data';
import { createLanguage, joinedLabel, wantedLanguages } from './language';
import en from './phrases/en.json';
import { experience, pageData } from './testing/fake';

const { t } = createLanguage([]);

describe('phrases', () => {
  it('are plain text', () => {
    const odd = Object.values(en).filter((phrase) => phrase === '' || phrase.trim() !== phrase || /[!<>]/.test(phrase));
    expect(odd).toEqual([]);
  });

  it.each([
    [['username'], 'Username'],
    [['username', 'email'], 'Email or username'],
    [['phone', 'username', 'email'], 'Email, username or phone'],
  ] as const)('%j is labelled %s', (enabled, label) => {
    expect(joinedLabel(t, 'en', enabled)).toBe(label);
  });
});

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
