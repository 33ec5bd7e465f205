import type { Dialect } from '$bindings/Dialect';
import type { IdentifierKind } from '$bindings/IdentifierKind';
import type { SigningAlg } from '$bindings/SigningAlg';

export const SIGNING_ALGORITHMS: ReadonlyArray<{ value: SigningAlg; name: string }> = [
  { value: 'ES384', name: 'ES384 (Logto’s default)' },
  { value: 'ES256', name: 'ES256' },
  { value: 'RS256', name: 'RS256' },
];

export const DIALECTS: ReadonlyArray<{ value: Dialect; name: string }> = [
  { value: 'logto', name: 'Logto' },
  { value: 'strict', name: 'Strict' },
  { value: 'duende', name: 'Duende' },
];

/** What a dialect does, for the hint beside the choice. */
export const DIALECT_HINTS: Readonly<Record<Dialect, string>> = {
  logto: 'Does as Logto does, also where Logto departs from the specifications.',
  strict: 'Follows the specifications where Logto departs from them.',
  duende:
    'Follows the specifications, and reads acr_values=idp: and tenant: and prompt=select_account as Duende IdentityServer does.',
};

export const IDENTIFIERS: ReadonlyArray<{ value: IdentifierKind; name: string }> = [
  { value: 'username', name: 'Username' },
  { value: 'email', name: 'E-mail' },
  { value: 'phone', name: 'Phone' },
];

/** Values of `first_screen` (sheet 2.1), without the deprecated one. */
export const FIRST_SCREENS = [
  'sign_in',
  'register',
  'reset_password',
  'identifier:sign_in',
  'identifier:register',
  'single_sign_on',
];
export const PROMPTS = ['none', 'login', 'consent', 'login consent', 'create'];

/** User scopes that a third-party application can be given (sheet 1.19). */
export const USER_SCOPES = ['profile', 'email', 'phone', 'address', 'custom_data', 'identities', 'roles'];
