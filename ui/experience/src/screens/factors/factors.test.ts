import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { lines, type Script } from '../../testing/fake';
import { fakePasskeys } from '../../testing/passkeys';
import { button, descriptionOf, field, heading, link, open } from '../../testing/screen';

beforeAll(() => import('../factors'));

const E = '/api/experience';
const V = `${E}/verification`;
const REDIRECT = 'http://localhost:3001/oidc/auth/abc';
const type = (element: HTMLInputElement, value: string) => fireEvent.input(element, { target: { value } });
const send = (name: string) => fireEvent.submit(button(name).closest('form') as HTMLFormElement);
const path = () => window.location.pathname;
const refusal = (code: string, data?: object): [number, object] => [422, { code, message: '', data }];
const DONE: [number, object] = [200, { redirectTo: REDIRECT }];

/** Signs in with a password to a server that answers the submissions one after the other, and then lets through. */
async function signIn(answers: [number, object][], title: string, script: Script = {}) {
  const made = open({ script: { [`POST ${E}/submit`]: (_, before) => answers[before] ?? DONE, ...script } });
  await type(field('Email or username'), 'alice');
  await type(field('Password'), 'right');
  await send('Sign in');
  await waitFor(() => expect(heading()).toBe(title));
  return { ...made, after: () => lines(made.calls).slice(4) };
}

const verify = (...availableFactors: string[]): [number, object] => [
  403,
  {
    code: 'session.mfa.require_mfa_verification',
    message: '',
    data: { availableFactors, maskedIdentifiers: { EmailVerificationCode: 'a****@example.test' } },
  },
];
const bind = (availableFactors: string[], skippable?: true) =>
  refusal('user.missing_mfa', { availableFactors, ...(skippable ? { skippable } : {}) });

