import { ApiProblem } from '$shared/api';
import { describe, expect, it } from 'vitest';
import { connectorName, connectorOf, directConnector, refusedFor, type Way } from './connectors';
import type { SignInExperience } from './data';
import { directFallback, firstPath, isPassage, settle, type Screen } from './routes';
import { experience } from './testing/fake';

const connectors: Partial<SignInExperience> = {
  socialConnectors: [{ id: 'c1', target: 'google', name: { en: 'Google', de: 'Google DE' } }],
  ssoConnectors: [{ id: 'acme', connectorName: 'Acme' }],
};

describe('screens of the paths', () => {
  it.each<[string, Screen]>([
    // First screens (sheet 2.3), where nothing falls back.
    ['/sign-in', { name: 'sign-in', step: 'full' }],
    ['/register', { name: 'register', step: 'full' }],
    ['/reset-password', { name: 'forgot-password', landing: true }],
    ['/identifier-sign-in', { name: 'sign-in', step: 'identifier' }],
    ['/identifier-register', { name: 'register', step: 'identifier' }],
    ['/single-sign-on', { name: 'single-sign-on' }],
    ['/direct/social/google', { name: 'direct', method: 'social', target: 'google' }],
    ['/direct/social', { name: 'direct', method: 'social', target: undefined }],
    ['/direct/sso/a%2Fb', { name: 'direct', method: 'sso', target: 'a/b' }],
    ['/direct/social/%E0%A4%A', { name: 'direct', method: 'social', target: '%E0%A4%A' }],
    ['/consent', { name: 'consent' }],
    // The others (sheet 5.8).
    ['/sign-in/password', { name: 'sign-in', step: 'password' }],
    ['/sign-in/passkey', { name: 'sign-in-passkey' }],
    ['/sign-in/verification-methods', { name: 'verification-methods' }],
    ['/sign-in/verification-code', { name: 'code', flow: 'sign-in' }],
    ['/sign-in/elsewhere', { name: 'not-found' }],
    ['/register/password', { name: 'register', step: 'password' }],
    ['/register/verification-code', { name: 'code', flow: 'register' }],
    ['/forgot-password', { name: 'forgot-password', landing: false }],
    ['/forgot-password/verification-code', { name: 'code', flow: 'forgot-password' }],
    ['/forgot-password/reset', { name: 'reset' }],
    ['/reset-password/reset', { name: 'not-found' }],
    ['/single-sign-on/email', { name: 'single-sign-on' }],
    ['/single-sign-on/connectors', { name: 'sso-connectors' }],
    ['/single-sign-on/elsewhere', { name: 'not-found' }],
    ['/continue/extra-profile', { name: 'continue', method: 'extra-profile' }],
    ['/continue/verification-code', { name: 'code', flow: 'continue' }],
    ['/mfa-verification/Totp', { name: 'mfa-verification', factor: 'Totp' }],
    ['/mfa-binding', { name: 'mfa-binding', factor: undefined }],
    ['/mfa-onboarding', { name: 'mfa-onboarding' }],
    ['/create-passkey', { name: 'create-passkey' }],
    ['/one-time-token', { name: 'one-time-token', failed: false }],
    ['/one-time-token/error', { name: 'one-time-token', failed: true }],
    ['/callback/c1', { name: 'callback', connectorId: 'c1' }],
    ['/callback/social/c1', { name: 'callback', connectorId: 'c1' }],
    ['/callback/social', { name: 'callback', connectorId: 'social' }],
    ['/callback', { name: 'not-found' }],
    ['/social/link/c1', { name: 'social-link', connectorId: 'c1' }],
    ['/social/link', { name: 'not-found' }],
    ['/social/landing/c1', { name: 'not-found' }],
    ['/switch-account', { name: 'switch-account' }],
    ['/account-suspended', { name: 'account-suspended' }],
    ['/unknown-session', { name: 'unknown-session' }],
    ['/sign-in/', { name: 'sign-in', step: 'full' }],
    ['/elsewhere', { name: 'not-found' }],
  ])('%s', (path, screen) => {
    const open = experience({
      forgotPassword: { email: true, phone: false },
      singleSignOnEnabled: true,
      passkeySignIn: { enabled: true },
    });
    expect(settle(path, open)).toEqual({ path, screen });
  });
});

