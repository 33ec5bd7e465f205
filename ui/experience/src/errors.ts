import { ApiProblem } from '$shared/api';
import type { SignInExperience } from './data';
import { factorStep, type SecondFactors } from './factors';
import type { InteractionEvent } from './flow';
import type { Key, Translate } from './language';
import { PasskeyProblem } from './passkey';

/** The fields a problem can belong to. */
export type FieldName = 'identifier' | 'password' | 'code';

/** Where a problem is shown: beside a field, above the form, or on a page of its own. */
export type Shown =
  | { at: FieldName; texts: string[] }
  | {
      at: 'form';
      text: string;
      /** Whether it is about what was typed, so that the fields are marked too. */
      typed?: true;
      /** Shown for problems these pages do not know. */
      code?: string;
      /** Whether the same may well work in a moment. */
      retry?: true;
      offer?: 'register' | 'sign-in' | 'forgot-password';
    }
  | { go: string; factors?: SecondFactors };

/** What somebody was doing when it happened; `Other` is what is neither signing in nor registering with a form. */
export type Purpose = InteractionEvent | 'Other';

interface Context {
  t: Translate;
  purpose: Purpose;
  experience: SignInExperience;
}

/** Problems that have a page of their own (sheet 4.9). */
const PAGES: Readonly<Record<string, string>> = {
  'session.not_found': '/unknown-session',
  'user.suspended': '/account-suspended',
  'user.passkey_preferred': '/create-passkey',
};

/** Problems that belong to a field. */
const FIELDS: Readonly<Record<string, readonly [FieldName, Key]>> = {
  'user.username_already_in_use': ['identifier', 'error.usernameTaken'],
  'user.email_already_in_use': ['identifier', 'error.emailTaken'],
  'user.phone_already_in_use': ['identifier', 'error.phoneTaken'],
  'user.same_password': ['password', 'error.samePassword'],
  'verification_code.code_mismatch': ['code', 'code.mismatch'],
  'verification_code.expired': ['code', 'code.expired'],
  'verification_code.exceed_max_try': ['code', 'code.exceeded'],
  'verification_code.not_found': ['code', 'code.gone'],
  'verification_code.email_mismatch': ['code', 'code.gone'],
  'verification_code.phone_mismatch': ['code', 'code.gone'],
  'session.mfa.invalid_totp_code': ['code', 'mfa.totpMismatch'],
  'session.mfa.invalid_backup_code': ['code', 'mfa.backupMismatch'],
};

/** Problems of the whole form. */
const FORM: Readonly<Record<string, Key>> = {
  'session.interaction_not_found': 'error.startedOver',
  'session.verification_session_not_found': 'error.startedOver',
  'session.verification_failed': 'error.startedOver',
  'session.identity_conflict': 'error.conflict',
  'session.sso_enabled': 'error.singleSignOn',
  'user.sign_in_method_not_enabled': 'error.methodOff',
  'request.message_rate_limited': 'error.messageLimit',
  'connector.not_found': 'error.noSender',
  'session.connector_validation_session_not_found': 'callback.foreign',
  'user.identity_not_exist': 'connector.noAccount',
  'user.sso_identity_not_exist': 'connector.noAccount',
  'user.identity_already_in_use': 'connector.taken',
  'user.social_account_exists_in_profile': 'connector.otherLinked',
  'one_time_token.token_not_found': 'link.notFound',
  'one_time_token.email_mismatch': 'link.mismatch',
  'one_time_token.token_expired': 'link.expired',
  'one_time_token.token_consumed': 'link.consumed',
  'one_time_token.token_revoked': 'link.revoked',
  'session.mfa.mfa_policy_not_user_controlled': 'mfa.cannotSkip',
  'session.mfa.webauthn_verification_failed': 'passkey.refused',
  'session.mfa.webauthn_verification_not_found': 'passkey.startAgain',
  'session.passkey_sign_in.conflict_rp_id': 'passkey.otherAddress',
};

/** Problems of a provider's sign-in, which name the provider. */
const CONNECTOR: Readonly<Record<string, Key>> = {
  'connector.authorization_failed': 'connector.refused',
  'connector.social_auth_code_invalid': 'connector.notAccepted',
  'connector.social_invalid_access_token': 'connector.notAccepted',
  'connector.social_invalid_id_token': 'connector.notAccepted',
  'connector.insufficient_request_parameters': 'connector.failed',
  'connector.invalid_response': 'connector.failed',
  'connector.general': 'connector.failed',
  'connector.invalid_config': 'connector.misconfigured',
  'connector.not_found': 'connector.gone',
  'entity.not_found': 'connector.gone',
};