describe('/mfa-verification', () => {
  it('takes a code of the authenticator app', async () => {
    const { after, calls, leave } = await signIn([verify('Totp')], 'Enter the code from your app', {
      [`POST ${V}/totp/verify`]: ({ code }) =>
        code === '000000' ? refusal('session.mfa.invalid_totp_code') : [200, { verificationId: 'v' }],
    });
    expect(path()).toBe('/mfa-verification/Totp');
    await type(field('6-digit code'), '000000');
    await waitFor(() => expect(descriptionOf(field('6-digit code'))).toContain('every 30 seconds'));
    await waitFor(() => expect(document.activeElement).toBe(field('6-digit code')));
    await type(field('6-digit code'), '123 456');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(after()).toEqual(['POST /verification/totp/verify', 'POST /verification/totp/verify', 'POST /submit']);
    expect(calls[5]?.body).toEqual({ code: '123456' });
  });

  it('offers the other factors, and codes that go to a hidden address', async () => {
    const { after, calls, leave } = await signIn(
      [verify('EmailVerificationCode', 'Totp', 'BackupCode')],
      'Enter the code from your app',
      {
        [`POST ${V}/mfa-verification-code`]: [200, { verificationId: 'v-mail' }],
        [`POST ${V}/mfa-verification-code/verify`]: [200, { verificationId: 'v-mail' }],
      },
    );
    await fireEvent.click(link('Use another way'));
    await waitFor(() => expect(heading()).toBe("Confirm it's you"));
    expect(screen.getAllByRole('listitem').map((one) => one.textContent?.trim())).toEqual([
      expect.stringContaining('Authenticator app'),
      expect.stringContaining('Send a code to a****@example.test'),
      expect.stringContaining('Backup code'),
    ]);
    await fireEvent.click(link(/Email/));
    await waitFor(() => expect(screen.getByText('Enter the 6-digit code sent to a****@example.test')).toBeTruthy());
    await fireEvent.click(link('Use another way'));
    await waitFor(() => expect(heading()).toBe("Confirm it's you"));
    await fireEvent.click(link(/Email/));
    await waitFor(() => expect(field('6-digit code')).toBeTruthy());
    await type(field('6-digit code'), '123456');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(after()).toEqual([
      'POST /verification/mfa-verification-code',
      'POST /verification/mfa-verification-code/verify',
      'POST /submit',
    ]);
    expect(calls.slice(4, 6).map((call) => call.body)).toEqual([
      { identifierType: 'email' },
      { verificationId: 'v-mail', code: '123456', identifierType: 'email' },
    ]);
  });

  it('says when a code could not be sent, and can try again', async () => {
    await signIn([verify('PhoneVerificationCode')], 'Check your phone', {
      [`POST ${V}/mfa-verification-code`]: (_, before) =>
        before === 0 ? [429, { code: 'request.message_rate_limited' }] : [200, { verificationId: 'v' }],
    });
    expect((await screen.findByRole('alert')).textContent).toContain('Too many codes');
    await fireEvent.click(button('Try again'));
    await waitFor(() => expect(screen.getByText('Enter the 6-digit code sent to your phone')).toBeTruthy());
  });

  it('takes a backup code as it was written down', async () => {
    const { calls, leave } = await signIn([verify('BackupCode')], 'Enter a backup code', {
      [`POST ${V}/backup-code/verify`]: (_, before) =>
        before === 0 ? refusal('session.mfa.invalid_backup_code') : [200, { verificationId: 'v' }],
    });
    await send('Continue');
    await waitFor(() => expect(descriptionOf(field('Backup code'))).toBe('Enter one of your backup codes.'));
    await type(field('Backup code'), '12AB CD-34ef ');
    await send('Continue');
    await waitFor(() => expect(descriptionOf(field('Backup code'))).toContain('was used before'));
    await send('Continue');
    await waitFor(() => expect(leave).toHaveBeenCalled());
    expect(calls[4]?.body).toEqual({ code: '12abcd34ef' });
  });

  const authentication: Script = {
    [`POST ${V}/web-authn/authentication`]: [
      200,
      { verificationId: 'v-key', authenticationOptions: { challenge: 'AQ' } },
    ],
    [`POST ${V}/web-authn/authentication/verify`]: [200, { verificationId: 'v-key' }],
  };

  it('asks for a passkey, and again after it was cancelled', async () => {
    const { get } = fakePasskeys();
    get.mockRejectedValueOnce(new DOMException('', 'NotAllowedError'));
    const { calls, leave } = await signIn([verify('WebAuthn')], 'Confirm with your passkey', authentication);
    await send('Use your passkey');
    expect((await screen.findByRole('alert')).textContent).toContain('you stopped');
    await send('Try again');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(calls.find((call) => call.path.endsWith('authentication/verify'))?.body).toMatchObject({
      verificationId: 'v-key',
      payload: { type: 'WebAuthn', response: { signature: 'BQ' } },
    });
  });

  it('says where passkeys cannot be used', async () => {
    vi.stubGlobal('PublicKeyCredential', undefined);
    await signIn([verify('WebAuthn', 'Totp')], 'Confirm with your passkey');
    expect(screen.getByText(/This browser can't use passkeys/)).toBeTruthy();
    expect(link('Use another way')).toBeTruthy();
  });

  it('keeps its place when the page is loaded anew', async () => {
    const { calls } = open({ path: '/mfa-verification/Totp', script: { [`POST ${E}/submit`]: verify('Totp') } });
    await waitFor(() => expect(heading()).toBe('Enter the code from your app'));
    expect(lines(calls)).toEqual(['POST /submit']);
  });

  it('says when none of the ways can be used', async () => {
    await signIn([verify('Unheard')], "Confirm it's you");
    expect(screen.getByText(/none of its ways can be used here/)).toBeTruthy();
  });
});

describe('/mfa-binding', () => {
  const totp: Script = {
    [`POST ${V}/totp/secret`]: [
      200,
      { verificationId: 'v-totp', secret: 'JBSWY3DPEHPK3PXP', secretQrCode: 'data:image/png;base64,AA==' },
    ],
    [`POST ${V}/totp/verify`]: [200, { verificationId: 'v-totp' }],
    [`POST ${E}/profile/mfa`]: [204],
    [`POST ${E}/profile/mfa/mfa-skipped`]: [204],
    [`POST ${E}/profile/mfa/mfa-enabled`]: [204],
    [`POST ${E}/profile/mfa/mfa-suggestion-skipped`]: [204],
  };
  const backup: Script = {
    [`POST ${V}/backup-code/generate`]: [200, { verificationId: 'v-backup', codes: ['aaaaaaaaaa', 'bbbbbbbbbb'] }],
  };

  it('sets up an authenticator app, and backup codes when those are required', async () => {
    const { after, calls, leave } = await signIn(
      [bind(['Totp', 'WebAuthn', 'BackupCode']), refusal('session.mfa.backup_code_required')],
      'Add a second step to sign in',
      { ...totp, ...backup },
    );
    expect(screen.queryByText('Not now')).toBeNull();
    expect(screen.queryByText('Backup code')).toBeNull();
    await fireEvent.click(link(/Authenticator app/));
    await waitFor(() => expect(field('Key').value).toBe('JBSWY3DPEHPK3PXP'));
    expect(screen.getByRole('img').getAttribute('src')).toBe('data:image/png;base64,AA==');
    // The same key when somebody looks elsewhere in between.
    await fireEvent.click(link('Use another way'));
    await waitFor(() => expect(heading()).toBe('Add a second step to sign in'));
    await fireEvent.click(link(/Authenticator app/));
    await waitFor(() => expect(field('6-digit code')).toBeTruthy());
    await type(field('6-digit code'), '123456');
    await waitFor(() => expect(heading()).toBe('Save your backup codes'));
    await waitFor(() =>
      expect(screen.getAllByRole('listitem').map((one) => one.textContent)).toEqual(['aaaaaaaaaa', 'bbbbbbbbbb']),
    );
    expect(path()).toBe('/mfa-binding/BackupCode');
    await send('I have saved them');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(after()).toEqual([
      'POST /verification/totp/secret',
      'POST /verification/totp/verify',
      'POST /profile/mfa',
      'POST /submit',
      'POST /verification/backup-code/generate',
      'POST /profile/mfa',
      'POST /submit',
    ]);
    expect([5, 6, 9].map((index) => calls[index]?.body)).toEqual([
      { code: '123456', verificationId: 'v-totp' },
      { type: 'Totp', verificationId: 'v-totp' },
      { type: 'BackupCode', verificationId: 'v-backup' },
    ]);
  });

  it('copies and downloads backup codes', async () => {
    const writeText = vi.fn(() => Promise.resolve());
    Object.defineProperty(window.navigator, 'clipboard', { configurable: true, value: { writeText } });
    await signIn([refusal('session.mfa.backup_code_required')], 'Save your backup codes', backup);
    await waitFor(() => expect(button('Copy')).toBeTruthy());
    await fireEvent.click(button('Copy'));
    await waitFor(() => expect(button('Copied')).toBeTruthy());
    expect(writeText).toHaveBeenCalledWith('aaaaaaaaaa\nbbbbbbbbbb');
    const made = vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:x');
    vi.spyOn(URL, 'revokeObjectURL').mockReturnValue();
    const clicked = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockReturnValue();
    await fireEvent.click(button('Download'));
    const file = made.mock.calls[0]?.[0];
    expect(file instanceof Blob && (await file.text())).toBe('aaaaaaaaaa\nbbbbbbbbbb\n');
    expect(clicked).toHaveBeenCalledOnce();
  });

  it('creates a passkey', async () => {
    fakePasskeys();
    const { calls, leave } = await signIn([bind(['WebAuthn'])], 'Create a passkey', {
      ...totp,
      [`POST ${V}/web-authn/registration`]: [
        200,
        { verificationId: 'v-key', registrationOptions: { challenge: 'AQ', user: { id: 'dTE' } } },
      ],
      [`POST ${V}/web-authn/registration/verify`]: [200, { verificationId: 'v-key' }],
    });
    await send('Create a passkey');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(calls.at(-2)?.body).toEqual({ type: 'WebAuthn', verificationId: 'v-key' });
  });

  it('adds an address that the account lacks', async () => {
    const { after, calls, leave } = await signIn([bind(['EmailVerificationCode'])], 'Add your email address');
    await type(field('Email'), 'alice@example.test');
    await send('Send a code');
    await waitFor(() => expect(heading()).toBe('Check your email'));
    await fireEvent.click(button('Use another email address'));
    await waitFor(() => expect(field('Email').value).toBe('alice@example.test'));
    await send('Send a code');
    await waitFor(() => expect(heading()).toBe('Check your email'));
    await type(field('6-digit code'), '123456');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(after().slice(2)).toEqual(['POST /verification/verification-code/verify', 'POST /profile', 'POST /submit']);
    expect(calls[4]?.body).toMatchObject({ interactionEvent: 'SignIn' });
    expect(calls.at(-2)?.body).toEqual({ type: 'email', verificationId: 'v-code' });
  });

  it.each([
    [bind(['Totp', 'WebAuthn'], true), 'Add a second step to sign in', 'mfa-skipped'],
    [
      refusal('session.mfa.suggest_additional_mfa', { availableFactors: ['Totp', 'WebAuthn'], skippable: true }),
      'Add another way?',
      'mfa-suggestion-skipped',
    ],
  ])('%j can be passed by', async (answer, title, route) => {
    const { after, leave } = await signIn([answer], title, totp);
    await fireEvent.click(button('Not now'));
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(after()).toEqual([`POST /profile/mfa/${route}`, 'POST /submit']);
  });

  it('asks first where that is the policy, and goes on to the choice', async () => {
    const ask = refusal('user.suggest_mfa');
    const { after } = await signIn([ask, bind(['Totp', 'WebAuthn'], true)], 'Protect your account?', totp);
    expect(path()).toBe('/mfa-onboarding');
    await send('Set it up');
    await waitFor(() => expect(heading()).toBe('Add a second step to sign in'));
    expect(after()).toEqual(['POST /profile/mfa/mfa-enabled', 'POST /submit']);
    const skipped = await signIn([ask], 'Protect your account?', totp);
    await fireEvent.click(button('Not now'));
    await waitFor(() => expect(skipped.leave).toHaveBeenCalledWith(REDIRECT));
    expect(skipped.after()).toEqual(['POST /profile/mfa/mfa-skipped', 'POST /submit']);
  });

  it('says when a step cannot be passed by after all', async () => {
    await signIn([bind(['Totp', 'WebAuthn'], true)], 'Add a second step to sign in', {
      [`POST ${E}/profile/mfa/mfa-skipped`]: refusal('session.mfa.mfa_policy_not_user_controlled'),
    });
    await fireEvent.click(button('Not now'));
    expect((await screen.findByRole('alert')).textContent).toContain("can't be skipped");
  });
});
