import { beforeEach, describe, expect, it } from 'vitest';
import { takeParameters } from './parameters';

const load = (address: string) => {
  window.history.replaceState(null, '', address);
  return { taken: takeParameters(window), shown: window.location.pathname + window.location.search };
};

describe('takeParameters (sheet 2.3)', () => {
  beforeEach(() => sessionStorage.clear());

  it('stores three members and removes two of them from the address', () => {
    const { taken, shown } = load(
      '/sign-in?app_id=a&organization_id=o&ui_locales=de+en&login_hint=x%40y.z&identifier=email+phone',
    );
    expect(taken).toEqual({
      appId: 'a',
      organizationId: 'o',
      uiLocales: 'de en',
      loginHint: 'x@y.z',
      identifier: 'email phone',
      fallback: null,
      callback: {},
      errorMessage: '',
      oneTimeToken: '',
    });
    expect(shown).toBe('/sign-in?app_id=a&login_hint=x%40y.z&identifier=email+phone');
    expect({ ...sessionStorage }).toMatchObject({ app_id: 'a', organization_id: 'o', ui_locales: 'de en' });
  });

  it('leaves an address without them as it is', () => {
    expect(load('/direct/social/x?app_id=a&fallback=register').shown).toBe(
      '/direct/social/x?app_id=a&fallback=register',
    );
  });

  it('remembers what was stored when the address has no query', () => {
    load('/sign-in?app_id=a&organization_id=o&ui_locales=de');
    expect(load('/sign-in/password').taken).toMatchObject({ appId: 'a', organizationId: 'o', uiLocales: 'de' });
  });

  it('takes what a provider sent back for the callback page alone, out of the address and of what is stored', () => {
    load('/sign-in?app_id=a&organization_id=o&ui_locales=de');
    const { taken, shown } = load('/callback/c1?code=x%2By&state=s&app_id=theirs&login_hint=them&identifier=email');
    expect(taken).toMatchObject({ appId: 'a', organizationId: 'o', uiLocales: 'de', loginHint: '', identifier: null });
    expect(taken.callback).toEqual({
      code: 'x+y',
      state: 's',
      app_id: 'theirs',
      login_hint: 'them',
      identifier: 'email',
    });
    expect(shown).toBe('/callback/c1');
  });

  it('clears what the query of the address lacks, but not the application', () => {
    load('/sign-in?app_id=a&organization_id=o&ui_locales=de');
    expect(load('/sign-in?login_hint=x').taken).toMatchObject({ appId: 'a', organizationId: '', uiLocales: '' });
    expect(sessionStorage.getItem('ui_locales')).toBeNull();
  });
});
