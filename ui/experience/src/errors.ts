import { ApiProblem } from '$shared/api';
import type { SignInExperience } from './data';
import type { InteractionEvent } from './flow';
import type { Key, Translate } from './language';

/** Where a problem is shown: beside a field, above the form, or on a page of its own. */
export type Shown =
  | { at: 'identifier' | 'password'; texts: string[] }
  | {
      at: 'form';
      text: string;
      /** Whether it is about what was typed, so that the fields are marked too. */
      typed?: true;
      /** Shown for problems these pages do not know. */
      code?: string;
      offer?: 'register' | 'sign-in';
    }
  | { go: string };

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
  'user.missing_mfa': '/mfa-binding',
  'user.suggest_mfa': '/mfa-onboarding',
  'user.passkey_preferred': '/create-passkey',
  'session.mfa.require_mfa_verification': '/mfa-verification',
  'session.mfa.backup_code_required': '/mfa-binding/BackupCode',
  'session.mfa.suggest_additional_mfa': '/mfa-binding',
};

/** Problems that belong to a field. */
const FIELDS: Readonly<Record<string, Key>> = {
  'user.username_already_in_use': 'error.usernameTaken',
  'user.email_already_in_use': 'error.emailTaken',
  'user.phone_already_in_use': 'error.phoneTaken',
};

/** Problems of the whole form. */
const FORM: Readonly<Record<string, Key>> = {
  'session.interaction_not_found': 'error.startedOver',
  'session.verification_session_not_found': 'error.startedOver',
  'session.verification_failed': 'error.startedOver',
  'session.identity_conflict': 'error.conflict',
  'session.sso_enabled': 'error.singleSignOn',
  'user.sign_in_method_not_enabled': 'error.methodOff',
  'password.expired': 'error.passwordExpired',
  network: 'error.network',
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

/** Puts a problem into words, and says where they belong. */
export function showProblem(problem: unknown, context: Context): Shown {
  const { t, purpose, experience } = context;
  if (!(problem instanceof ApiProblem)) {
    reportError(problem);
    return { at: 'form', text: t('error.otherSilent') };
  }
  const { code, message } = problem;
  const page = PAGES[code];
  if (page !== undefined) return { go: page };
  const field = FIELDS[code];
  if (field !== undefined) return { at: 'identifier', texts: [t(field)] };
  if (code === 'password.rejected') return { at: 'password', texts: passwordTexts(problem.data['issues'], context) };
  if (code === 'session.invalid_credentials') return { at: 'form', text: t('error.credentials'), typed: true };
  // Only the server knows for how long.
  if (code === 'session.verification_blocked_too_many_attempts')
    return { at: 'form', text: message || t('error.locked') };
  const form = FORM[code];
  if (form !== undefined) return { at: 'form', text: t(form) };
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
