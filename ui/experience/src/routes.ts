import type { CodeFlow } from './challenge';
import type { SignInExperience } from './data';
import { isFactor, type Factor } from './factors';
import type { Parameters } from './parameters';

/** `full` asks for everything on one page, `identifier` and `password` are the two steps of the identifier-first pages. */
export type Step = 'full' | 'identifier' | 'password';

export type Screen =
  | { name: 'sign-in'; step: Step }
  | { name: 'sign-in-passkey' }
  | { name: 'verification-methods' }
  | { name: 'register'; step: Step }
  | { name: 'code'; flow: CodeFlow }
  /** `landing` is the first screen of a request, which may narrow the identifiers. */
  | { name: 'forgot-password'; landing: boolean }
  | { name: 'reset' }
  | { name: 'continue'; method: string }
  | { name: 'mfa-verification' | 'mfa-binding'; factor: Factor | undefined }
  | { name: 'mfa-onboarding' }
  | { name: 'create-passkey' }
  | { name: 'one-time-token'; failed: boolean }
  | { name: 'consent' }
  | { name: 'direct'; method: string; target: string | undefined }
  | { name: 'callback'; connectorId: string }
  | { name: 'social-link'; connectorId: string }
  | { name: 'single-sign-on' }
  | { name: 'sso-connectors' }
  | { name: 'account-suspended' }
  | { name: 'switch-account' }
  | { name: 'unknown-session' }
  | { name: 'not-found' };

export type Route = Screen | { redirect: string };

const NOT_FOUND: Screen = { name: 'not-found' };
const CODE = 'verification-code';

function signIn(sub: string | undefined, experience: SignInExperience): Route {
  if (experience.signInMode === 'Register') return { redirect: '/register' };
  switch (sub) {
    case undefined:
      return { name: 'sign-in', step: 'full' };
    case 'password':
      return { name: 'sign-in', step: 'password' };
    case 'passkey':
      return experience.passkeySignIn?.enabled ? { name: 'sign-in-passkey' } : { redirect: '/sign-in' };
    case 'verification-methods':
      return { name: 'verification-methods' };
    case CODE:
      return { name: 'code', flow: 'sign-in' };
    default:
      return NOT_FOUND;
  }
}

function register(sub: string | undefined, experience: SignInExperience): Route {
  if (experience.signInMode === 'SignIn') return { redirect: '/sign-in' };
  switch (sub) {
    case undefined:
      return { name: 'register', step: 'full' };
    case 'password':
      return { name: 'register', step: 'password' };
    case CODE:
      return { name: 'code', flow: 'register' };
    default:
      return NOT_FOUND;
  }
}

function forgotPassword(page: string, sub: string | undefined, { forgotPassword }: SignInExperience): Route {
  if (!forgotPassword.email && !forgotPassword.phone) return { redirect: '/sign-in' };
  if (sub === undefined) return { name: 'forgot-password', landing: page === 'reset-password' };
  if (page === 'reset-password') return NOT_FOUND;
  if (sub === CODE) return { name: 'code', flow: 'forgot-password' };
  return sub === 'reset' ? { name: 'reset' } : NOT_FOUND;
}

function singleSignOn(sub: string | undefined, { singleSignOnEnabled }: SignInExperience): Route {
  if (!singleSignOnEnabled) return { redirect: '/sign-in' };
  if (sub === undefined || sub === 'email') return { name: 'single-sign-on' };
  return sub === 'connectors' ? { name: 'sso-connectors' } : NOT_FOUND;
}

const callback = (id: string | undefined): Screen =>
  id === undefined ? NOT_FOUND : { name: 'callback', connectorId: decoded(id) };

/** The screen of a path, or where the path falls back to (sheet 2.4). */
export function resolveRoute(path: string, experience: SignInExperience): Route {
  const [page = '', sub, ...rest] = path.split('/').filter((segment) => segment !== '');
  switch (page) {
    case '':
      return { redirect: '/sign-in' };
    case 'sign-in':
      return signIn(sub, experience);
    case 'register':
      return register(sub, experience);
    case 'identifier-sign-in':
      return experience.signIn.methods.length === 0
        ? { redirect: '/sign-in' }
        : { name: 'sign-in', step: 'identifier' };
    case 'identifier-register':
      return experience.signInMode === 'SignIn' || experience.signUp.identifiers.length === 0
        ? { redirect: '/sign-in' }
        : { name: 'register', step: 'identifier' };
    case 'forgot-password':
    case 'reset-password':
      return forgotPassword(page, sub, experience);
    case 'single-sign-on':
      return singleSignOn(sub, experience);
    case 'direct':
      return { name: 'direct', method: decoded(sub ?? ''), target: rest[0] && decoded(rest[0]) };
    case 'continue':
      return sub === CODE ? { name: 'code', flow: 'continue' } : { name: 'continue', method: sub ?? '' };
    case 'mfa-verification':
    case 'mfa-binding':
      if (sub === undefined) return { name: page, factor: undefined };
      return isFactor(sub) ? { name: page, factor: sub } : { redirect: `/${page}` };
    case 'one-time-token':
      return { name: page, failed: sub === 'error' };
    case 'mfa-onboarding':
    case 'create-passkey':
    case 'consent':
    case 'account-suspended':
    case 'switch-account':
    case 'unknown-session':
      return { name: page };
    case 'callback':
      return callback(sub === 'social' && rest[0] !== undefined ? rest[0] : sub);
    case 'social':
      return sub === 'link' && rest[0] !== undefined
        ? { name: 'social-link', connectorId: decoded(rest[0]) }
        : NOT_FOUND;
    default:
      return NOT_FOUND;
  }
}

const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};

/** Follows the fall-backs to a screen and says under which path it is shown. */
export function settle(path: string, experience: SignInExperience): { path: string; screen: Screen } {
  let at = path;
  for (let hops = 0; hops < 4; hops += 1) {
    const route = resolveRoute(at, experience);
    if (!('redirect' in route)) return { path: at, screen: route };
    at = route.redirect;
  }
  return { path: at, screen: { name: 'not-found' } };
}

/** Whether a page only passes on, so that there is nothing to come back to. */
export const isPassage = (path: string): boolean => /^\/(?:direct|callback)\//.test(path);

/** The path a freshly loaded page shows: a one-time token goes to the page that takes it (sheet 2.6). */
export const firstPath = (
  path: string,
  { oneTimeToken, loginHint }: Pick<Parameters, 'oneTimeToken' | 'loginHint'>,
): string => (oneTimeToken && loginHint && (path === '/sign-in' || path === '/register') ? '/one-time-token' : path);

const FALLBACKS = [
  'sign-in',
  'register',
  'reset-password',
  'identifier-sign-in',
  'identifier-register',
  'single-sign-on',
];

/** Where direct sign-in goes when it cannot go on: the documented first screens, otherwise sign-in (sheet 2.5). */
export const directFallback = (fallback: string | null): string =>
  `/${fallback !== null && FALLBACKS.includes(fallback) ? fallback : 'sign-in'}`;
