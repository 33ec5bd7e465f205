import type { App } from '$experience/context.svelte';
import type { IdentifierType, PageData } from '$experience/data';
import type { CodeFlow } from '$experience/challenge';
import { FACTORS, type Factor, type SecondFactors } from '$experience/factors';
import type { MissingField } from '$experience/flow';
import type { Identifier } from '$experience/identifier';
import type { ScreenId } from '../lib/page-frame';
import { DONE, PERSON } from './answers';

/** What a page stands upon: where the sign-in would be by then. Answers what there is to say of it. */
type Scene = (app: App) => string | undefined;

const TYPED: Readonly<Record<IdentifierType, string>> = PERSON;
const VALUES: Readonly<Record<IdentifierType, string>> = { ...PERSON, phone: '12015550123' };

const identifierOf = (type: IdentifierType): Identifier => ({ type, value: VALUES[type] });

/** Somebody who typed one of the identifiers that the settings take. */
function typed(app: App, wanted: (type: IdentifierType) => boolean, otherwise: IdentifierType): IdentifierType {
  const { signIn, signUp } = app.data.signInExperience;
  const type = [...signIn.methods.map(({ identifier }) => identifier), ...signUp.identifiers].find(wanted) ?? otherwise;
  app.identifier = TYPED[type];
  app.subject = identifierOf(type);
  return type;
}

const withPassword: Scene = (app) => {
  const { methods } = app.data.signInExperience.signIn;
  typed(app, (type) => methods.some((method) => method.identifier === type && method.password), 'email');
  return methods.some((method) => method.password) ? undefined : 'Nobody is asked for a password with these settings.';
};

const otherWays: Scene = (app) => {
  const { methods } = app.data.signInExperience.signIn;
  const both = methods.filter((method) => method.password && method.verificationCode);
  typed(app, (type) => both.some((method) => method.identifier === type), 'email');
  return both.length > 0 ? undefined : 'Nobody has a choice with these settings.';
};

/** A code on its way. */
const code =
  (flow: CodeFlow): Scene =>
  (app) => {
    const type = typed(app, (one) => one !== 'username', 'email');
    const identifier = identifierOf(type);
    app.challenge = {
      flow,
      identifier,
      typed: TYPED[type],
      verificationId: 'preview',
      sentAt: Date.now(),
      verified: undefined,
    };
    const { signIn, signUp, forgotPassword } = app.data.signInExperience;
    const sent = {
      'sign-in': signIn.methods.some((method) => method.verificationCode),
      register: signUp.verify && signUp.identifiers.some((one) => one !== 'username'),
      continue: true,
      'forgot-password': forgotPassword.email || forgotPassword.phone,
    }[flow];
    return sent ? undefined : 'No code is sent here with these settings.';
  };

const missing =
  (...fields: MissingField[]): Scene =>
  (app) => {
    app.missing = { event: 'Register', fields, supply: async () => ({ redirectTo: DONE }) };
    return undefined;
  };

const profileFields: Scene = (app) => {
  missing('extraProfile')(app);
  const { customProfileFields = [] } = app.data.signInExperience;
  return customProfileFields.length > 0 ? undefined : 'Registration asks for no profile fields.';
};

/** The factors that the settings allow. */
const allowed = ({ signInExperience }: PageData): readonly Factor[] => {
  const { mfa } = signInExperience as { mfa?: { factors?: readonly string[] } };
  return FACTORS.filter((factor) => mfa?.factors?.includes(factor));
};

const factors =
  (task: SecondFactors['task'], wanted?: Factor): Scene =>
  (app) => {
    const switchedOn = allowed(app.data);
    const offered = switchedOn.length > 0 ? switchedOn : FACTORS;
    app.factors = {
      task,
      factors: wanted && !offered.includes(wanted) ? [...offered, wanted] : offered,
      masked: { EmailVerificationCode: 'a***@example.test', PhoneVerificationCode: '****0123' },
      skip: task === 'verify' ? undefined : 'mfa-skipped',
      additional: false,
    };
    if (switchedOn.length === 0) return 'Second factors are switched off, so nobody comes here.';
    return wanted && !switchedOn.includes(wanted) ? 'This factor is switched off, so nobody comes here.' : undefined;
  };