describe('fall-backs (sheet 2.4)', () => {
  it.each<[string, Partial<SignInExperience>, string]>([
    ['/', {}, '/sign-in'],
    ['/sign-in', { signInMode: 'Register' }, '/register'],
    ['/sign-in/password', { signInMode: 'Register' }, '/register'],
    ['/sign-in', { signInMode: 'SignIn' }, '/sign-in'],
    ['/register', { signInMode: 'SignIn' }, '/sign-in'],
    ['/register', { signInMode: 'Register' }, '/register'],
    ['/identifier-sign-in', { signIn: { methods: [] } }, '/sign-in'],
    ['/identifier-sign-in', { signInMode: 'Register' }, '/identifier-sign-in'],
    ['/identifier-register', { signInMode: 'SignIn' }, '/sign-in'],
    ['/identifier-register', { signUp: { identifiers: [], password: true, verify: false } }, '/sign-in'],
    ['/reset-password', {}, '/sign-in'],
    ['/forgot-password', {}, '/sign-in'],
    ['/reset-password', { forgotPassword: { email: false, phone: true } }, '/reset-password'],
    ['/forgot-password/reset', {}, '/sign-in'],
    ['/sign-in/passkey', {}, '/sign-in'],
    ['/mfa-binding/Nonsense', {}, '/mfa-binding'],
    ['/single-sign-on', {}, '/sign-in'],
    ['/single-sign-on/connectors', {}, '/sign-in'],
    ['/single-sign-on', { singleSignOnEnabled: true }, '/single-sign-on'],
    // One fall-back can lead to another.
    ['/reset-password', { signInMode: 'Register' }, '/register'],
    [
      '/identifier-register',
      { signInMode: 'Register', signUp: { identifiers: [], password: true, verify: false } },
      '/register',
    ],
  ])('%s with %j shows %s', (path, changes, shown) => {
    expect(settle(path, experience(changes)).path).toBe(shown);
  });
});

describe('direct sign-in (sheet 2.5)', () => {
  it.each([
    ['sign-in', '/sign-in'],
    ['register', '/register'],
    ['reset-password', '/reset-password'],
    ['identifier-sign-in', '/identifier-sign-in'],
    ['identifier-register', '/identifier-register'],
    ['single-sign-on', '/single-sign-on'],
    [null, '/sign-in'],
    ['', '/sign-in'],
    ['consent', '/sign-in'],
    ['/evil.example', '/sign-in'],
    ['//evil.example', '/sign-in'],
    ['sign-in/../consent', '/sign-in'],
    ['signIn', '/sign-in'],
  ])('fallback %j leads to %s', (fallback, path) => {
    expect(directFallback(fallback)).toBe(path);
  });

  const google: Way = { family: 'social', id: 'c1', name: 'Google' };
  const acme: Way = { family: 'sso', id: 'acme', name: 'Acme' };
  it.each<[string, string | undefined, Partial<SignInExperience>, Way | undefined]>([
    ['social', 'google', connectors, google],
    ['social', 'github', connectors, undefined],
    ['social', undefined, connectors, undefined],
    ['social', 'c1', connectors, undefined],
    ['sso', 'acme', { ...connectors, singleSignOnEnabled: true }, acme],
    ['sso', 'acme', connectors, undefined],
    ['sso', 'other', { ...connectors, singleSignOnEnabled: true }, undefined],
    ['oidc', 'google', connectors, undefined],
    ['', undefined, connectors, undefined],
  ])('%s %s with %j finds %j', (method, target, changes, found) => {
    expect(directConnector(method, target, experience(changes), 'en')).toEqual(found);
  });

  it('knows a connector by its id, too', () => {
    expect(connectorOf('c1', experience(connectors), 'de')).toEqual({ ...google, name: 'Google DE' });
    expect(connectorOf('acme', experience(connectors), 'de')).toEqual(acme);
    expect(connectorOf('google', experience(connectors), 'de')).toBeUndefined();
  });
});

it.each([
  [
    [{ id: 'a', connectorName: 'A' }, 'b', 3, null, { name: 'c' }],
    ['a', 'b'],
  ],
  [undefined, []],
  ['a', []],
])('reads the connectors %j of a refusal', (ssoConnectors, ids) => {
  expect(refusedFor(new ApiProblem(422, 'session.sso_enabled', '', { ssoConnectors }))).toEqual(ids);
});

it.each([
  ['/direct/social/google', true],
  ['/callback/c1', true],
  ['/sign-in', false],
  ['/directory', false],
])('whether %s only passes on: %s', (path, passes) => expect(isPassage(path)).toBe(passes));

it('names a connector in the language of the page, else in English, else somehow', () => {
  const named = (name: string | Record<string, string>) => connectorName({ id: 'c', target: 'x', name }, 'de');
  expect(named('Plain')).toBe('Plain');
  expect(named({ en: 'English', de: 'Deutsch' })).toBe('Deutsch');
  expect(named({ en: 'English' })).toBe('English');
  expect(named({ fr: 'Français' })).toBe('Français');
  expect(named({})).toBe('x');
});

describe('firstPath (sheet 2.6)', () => {
  it.each([
    ['/sign-in', 'token', 'a@b.c', '/one-time-token'],
    ['/register', 'token', 'a@b.c', '/one-time-token'],
    ['/sign-in', 'token', '', '/sign-in'],
    ['/sign-in', '', 'a@b.c', '/sign-in'],
    ['/consent', 'token', 'a@b.c', '/consent'],
  ])('%s with token %j and hint %j starts at %s', (path, oneTimeToken, loginHint, first) => {
    expect(firstPath(path, { oneTimeToken, loginHint })).toBe(first);
  });
});
