import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { SignInExperience } from '../../data';
import { experience, lines, type Script } from '../../testing/fake';
import { fakePasskeys } from '../../testing/passkeys';
import { button, field, heading, link, open } from '../../testing/screen';

beforeAll(async () => {
  await Promise.all([import('../factors'), import('../steps'), import('../../webauthn')]);
});

const E = '/api/experience';
const V = `${E}/verification`;
const REDIRECT = 'http://localhost:3001/oidc/auth/abc';
const type = (element: HTMLInputElement, value: string) => fireEvent.input(element, { target: { value } });
const send = (name: string) => fireEvent.submit(button(name).closest('form') as HTMLFormElement);
const path = () => window.location.pathname;
const passkeys = (more: SignInExperience['passkeySignIn'] = {}) => ({
  signInExperience: experience({ passkeySignIn: { enabled: true, ...more } }),
});
const known: Script = {
  [`POST ${V}/sign-in-passkey/authentication`]: [
    200,
    { verificationId: 'v-key', authenticationOptions: { challenge: 'AQ' } },
  ],
  [`POST ${V}/sign-in-passkey/authentication/verify`]: [200, { verificationId: 'v-key' }],
  [`POST ${E}/preflight/sign-in-passkey/authentication`]: [200, { challenge: 'AQ' }],
};
const unknown: Script = { [`POST ${V}/sign-in-passkey/authentication`]: [404, { code: 'user.webauthn_not_found' }] };

describe('/sign-in/passkey', () => {
  it('comes first for somebody who has one', async () => {
    fakePasskeys();
    const { calls, leave } = open({ data: passkeys(), script: known });
    await type(field('Email or username'), 'alice');
    await send('Continue');
    await waitFor(() => expect(heading()).toBe('Sign in with your passkey'));
    expect(path()).toBe('/sign-in/passkey');
    await send('Use your passkey');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(lines(calls)).toEqual([
      'PUT /',
      'POST /verification/sign-in-passkey/authentication',
      'POST /verification/sign-in-passkey/authentication/verify',
      'POST /identification',
      'POST /submit',
    ]);
    expect(calls[1]?.body).toEqual({ identifier: { type: 'username', value: 'alice' } });
    expect(calls[2]?.body).toMatchObject({ verificationId: 'v-key', payload: { type: 'WebAuthn' } });
  });

  it('asks for a fresh challenge at the second try, and offers the other ways', async () => {
    const { get } = fakePasskeys();
    get.mockRejectedValue(new DOMException('', 'NotAllowedError'));
    const { calls } = open({ data: passkeys(), script: known });
    await type(field('Email or username'), 'alice');
    await send('Continue');
    await waitFor(() => expect(heading()).toBe('Sign in with your passkey'));
    await send('Use your passkey');
    await waitFor(() => expect(button('Try again')).toBeTruthy());
    await send('Try again');
    await waitFor(() => expect(lines(calls).filter((line) => line.endsWith('/authentication'))).toHaveLength(2));
    await fireEvent.click(link('Use another way'));
    await waitFor(() => expect(heading()).toBe('Choose how to sign in'));
    expect(link(/Passkey/).getAttribute('href')).toBe('/sign-in/passkey?app_id=shop');
    await fireEvent.click(link(/Password/));
    await waitFor(() => expect(heading()).toBe('Enter your password'));
  });

  it('is passed over for somebody who has none, and by browsers without passkeys', async () => {
    fakePasskeys();
    open({ data: passkeys(), script: unknown });
    await type(field('Email or username'), 'alice');
    await send('Continue');
    await waitFor(() => expect(heading()).toBe('Enter your password'));
    vi.stubGlobal('PublicKeyCredential', undefined);
    const { calls } = open({ data: passkeys(), script: known });
    await type(field('Email or username'), 'alice');
    await send('Continue');
    await waitFor(() => expect(heading()).toBe('Enter your password'));
    expect(calls).toEqual([]);
  });

  it('needs its first step', async () => {
    open({ path: '/sign-in/passkey', data: passkeys() });
    await waitFor(() => expect(path()).toBe('/sign-in'));
  });
});

