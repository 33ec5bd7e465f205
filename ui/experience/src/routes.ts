import type { SignInExperience } from './data';
import { passwordIdentifiers } from './identifier';
import type { Parameters } from './parameters';

/** What a page that this version does not serve yet is for. */
export type LaterPage =
  | 'resetPassword'
  | 'singleSignOn'
  | 'continue'
  | 'verificationCode'
  | 'mfaVerification'
  | 'mfaBinding'
  | 'passkey'
  | 'oneTimeToken'
  | 'device'
  | 'callback'
  | 'social';

/** `full` asks for everything on one page, `identifier` and `password` are the two steps of the identifier-first pages. */
export type Step = 'full' | 'identifier' | 'password';

export type Screen =
  | { name: 'sign-in'; step: Step }
  | { name: 'register'; step: Step }
  | { name: 'continue' }
  | { name: 'consent' }
  | { name: 'direct'; method: string; target: string | undefined }
  | { name: 'account-suspended' }
  | { name: 'switch-account' }
  | { name: 'unknown-session' }
  | { name: 'later'; what: LaterPage }
  | { name: 'not-found' };

export type Route = Screen | { redirect: string };

const later = (what: LaterPage): Screen => ({ name: 'later', what });

/** Pages that this version does not serve yet, by their first path segment (sheet 5.8). */
const LATER: Readonly<Record<string, LaterPage>> = {
  'mfa-verification': 'mfaVerification',
  'mfa-binding': 'mfaBinding',
  'mfa-onboarding': 'mfaBinding',
  'create-passkey': 'passkey',
  'one-time-token': 'oneTimeToken',
  device: 'device',
  callback: 'callback',
  social: 'social',
};

function signIn(sub: string | undefined, experience: SignInExperience): Route {
  if (experience.signInMode === 'Register') return { redirect: '/register' };
  if (sub === undefined) return { name: 'sign-in', step: 'full' };
  if (sub === 'password') return { name: 'sign-in', step: 'password' };
  return sub === 'passkey' ? later('passkey') : later('verificationCode');
}

function register(sub: string | undefined, experience: SignInExperience): Route {
  if (experience.signInMode === 'SignIn') return { redirect: '/sign-in' };
  if (sub === undefined) return { name: 'register', step: 'full' };
  return sub === 'password' ? { name: 'register', step: 'password' } : later('verificationCode');
}

/** The screen of a path, or where the path falls back to (sheet 2.4). */
export function resolveRoute(path: string, experience: SignInExperience): Route {
  const [page = '', sub] = path.split('/').filter((segment) => segment !== '');
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
    case 'reset-password': {
      const { email, phone } = experience.forgotPassword;
      return email || phone ? later('resetPassword') : { redirect: '/sign-in' };
    }
    case 'single-sign-on':
      return experience.singleSignOnEnabled ? later('singleSignOn') : { redirect: '/sign-in' };
    case 'direct': {
      const [, method = '', target] = path
        .split('/')
        .filter((segment) => segment !== '')
        .map(decoded);
      return { name: 'direct', method, target };
    }
    case 'continue':
      return sub === 'verification-code' ? later('verificationCode') : { name: 'continue' };
    case 'consent':
    case 'account-suspended':
    case 'switch-account':
    case 'unknown-session':
      return { name: page };
    default: {
      const what = LATER[page];
      return what === undefined ? { name: 'not-found' } : later(what);
    }
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

/** The connector that direct sign-in names (sheet 2.5), by the name people know it by. */
export function directConnector(
  method: string,
  target: string | undefined,
  experience: SignInExperience,
  language: string,
): string | undefined {
  if (method === 'social') {
    const found = experience.socialConnectors.find((connector) => connector.target === target);
    return found && connectorName(found, language);
  }
  if (method === 'sso' && experience.singleSignOnEnabled) {
    return experience.ssoConnectors.find((connector) => connector.id === target)?.connectorName;
  }
  return undefined;
}

/** A social connector's name in the page's language. */
export function connectorName(
  { name, target }: SignInExperience['socialConnectors'][number],
  language: string,
): string {
  return typeof name === 'string' ? name : (name[language] ?? name['en'] ?? Object.values(name)[0] ?? target);
}

/** Whether a password sign-in form can be shown, or why not. */
export function signInForm(experience: SignInExperience): 'form' | 'noMethods' | 'onlyCodes' {
  if (experience.signIn.methods.length === 0) return 'noMethods';
  return passwordIdentifiers(experience.signIn.methods).length > 0 ? 'form' : 'onlyCodes';
}
