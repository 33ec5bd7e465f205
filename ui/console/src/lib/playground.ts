import { FIRST_SCREENS } from './choices';

/** What the playground's form holds. Empty text is not sent. */
export interface PlaygroundForm {
  scope: string;
  prompt: string;
  first_screen: string;
  identifier: string;
  direct_sign_in: string;
  login_hint: string;
  ui_locales: string;
  max_age: string;
  resource: string;
  extra: Array<{ name: string; value: string }>;
  pkce: boolean;
}

/** `screen` chooses the first screen, if it is one. */
export const emptyPlayground = (screen: string | null = null): PlaygroundForm => ({
  scope: 'openid profile email offline_access',
  prompt: 'consent',
  first_screen: FIRST_SCREENS.find((known) => known === screen) ?? '',
  identifier: '',
  direct_sign_in: '',
  login_hint: '',
  ui_locales: '',
  max_age: '',
  resource: '',
  extra: [],
  pkce: true,
});

const ORDER = [
  'scope',
  'prompt',
  'first_screen',
  'identifier',
  'direct_sign_in',
  'login_hint',
  'ui_locales',
  'max_age',
  'resource',
] as const;

/** The parameters to send, in order. An extra row replaces nothing: it is sent as well, as a client would. */
export function playgroundParams(form: PlaygroundForm): Array<[string, string]> {
  const named = ORDER.map((name): [string, string] => [name, form[name].trim()]).filter(([, value]) => value !== '');
  const extra = form.extra.map((row): [string, string] => [row.name.trim(), row.value]).filter(([name]) => name !== '');
  return [...named, ...extra];
}

/** The part of the URL that the form decides; the engine adds client, redirect, state, nonce and PKCE. */
export function previewUrl(issuer: string, form: PlaygroundForm): string {
  const query = new URLSearchParams(playgroundParams(form)).toString();
  return `${issuer}/auth?client_id=…&redirect_uri=…&response_type=code&state=…&nonce=…${
    form.pkce ? '&code_challenge=…&code_challenge_method=S256' : ''
  }${query === '' ? '' : `&${query}`}`;
}
