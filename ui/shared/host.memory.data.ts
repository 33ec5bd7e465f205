import type { ApplicationDraft } from '$bindings/ApplicationDraft';
import type { Browser } from '$bindings/Browser';
import type { ApplicationView } from '$bindings/ApplicationView';
import type { ConsoleRequest } from '$bindings/ConsoleRequest';
import type { CustomUiView } from '$bindings/CustomUiView';
import type { ProviderSettings } from '$bindings/ProviderSettings';
import type { CustomProfileField } from '$bindings/CustomProfileField';
import type { PhrasesView } from '$bindings/PhrasesView';
import type { SignInExperience } from '$bindings/SignInExperience';
import type { UserView } from '$bindings/UserView';
import { examplePerson } from './host.memory.people';
import { LANGUAGES } from './host.memory.preview';

/** Example applications, people and settings for tests and for the development page. */

type Sparse = Partial<ApplicationDraft> & Pick<ApplicationDraft, 'name' | 'type'>;

function application(id: string, now: number, part: Sparse, redirectUris: string[], builtIn = false): ApplicationView {
  const confidential = part.type === 'Traditional' || part.type === 'MachineToMachine';
  return {
    id,
    builtIn,
    createdAt: now - 86_400_000,
    secrets: confidential
      ? [{ name: 'Default secret', value: null, createdAt: now - 86_400_000, expiresAt: null }]
      : [],
    description: null,
    oidcClientMetadata: { redirectUris, postLogoutRedirectUris: [] },
    customClientMetadata: { corsAllowedOrigins: [] },
    isThirdParty: false,
    userConsentScopes: [],
    signInExperience: {},
    ...part,
  };
}

export function exampleApplications(now: number): ApplicationView[] {
  return [
    application(
      'k3v9q0c1xw7t5n2m8b4zs',
      now,
      {
        name: 'Bookstore',
        type: 'Traditional',
        description: 'The demo shop',
        signInExperience: { primaryColor: '#0f766e' },
        oidcClientMetadata: {
          redirectUris: ['http://localhost:3000/api/auth/callback/vestibule', 'http://localhost:3000/callback'],
          postLogoutRedirectUris: ['http://localhost:3000/'],
          backchannelLogoutUri: 'http://localhost:3000/api/backchannel-logout',
        },
      },
      ['http://localhost:3000/api/auth/callback/vestibule', 'http://localhost:3000/callback'],
    ),
    application('p8d2h6r4yj1f9g3l7u5ae', now, { name: 'Admin SPA', type: 'SPA' }, ['http://localhost:5173/callback']),
    application(
      'm4b7t2w9q6x1c8v3n5kjd',
      now,
      { name: 'Mobile demo', type: 'Native', isThirdParty: true, userConsentScopes: ['email'] },
      ['com.example.demo://callback'],
    ),
    application('w1h5z8s3a6e9r2t4y7uoi', now, { name: 'Warehouse job', type: 'MachineToMachine' }, []),
    application('demo-app', now, { name: 'Playground', type: 'SPA' }, ['http://localhost:3001/demo-app'], true),
  ];
}

export function exampleUsers(now: number): UserView[] {
  const person = (id: string, name: string, part: Partial<UserView>) => examplePerson(id, name, now, part);
  return [
    person('a1ice0archer', 'Alice Archer', {
      lastSignInAt: now - 31_000,
      demoNote: 'has everything set',
      roles: ['admin'],
      customData: { plan: 'gold', points: 1280 },
      mfaVerifications: [
        {
          id: 'totp1',
          type: 'Totp',
          name: null,
          agent: null,
          remainingCodes: null,
          createdAt: now - 8_640_000,
          lastUsedAt: now - 31_000,
        },
        {
          id: 'key1',
          type: 'WebAuthn',
          name: 'Laptop',
          agent: 'Firefox on Linux',
          remainingCodes: null,
          createdAt: now - 864_000,
          lastUsedAt: null,
        },
      ],
    }),
    person('b0bbannerbob', 'Bob Banner', {
      lastSignInAt: now - 196_000,
      demoNote: 'username only',
      primaryEmail: null,
    }),
    person('ca0rolcarter', 'Carol Carter', { demoNote: 'no password, e-mail code only', hasPassword: false }),
    person('dave0drummer', 'Dave Drummer', { demoNote: 'suspended', isSuspended: true }),
    person('erin0ericson', 'Erin Ericson', {
      identities: [
        { target: 'google', userId: '110248495921238986420', name: 'Erin Ericson', email: 'erin@gmail.test' },
      ],
      ssoIdentities: [
        {
          issuer: 'https://acme.okta.test',
          identityId: '00u1erin',
          connectorId: 'acme',
          connector: 'Acme',
          name: 'Erin Ericson',
          email: 'erin@acme.test',
        },
      ],
      primaryPhone: '4915112345678',
    }),
  ];
}