const plain: Scene = () => undefined;

/** What comes before each page. */
export const SCENES: Readonly<Record<ScreenId, Scene>> = {
  signIn: plain,
  identifierSignIn: plain,
  password: withPassword,
  code: code('sign-in'),
  otherWays,
  passkey: (app) => {
    typed(app, () => true, 'email');
    app.passkey = { verificationId: 'preview', authenticationOptions: {} };
    return undefined;
  },
  terms: (app) => {
    const { termsOfUseUrl, privacyPolicyUrl } = app.data.signInExperience;
    if (!termsOfUseUrl && !privacyPolicyUrl) return 'There are no terms: give an address of them under Branding.';
    void app.agreeToTerms();
    return undefined;
  },
  switchAccount: plain,
  register: plain,
  identifierRegister: plain,
  registerPassword: withPassword,
  registerCode: code('register'),
  profileFields,
  continueUsername: missing('username'),
  continuePassword: missing('password'),
  continueEmail: missing('email'),
  continuePhone: missing('phone'),
  forgot: plain,
  forgotCode: code('forgot-password'),
  reset: (app) => {
    app.mayReset = true;
    return undefined;
  },
  singleSignOn: plain,
  companies: (app) => {
    const known = app.data.signInExperience.ssoConnectors;
    const samples = ['Acme', 'Birch'].filter((name) => known.every(({ connectorName }) => connectorName !== name));
    const made = samples.map((name) => ({ family: 'sso', id: `preview-${name}`, name }) as const);
    const real = known.map(({ id, connectorName }) => ({ family: 'sso', id, name: connectorName }) as const);
    app.singleSignOn(real.length > 1 ? real : [...real, ...made], PERSON.email);
    return real.length > 1 ? undefined : 'Only with two companies or more that have the same domain.';
  },
  socialLink: (app) => {
    const [first] = app.data.signInExperience.socialConnectors;
    const name = typeof first?.name === 'string' ? first.name : (first?.name['en'] ?? 'Google');
    app.askToLink({ family: 'social', id: 'preview', name, verificationId: 'preview', identifier: PERSON.email });
    return first ? undefined : 'No social connector is on the sign-in page.';
  },
  verifyFactor: factors('verify'),
  verifyTotp: factors('verify', 'Totp'),
  verifyWebAuthn: factors('verify', 'WebAuthn'),
  verifyEmail: factors('verify', 'EmailVerificationCode'),
  verifyPhone: factors('verify', 'PhoneVerificationCode'),
  verifyBackupCode: factors('verify', 'BackupCode'),
  suggestFactor: factors('ask'),
  bindFactor: factors('bind'),
  bindTotp: factors('bind', 'Totp'),
  bindWebAuthn: factors('bind', 'WebAuthn'),
  bindEmail: factors('bind', 'EmailVerificationCode'),
  bindPhone: factors('bind', 'PhoneVerificationCode'),
  bindBackupCode: factors('bind', 'BackupCode'),
  createPasskey: (app) => {
    app.passkeyOffered = true;
    return undefined;
  },
  consent: plain,
  grants: plain,
  device: plain,
  deviceConfirm: plain,
  deviceDone: plain,
  wrongPassword: (app) => {
    app.notice = { path: '/sign-in', problem: { at: 'form', text: app.t('error.credentials'), typed: true } };
    return undefined;
  },
  suspended: plain,
  linkRefused: (app) => {
    app.linkProblem = app.t('link.consumed');
    return undefined;
  },
  noSignIn: plain,
  unknownSession: plain,
  notFound: plain,
};

/** The data of pages that the server gives other data than those of a sign-in. */
export function dataFor(screen: ScreenId, data: PageData): PageData {
  switch (screen) {
    case 'grants':
      return { ...data, page: 'grants' };
    case 'device':
    case 'deviceDone':
      return { ...data, page: 'device', device: {} };
    case 'deviceConfirm':
      return { ...data, page: 'device', device: { userCode: 'WDJB-MJHT' } };
    case 'noSignIn':
      return { ...data, page: 'no-interaction', application: null };
    default:
      return data;
  }
}
