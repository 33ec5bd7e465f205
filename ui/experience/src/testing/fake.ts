import { vi } from 'vitest';
import { App } from '../context.svelte';
import type { PageData, SignInExperience } from '../data';
import type { Parameters } from '../parameters';

export const experience = (changes: Partial<SignInExperience> = {}): SignInExperience => ({
  color: { primaryColor: '#3b3fce', darkPrimaryColor: '#8b85ff', isDarkModeEnabled: true },
  branding: {},
  languageInfo: { autoDetect: true, fallbackLanguage: 'en' },
  agreeToTermsPolicy: 'Automatic',
  signIn: {
    methods: [
      { identifier: 'username', password: true, verificationCode: false, isPasswordPrimary: true },
      { identifier: 'email', password: true, verificationCode: false, isPasswordPrimary: true },
    ],
  },
  signUp: { identifiers: ['username'], password: true, verify: false },
  signInMode: 'SignInAndRegister',
  singleSignOnEnabled: false,
  socialConnectors: [],
  ssoConnectors: [],
  forgotPassword: { email: false, phone: false },
  passwordPolicy: { length: { min: 8, max: 256 } },
  ...changes,
});

export const pageData = (changes: Partial<PageData> = {}): PageData => ({
  page: 'experience',
  issuer: 'http://localhost:3001/oidc',
  demoUrl: '/demo-app?start=1',
  application: { id: 'shop', name: 'shop', displayName: 'Bookstore', host: 'localhost:3000', isThirdParty: false },
  signInExperience: experience(),
  developmentSignIn: null,
  customCss: false,
  ...changes,
});

export const parameters = (changes: Partial<Parameters> = {}): Parameters => ({
  appId: 'shop',
  organizationId: '',
  uiLocales: '',
  loginHint: '',
  identifier: null,
  fallback: null,
  oneTimeToken: '',
  callback: {},
  errorMessage: '',
  ...changes,
});

/** One call the pages made. */
export interface Call {
  method: string;
  path: string;
  body: unknown;
  appId: string | null;
}

type Answer = [status: number, body?: unknown];
/** What to answer: always the same, or by the body and by how often it was asked before. */
export type Script = Record<
  string,
  Answer | ((body: Record<string, unknown>, before: number) => Answer | Promise<Answer>)
>;

const EXPERIENCE = '/api/experience';
const USUAL: Script = {
  [`PUT ${EXPERIENCE}`]: [204],
  [`POST ${EXPERIENCE}/verification/password`]: [200, { verificationId: 'v-password' }],
  [`POST ${EXPERIENCE}/verification/new-password-identity`]: [200, { verificationId: 'v-new' }],
  [`POST ${EXPERIENCE}/verification/development-sign-in`]: [200, { verificationId: 'v-dev' }],
  [`POST ${EXPERIENCE}/verification/verification-code`]: [200, { verificationId: 'v-code' }],
  [`POST ${EXPERIENCE}/verification/verification-code/verify`]: [200, { verificationId: 'v-code' }],
  [`POST ${EXPERIENCE}/verification/one-time-token/verify`]: [200, { verificationId: 'v-link' }],
  [`PUT ${EXPERIENCE}/interaction-event`]: [204],
  [`PUT ${EXPERIENCE}/profile/password`]: [204],
  [`POST ${EXPERIENCE}/identification`]: [204],
  [`POST ${EXPERIENCE}/profile`]: [204],
  [`POST ${EXPERIENCE}/submit`]: [200, { redirectTo: 'http://localhost:3001/oidc/auth/abc' }],
};

/** A provider that answers as scripted, and as a successful sign-in otherwise. */
export function fakeProvider(script: Script = {}): { calls: Call[]; fetch: typeof globalThis.fetch } {
  const calls: Call[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const path = String(input);
    const method = init?.method ?? 'GET';
    const body: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined;
    const before = calls.filter((call) => call.method === method && call.path === path).length;
    calls.push({ method, path, body, appId: new Headers(init?.headers).get('Logto-App-Id') });
    const answer = script[`${method} ${path}`] ??
      USUAL[`${method} ${path}`] ?? [404, { code: 'not.scripted', message: path }];
    const [status, sent] =
      typeof answer === 'function' ? await answer((body ?? {}) as Record<string, unknown>, before) : answer;
    return new Response(sent === undefined ? null : JSON.stringify(sent), { status });
  };
  return { calls, fetch };
}

interface FakeApp {
  path?: string;
  data?: Partial<PageData>;
  query?: Partial<Parameters>;
  script?: Script;
}

/** An app at a path, with a provider behind it and an exit that only takes note. */
export function fakeApp({ path = '/sign-in', data, query, script }: FakeApp = {}) {
  window.history.replaceState(null, '', path);
  const { calls, fetch } = fakeProvider(script);
  const leave = vi.fn<(address: string) => void>();
  const visit = vi.fn<(address: string) => void>();
  const app = new App({ page: window, data: pageData(data), parameters: parameters(query), fetch, leave, visit });
  return { app, calls, leave, visit };
}

/** The calls as lines: `POST /submit`. */
export const lines = (calls: readonly Call[]): string[] =>
  calls.map(({ method, path }) => `${method} ${path.replace(EXPERIENCE, '') || '/'}`);