describe('the passkey button', () => {
  const shown = passkeys({ showPasskeyButton: true });

  it('is there only when it is switched on and the browser can', () => {
    fakePasskeys();
    open({ data: passkeys() });
    expect(screen.queryByRole('button', { name: 'Sign in with a passkey' })).toBeNull();
    vi.stubGlobal('PublicKeyCredential', undefined);
    open({ data: shown });
    expect(screen.queryByRole('button', { name: 'Sign in with a passkey' })).toBeNull();
  });

  it('lets any passkey be chosen when no identifier was typed', async () => {
    fakePasskeys();
    const { calls, leave } = open({ data: shown, script: known });
    await fireEvent.click(button('Sign in with a passkey'));
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(lines(calls).slice(0, 2)).toEqual(['PUT /', 'POST /preflight/sign-in-passkey/authentication']);
    expect(calls[2]?.body).not.toHaveProperty('verificationId');
  });

  it('asks for the passkey of the identifier, and says when there is none', async () => {
    fakePasskeys();
    open({ data: shown, script: unknown });
    await type(field('Email or username'), 'alice');
    await fireEvent.click(button('Sign in with a passkey'));
    expect((await screen.findByRole('alert')).textContent).toContain('no passkey for this account');
  });
});

describe('passkeys among the suggestions of the field', () => {
  const conditional = { isConditionalMediationAvailable: () => Promise.resolve(true) };

  it('sign in when one is chosen', async () => {
    const { get } = fakePasskeys(conditional);
    const { leave } = open({ data: passkeys({ allowAutofill: true }), script: known });
    expect(field('Email or username').autocomplete).toBe('username webauthn');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(get.mock.calls[0]?.[0]).toMatchObject({ mediation: 'conditional' });
  });

  it('say nothing when they cannot be offered', async () => {
    fakePasskeys(conditional);
    const { calls } = open({ data: passkeys({ allowAutofill: true }) });
    await waitFor(() => expect(calls).toHaveLength(2));
    await waitFor(() => expect(screen.queryByRole('alert')).toBeNull());
  });
});

describe('/create-passkey', () => {
  const offered: Script = {
    [`POST ${E}/submit`]: (_, before) =>
      before === 0 ? [422, { code: 'user.passkey_preferred', message: '' }] : [200, { redirectTo: REDIRECT }],
    [`POST ${V}/web-authn/registration`]: [
      200,
      { verificationId: 'v-key', registrationOptions: { challenge: 'AQ', user: { id: 'dTE' } } },
    ],
    [`POST ${V}/web-authn/registration/verify`]: [200, { verificationId: 'v-key' }],
    [`POST ${E}/profile/mfa/passkey`]: [204],
    [`POST ${E}/profile/mfa/passkey-skipped`]: [204],
  };

  it('adds one, or is passed by', async () => {
    fakePasskeys();
    const made = open({ path: '/create-passkey', script: offered });
    await waitFor(() => expect(heading()).toBe('Sign in faster next time?'));
    await send('Create a passkey');
    await waitFor(() => expect(made.leave).toHaveBeenCalledWith(REDIRECT));
    expect(lines(made.calls).slice(1)).toEqual([
      'POST /verification/web-authn/registration',
      'POST /verification/web-authn/registration/verify',
      'POST /profile/mfa/passkey',
      'POST /submit',
    ]);
    const skipped = open({ path: '/create-passkey', script: offered });
    await waitFor(() => expect(button('Not now')).toBeTruthy());
    await fireEvent.click(button('Not now'));
    await waitFor(() => expect(skipped.leave).toHaveBeenCalledWith(REDIRECT));
    expect(lines(skipped.calls)).toEqual(['POST /submit', 'POST /profile/mfa/passkey-skipped', 'POST /submit']);
  });

  it('says that the device has one already', async () => {
    const { create } = fakePasskeys();
    create.mockRejectedValue(new DOMException('', 'InvalidStateError'));
    open({ path: '/create-passkey', script: offered });
    await waitFor(() => expect(button('Create a passkey')).toBeTruthy());
    await send('Create a passkey');
    expect((await screen.findByRole('alert')).textContent).toContain('has a passkey for this account already');
  });
});
