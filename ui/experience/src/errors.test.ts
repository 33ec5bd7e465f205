import { ApiProblem } from '$shared/api';
import { describe, expect, it, vi } from 'vitest';
import type { SignInMode } from './data';
import { showProblem, type Purpose, type Shown } from './errors';
import { createLanguage } from './language';
import { experience } from './testing/fake';

const { t } = createLanguage([]);
const show = (
  code: string,
  { data = {}, message = '', purpose = 'SignIn' as Purpose, mode = 'SignInAndRegister' as SignInMode } = {},
): Shown =>
  showProblem(new ApiProblem(422, code, message, data), {
    t,
    purpose,
    experience: experience({ signInMode: mode }),
  });

describe('showProblem', () => {
  it.each([
    ['session.not_found', '/unknown-session'],
    ['user.suspended', '/account-suspended'],
    ['session.mfa.require_mfa_verification', '/mfa-verification'],
    ['user.missing_mfa', '/mfa-binding'],
    ['user.suggest_mfa', '/mfa-onboarding'],
    ['user.passkey_preferred', '/create-passkey'],
    ['session.mfa.backup_code_required', '/mfa-binding/BackupCode'],
  ])('%s has a page of its own (sheet 4.9)', (code, go) => {
    expect(show(code)).toMatchObject({ go });
  });

  it('puts a taken username beside the field', () => {
    expect(show('user.username_already_in_use')).toEqual({
      at: 'identifier',
      texts: ['That username is taken. Choose another.'],
    });
  });

  it.each([
    ['session.invalid_credentials', 'error.credentials'],
    ['session.verification_blocked_too_many_attempts', 'error.locked'],
    ['session.identity_conflict', 'error.conflict'],
    ['session.sso_enabled', 'error.singleSignOn'],
    ['user.sign_in_method_not_enabled', 'error.methodOff'],
    ['password.expired', 'error.passwordExpiredStuck'],
    ['request.message_rate_limited', 'error.messageLimit'],
    ['connector.not_found', 'error.noSender'],
    ['one_time_token.token_expired', 'link.expired'],
    ['network', 'error.network'],
  ] as const)('%s is said above the form', (code, key) => {
    expect(show(code)).toMatchObject({ at: 'form', text: t(key) });
  });

  it.each([
    ['connector.not_found', 'connector.gone'],
    ['connector.authorization_failed', 'connector.refused'],
    ['connector.social_invalid_id_token', 'connector.notAccepted'],
    ['connector.general', 'connector.failed'],
  ] as const)('%s of a connector names it', (code, key) => {
    expect(show(code, { data: { connectorName: 'Acme' } })).toEqual({ at: 'form', text: t(key, { name: 'Acme' }) });
  });

  it('an expired password can be replaced where passwords can be reset', () => {
    const shown = showProblem(new ApiProblem(422, 'password.expired', ''), {
      t,
      purpose: 'SignIn',
      experience: experience({ forgotPassword: { email: true, phone: false } }),
    });
    expect(shown).toEqual({ at: 'form', text: t('error.passwordExpired'), offer: 'forgot-password' });
  });

  it.each([
    ['verification_code.code_mismatch', 'code', 'code.mismatch'],
    ['verification_code.expired', 'code', 'code.expired'],
    ['verification_code.exceed_max_try', 'code', 'code.exceeded'],
    ['verification_code.not_found', 'code', 'code.gone'],
    ['session.mfa.invalid_totp_code', 'code', 'mfa.totpMismatch'],
    ['session.email_blocklist.email_not_allowed', 'identifier', 'error.emailBlocked'],
    ['user.same_password', 'password', 'error.samePassword'],
  ] as const)('%s belongs to the %s', (code, at, key) => {
    expect(show(code)).toEqual({ at, texts: [t(key)] });
  });

  it('only a missing answer may be mended by trying again', () => {
    expect(show('network')).toHaveProperty('retry', true);
    expect(show('one_time_token.token_expired')).not.toHaveProperty('retry');
  });

  it('marks the fields only when what was typed may be wrong', () => {
    expect(show('session.invalid_credentials')).toHaveProperty('typed', true);
    expect(show('network')).not.toHaveProperty('typed');
  });

  it.each<[SignInMode, string | undefined]>([
    ['SignInAndRegister', 'register'],
    ['SignIn', undefined],
  ])('an unknown account with mode %s offers %s', (mode, offer) => {
    expect((show('user.user_not_exist', { mode }) as { offer?: string }).offer).toBe(offer);
  });

  it('tells signing in apart from registering when the event is forbidden', () => {
    expect(show('auth.forbidden', { purpose: 'SignIn' })).toEqual({ at: 'form', text: t('error.forbiddenSignIn') });
    expect(show('auth.forbidden', { purpose: 'Register' })).toMatchObject({ offer: 'sign-in' });
    const said = show('auth.forbidden', { purpose: 'Other', message: 'Development sign-in is switched off.' });
    expect(said).toMatchObject({ text: 'That did not work. The server said: Development sign-in is switched off.' });
  });

  it('passes on for how long an account is locked', () => {
    const code = 'session.verification_blocked_too_many_attempts';
    expect(show(code, { message: 'Try again in 12 minutes.' })).toEqual({
      at: 'form',
      text: 'Try again in 12 minutes.',
    });
  });

  it('says a sentence for each reason a password was refused (sheet 4.8)', () => {
    const issues = [
      { code: 'password_rejected.too_short', interpolation: { min: 10 } },
      { code: 'password_rejected.character_types', interpolation: { min: 3 } },
      { code: 'password_rejected.pwned' },
      { code: 'password_rejected.restricted.sequence' },
      { code: 'password_rejected.restricted.user_info' },
    ];
    expect(show('password.rejected', { data: { issues } })).toEqual({
      at: 'password',
      texts: [
        'Use at least 10 characters.',
        'Mix at least 3 of these: lower case, upper case, digits, symbols.',
        t('password.pwned'),
        t('password.sequence'),
        t('password.userInfo'),
      ],
    });
  });

  it('fills in limits the server left out and never leaves a place empty', () => {
    const issues = ['too_short', 'too_long', 'character_types'].map((code) => ({ code: `password_rejected.${code}` }));
    const shown = show('password.rejected', { data: { issues } });
    expect(shown).toMatchObject({
      texts: ['Use at least 8 characters.', 'Use at most 256 characters.', expect.any(String)],
    });
    expect(JSON.stringify(shown)).not.toContain('{min}');
  });

  it.each([[undefined], [[]], ['odd'], [[{ code: 'password_rejected.new_reason' }]]])(
    'says that a password was refused even with issues %j',
    (issues) => {
      expect(show('password.rejected', { data: { issues } })).toEqual({
        at: 'password',
        texts: [t('password.rejected')],
      });
    },
  );

  it('repeats what the server says about problems it does not know, with the code', () => {
    expect(show('server.odd', { message: 'the disk is full' })).toEqual({
      at: 'form',
      text: 'That did not work. The server said: the disk is full',
      code: 'server.odd',
    });
    expect(show('http.502')).toEqual({ at: 'form', text: t('error.otherSilent'), code: 'http.502' });
  });

  it('reports a mistake of our own and still says something', () => {
    const report = vi.fn();
    vi.stubGlobal('reportError', report);
    const mistake = new TypeError('oops');
    expect(showProblem(mistake, { t, purpose: 'SignIn', experience: experience() })).toMatchObject({ at: 'form' });
    expect(report).toHaveBeenCalledWith(mistake);
  });
});