/** Why a password was refused (sheet 4.8), without the prefix the codes share. */
const PASSWORD: Readonly<Record<string, Key>> = {
  too_short: 'password.tooShort',
  too_long: 'password.tooLong',
  character_types: 'password.characterTypes',
  unsupported_characters: 'password.unsupported',
  pwned: 'password.pwned',
  'restricted.repetition': 'password.repetition',
  'restricted.sequence': 'password.sequence',
  'restricted.user_info': 'password.userInfo',
  'restricted.words': 'password.words',
};

interface Issue {
  code: string;
  interpolation?: Record<string, string | number>;
}

const isIssue = (value: unknown): value is Issue =>
  typeof value === 'object' && value !== null && typeof (value as Issue).code === 'string';

function passwordTexts(issues: unknown, { t, experience }: Context): string[] {
  const limits = { min: 8, max: 256, ...experience.passwordPolicy?.length };
  const texts = (Array.isArray(issues) ? issues : []).filter(isIssue).map(({ code, interpolation }) => {
    const name = code.replace(/^password_rejected\./, '');
    const values = name === 'character_types' ? { min: 2 } : limits;
    return t(PASSWORD[name] ?? 'password.rejected', { ...values, ...interpolation });
  });
  return texts.length > 0 ? [...new Set(texts)] : [t('password.rejected')];
}

/** Whether the same may well work in a moment. */
export const isPassing = (problem: Shown): boolean =>
  'at' in problem && problem.at === 'form' && problem.retry === true;

/** Puts a problem into words, and says where they belong. */
export function showProblem(problem: unknown, context: Context): Shown {
  const { t, purpose, experience } = context;
  if (problem instanceof PasskeyProblem && problem.reason !== 'stopped') {
    return { at: 'form', text: t(`passkey.${problem.reason}`), retry: true };
  }
  if (!(problem instanceof ApiProblem)) {
    reportError(problem);
    return { at: 'form', text: t('error.otherSilent') };
  }
  const { code, message } = problem;
  const page = PAGES[code];
  if (page !== undefined) return { go: page };
  const step = factorStep(problem);
  if (step !== undefined) return step;
  const field = FIELDS[code];
  if (field !== undefined) return { at: field[0], texts: [t(field[1])] };
  if (code.startsWith('session.email_blocklist.')) return { at: 'identifier', texts: [t('error.emailBlocked')] };
  if (code === 'password.rejected') return { at: 'password', texts: passwordTexts(problem.data['issues'], context) };
  if (code === 'session.invalid_credentials') return { at: 'form', text: t('error.credentials'), typed: true };
  // Only the server knows for how long.
  if (code === 'session.verification_blocked_too_many_attempts')
    return { at: 'form', text: message || t('error.locked') };
  if (code === 'network') return { at: 'form', text: t('error.network'), retry: true };
  const name = problem.data['connectorName'];
  const connector = CONNECTOR[code];
  if (connector !== undefined && typeof name === 'string') return { at: 'form', text: t(connector, { name }) };
  const form = FORM[code];
  if (form !== undefined) return { at: 'form', text: t(form) };
  if (code === 'password.expired') {
    const { email, phone } = experience.forgotPassword;
    return email || phone
      ? { at: 'form', text: t('error.passwordExpired'), offer: 'forgot-password' }
      : { at: 'form', text: t('error.passwordExpiredStuck') };
  }
  if (code === 'user.user_not_exist') {
    return experience.signInMode === 'SignInAndRegister'
      ? { at: 'form', text: t('error.noAccount'), typed: true, offer: 'register' }
      : { at: 'form', text: t('error.noAccountSignInOnly'), typed: true };
  }
  if (code === 'auth.forbidden' && purpose === 'SignIn') return { at: 'form', text: t('error.forbiddenSignIn') };
  if (code === 'auth.forbidden' && purpose === 'Register') {
    return { at: 'form', text: t('error.forbiddenRegister'), offer: 'sign-in' };
  }
  return { at: 'form', text: message ? t('error.other', { message }) : t('error.otherSilent'), code };
}