export const exampleSettings = (): ProviderSettings => ({
  signingAlg: 'ES384',
  dialect: 'logto',
  developmentSignIn: true,
  sessionTtl: 1_209_600,
  keepServingWhenClosed: true,
  idTokenClaims: ['roles', 'organizations', 'organization_roles'],
  customUi: null,
});

export const exampleExperience = (): SignInExperience => ({
  color: { primaryColor: '#5d34f2', darkPrimaryColor: '#7958ff', isDarkModeEnabled: true },
  branding: {},
  languageInfo: { autoDetect: true, fallbackLanguage: 'en' },
  termsOfUseUrl: null,
  privacyPolicyUrl: null,
  agreeToTermsPolicy: 'Automatic',
  signIn: {
    methods: [
      { identifier: 'username', password: true, verificationCode: false, isPasswordPrimary: true },
      { identifier: 'email', password: true, verificationCode: true, isPasswordPrimary: true },
    ],
  },
  signUp: { identifiers: ['username'], password: true, verify: false, secondaryIdentifiers: [] },
  signInMode: 'SignInAndRegister',
  socialSignIn: { automaticAccountLinking: false, skipRequiredIdentifiers: false },
  socialSignInConnectorTargets: ['google', 'github'],
  singleSignOnEnabled: true,
  passwordPolicy: {
    length: { min: 8, max: 256 },
    characterTypes: { min: 1 },
    rejects: { pwned: true, repetitionAndSequence: true, userInfo: true, words: [] },
  },
  mfa: { factors: [], policy: 'UserControlled' },
  adaptiveMfa: {},
  passkeySignIn: {},
  trustedDevice: {},
  passwordExpiration: {},
  usernamePolicy: {
    caseSensitive: true,
    minLength: 1,
    maxLength: 128,
    allowedChars: { lowercase: true, uppercase: true, numbers: true, underscore: true },
  },
  verificationCodePolicy: {},
  forgotPasswordMethods: [],
  captchaPolicy: {},
  sentinelPolicy: { maxAttempts: 100, lockoutDuration: 60 },
  emailBlocklistPolicy: { customAllowlist: [], customBlocklist: [] },
  signUpProfileFields: null,
  customContent: {},
  customCss: null,
  supportEmail: null,
  supportWebsiteUrl: null,
  unknownSessionRedirectUrl: null,
});

export const exampleProfileFields = (): CustomProfileField[] => [
  { name: 'nickname', type: 'Text', label: 'Nickname', required: true, config: { maxLength: 40 }, sieOrder: 1 },
  {
    name: 'shirt',
    type: 'Select',
    label: 'Shirt size',
    required: false,
    config: { options: [{ value: 's', label: 'Small' }, { value: 'l' }] },
    sieOrder: 2,
  },
];

export const examplePhrases = (): PhrasesView => ({
  builtIn: [...LANGUAGES],
  english: { 'signIn.submit': 'Sign in', 'signIn.next': 'Continue' },
  custom: [{ languageTag: 'de', phrases: { 'signIn.submit': 'Anmelden' } }],
});
/** Own pages as they are served after an order of the window. */
export function customUiView(request: ConsoleRequest): CustomUiView | null {
  switch (request.op) {
    case 'setCustomUiFolder':
      return {
        customUi: { folder: request.path },
        files: 12,
        bytes: 348_160,
        index: `${request.path}/index.html`,
        problem: null,
      };
    case 'importCustomUi':
      return {
        customUi: { zip: { id: '0'.repeat(32), source: request.path } },
        files: 12,
        bytes: 348_160,
        index: 'index.html',
        problem: null,
      };
    case 'setCustomUiDevServer':
      return {
        customUi: { devServer: request.url },
        files: null,
        bytes: null,
        index: `${request.url}/`,
        problem: `Nothing answers at ${request.url}. Start your dev server, then reload the page in the browser.`,
      };
    default:
      return null;
  }
}

export const exampleBrowsers: Browser[] = [
  { id: 'firefox.desktop', name: 'Firefox' },
  { id: 'chromium.desktop', name: 'Chromium' },
];
