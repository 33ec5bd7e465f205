import { FIRST_SCREENS } from './choices';

export type Params = ReadonlyArray<readonly [string, string]>;

/** What the playground's form holds. Empty text and empty lists are not sent. */
export interface PlaygroundForm {
  /** Empty for the built-in client. */
  client_id: string;
  redirect_uri: string;
  scope: string[];
  resource: string[];
  prompt: string[];
  first_screen: string;
  identifier: string[];
  direct_sign_in: string;
  login_hint: string;
  ui_locales: string;
  max_age: string;
  acr_values: string;
  claims: string;
  response_mode: string;
  extra: Array<{ name: string; value: string }>;
  pkce: boolean;
  /** The code waits until somebody redeems it; of the built-in client only. */
  stepByStep: boolean;
}

/** Scopes that the provider knows, as it would list them (sheet 1.19). */
export const SCOPES: ReadonlyArray<{ value: string; about: string }> = [
  { value: 'openid', about: 'An ID token, and the person’s id' },
  { value: 'profile', about: 'Name, username, picture and the like' },
  { value: 'email', about: 'E-mail address' },
  { value: 'phone', about: 'Phone number' },
  { value: 'address', about: 'Address' },
  { value: 'offline_access', about: 'A refresh token; counts only together with prompt=consent' },
  { value: 'custom_data', about: 'Custom data, from userinfo' },
  { value: 'identities', about: 'Linked identities, from userinfo' },
  { value: 'roles', about: 'Names of the roles' },
];

export const PROMPT_VALUES: ReadonlyArray<{ value: string; about: string }> = [
  { value: 'none', about: 'Show no page; fail if one would be needed' },
  { value: 'login', about: 'Sign in even with a live session' },
  { value: 'consent', about: 'Pass the consent hop; makes offline_access count' },
  { value: 'create', about: 'Begin with registration; in the strict and duende dialects' },
  { value: 'select_account', about: 'In the duende dialect' },
];

export const RESPONSE_MODES = ['query', 'fragment', 'form_post'];

/** `screen` chooses the first screen, if it is one. */
export const emptyPlayground = (screen: string | null = null): PlaygroundForm => ({
  client_id: '',
  redirect_uri: '',
  scope: ['openid', 'profile', 'email', 'offline_access'],
  resource: [],
  prompt: ['consent'],
  first_screen: FIRST_SCREENS.find((known) => known === screen) ?? '',
  identifier: [],
  direct_sign_in: '',
  login_hint: '',
  ui_locales: '',
  max_age: '',
  acr_values: '',
  claims: '',
  response_mode: '',
  extra: [],
  pkce: true,
  stepByStep: false,
});

/** Parameters with a field of their own that hold one text. */
const TEXTS = [
  'redirect_uri',
  'response_mode',
  'first_screen',
  'direct_sign_in',
  'login_hint',
  'ui_locales',
  'max_age',
  'acr_values',
  'claims',
] as const;
/** Parameters with a field of their own that hold words. */
const WORDS = ['scope', 'prompt', 'identifier'] as const;

const ORDER = [
  'redirect_uri',
  'scope',
  'resource',
  'prompt',
  'first_screen',
  'identifier',
  'direct_sign_in',
  'login_hint',
  'ui_locales',
  'max_age',
  'acr_values',
  'claims',
  'response_mode',
] as const;

/** The parameters to send, in order. An extra row replaces nothing: it is sent as well, as a client would. */
export function playgroundParams(form: PlaygroundForm): Array<[string, string]> {
  const named = ORDER.flatMap((name): Array<[string, string]> => {
    const value = form[name];
    if (typeof value === 'string') return [[name, value.trim()]];
    const clean = value.map((one) => one.trim());
    return name === 'resource' ? clean.map((one): [string, string] => [name, one]) : [[name, clean.join(' ')]];
  });
  const client: Array<[string, string]> = [['client_id', form.client_id]];
  const extra = form.extra.map((row): [string, string] => [row.name.trim(), row.value]);
  return [...[...client, ...named].filter(([, value]) => value !== ''), ...extra.filter(([name]) => name !== '')];
}

const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');

/** What the built-in client draws itself; with another application they are whatever the request says. */
const DRAWN = ['state', 'nonce', 'code_challenge', 'code_challenge_method'];

/**
 * The form that sends these parameters. A name that came twice, or has no field, becomes an extra row. For the built-in
 * client, what ties the answer to another request is left out.
 */
export function formOf(params: Params, builtIn: string): PlaygroundForm {
  const form: PlaygroundForm = { ...emptyPlayground(), scope: [], prompt: [] };
  const seen = new Set<string>();
  const own = !params.some(([name, value]) => name === 'client_id' && value !== builtIn && value !== '');
  for (const [name, value] of params) {
    const again = seen.has(name);
    seen.add(name);
    const text = TEXTS.find((known) => known === name);
    const list = WORDS.find((known) => known === name);
    if (name === 'resource') form.resource.push(value);
    else if (own && (DRAWN.includes(name) || (name === 'redirect_uri' && value.endsWith('/demo-app')))) continue;
    else if (name === 'response_type' && value === 'code' && !again) continue;
    else if (again) form.extra.push({ name, value });
    else if (name === 'client_id') form.client_id = own ? '' : value;
    else if (text) form[text] = value;
    else if (list) form[list] = words(value);
    else form.extra.push({ name, value });
  }
  // A whole request says itself whether there is a challenge; the beginning of one leaves that to us.
  form.pkce = own
    ? seen.has('code_challenge') || !seen.has('client_id')
    : !seen.has('code_challenge') && !seen.has('state');
  return form;
}

/** A line that says what a request is about. */
export function summaryOf(params: Params): string {
  const said = params.filter(([name]) => !['client_id', 'redirect_uri', ...DRAWN].includes(name));
  return said.map(([name, value]) => `${name}=${value}`).join(' · ');
}
