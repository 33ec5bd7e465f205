import type { ApplicationDraft } from '$bindings/ApplicationDraft';
import type { ApplicationType } from '$bindings/ApplicationType';
import type { ConsoleProblem } from '$bindings/ConsoleProblem';
import type { Dialect } from '$bindings/Dialect';
import type { SigningAlg } from '$bindings/SigningAlg';
import { asProblem } from '$shared/host';
import { nullable, optional, parseObject } from './fields';

/** The application types, as a developer would tell them apart (sheet 1.7). */
export const TYPES: ReadonlyArray<{ type: ApplicationType; name: string; about: string }> = [
  {
    type: 'Traditional',
    name: 'Traditional web',
    about: 'A server renders the pages and keeps a secret: Next.js, Rails, Spring.',
  },
  { type: 'SPA', name: 'Single-page', about: 'Runs in the browser without a secret, with PKCE: React, Vue, Svelte.' },
  { type: 'Native', name: 'Native', about: 'A mobile, desktop or command-line program, with PKCE.' },
  {
    type: 'MachineToMachine',
    name: 'Machine-to-machine',
    about: 'A job that signs in as itself with a secret. No person takes part.',
  },
];
export const typeName = (type: ApplicationType): string => TYPES.find((known) => known.type === type)?.name ?? type;

/** What the form edits: text where a person types text, lists with their empty rows. */
export interface ApplicationForm {
  name: string;
  description: string;
  redirectUris: string[];
  postLogoutRedirectUris: string[];
  corsAllowedOrigins: string[];
  backchannelLogoutUri: string;
  backchannelLogoutSessionRequired: boolean;
  /** A JWK set as text; empty is none. */
  jwks: string;
  idTokenTtl: string;
  refreshTokenTtlInDays: string;
  rotateRefreshToken: boolean;
  alwaysIssueRefreshToken: boolean;
  maxAllowedGrants: string;
  /** Empty: the provider's. */
  signingAlg: SigningAlg | '';
  dialect: Dialect | '';
  isThirdParty: boolean;
  userConsentScopes: string[];
  displayName: string;
  primaryColor: string;
  darkPrimaryColor: string;
  logoUrl: string;
  termsOfUseUrl: string;
  privacyPolicyUrl: string;
}

/** Whether people sign in to it by typing a code on another device (RFC 8628); chosen when it is created. */
export const isDeviceFlow = ({ type, customClientMetadata }: ApplicationDraft): boolean =>
  type === 'Native' && customClientMetadata.isDeviceFlow === true;

/** A fresh application as Logto's defaults have it. */
export function emptyDraft(
  type: ApplicationType,
  name: string,
  redirectUris: string[],
  deviceFlow = false,
): ApplicationDraft {
  return {
    name,
    description: null,
    type,
    oidcClientMetadata: { redirectUris, postLogoutRedirectUris: [] },
    customClientMetadata: { corsAllowedOrigins: [], ...(deviceFlow ? { isDeviceFlow: true } : {}) },
    isThirdParty: false,
    userConsentScopes: [],
    signInExperience: {},
  };
}

export function toForm(draft: ApplicationDraft): ApplicationForm {
  const { oidcClientMetadata: oidc, customClientMetadata: custom, signInExperience: brand } = draft;
  return {
    name: draft.name,
    description: draft.description ?? '',
    redirectUris: [...oidc.redirectUris],
    postLogoutRedirectUris: [...oidc.postLogoutRedirectUris],
    corsAllowedOrigins: [...custom.corsAllowedOrigins],
    backchannelLogoutUri: oidc.backchannelLogoutUri ?? '',
    backchannelLogoutSessionRequired: oidc.backchannelLogoutSessionRequired ?? false,
    jwks: oidc.jwks === undefined || oidc.jwks === null ? '' : JSON.stringify(oidc.jwks, null, 2),
    idTokenTtl: custom.idTokenTtl?.toString() ?? '',
    refreshTokenTtlInDays: custom.refreshTokenTtlInDays?.toString() ?? '',
    rotateRefreshToken: custom.rotateRefreshToken ?? true,
    alwaysIssueRefreshToken: custom.alwaysIssueRefreshToken ?? false,
    maxAllowedGrants: custom.maxAllowedGrants?.toString() ?? '',
    signingAlg: custom.signingAlg ?? '',
    dialect: custom.dialect ?? '',
    isThirdParty: draft.isThirdParty,
    userConsentScopes: [...draft.userConsentScopes],
    displayName: brand.displayName ?? '',
    primaryColor: brand.primaryColor ?? '',
    darkPrimaryColor: brand.darkPrimaryColor ?? '',
    logoUrl: brand.logoUrl ?? '',
    termsOfUseUrl: brand.termsOfUseUrl ?? '',
    privacyPolicyUrl: brand.privacyPolicyUrl ?? '',
  };
}

/** Removes empty rows, so that the rows on screen and the dotted paths of a problem have the same numbers. */
export function withoutEmptyRows(form: ApplicationForm): ApplicationForm {
  const clean = (rows: string[]) => rows.map((row) => row.trim()).filter((row) => row !== '');
  return {
    ...form,
    redirectUris: clean(form.redirectUris),
    postLogoutRedirectUris: clean(form.postLogoutRedirectUris),
    corsAllowedOrigins: clean(form.corsAllowedOrigins),
    userConsentScopes: clean(form.userConsentScopes),
  };
}

/** The draft to send. What the form does not show (`logoUri`, `tenantId`, …) stays as it was in `base`. */
export function toDraft(form: ApplicationForm, base: ApplicationDraft): ApplicationDraft {
  return {
    name: form.name.trim(),
    description: nullable(form.description),
    type: base.type,
    oidcClientMetadata: defined({
      ...base.oidcClientMetadata,
      redirectUris: form.redirectUris,
      postLogoutRedirectUris: form.postLogoutRedirectUris,
      backchannelLogoutUri: optional(form.backchannelLogoutUri),
      backchannelLogoutSessionRequired: form.backchannelLogoutSessionRequired || undefined,
      jwks: form.jwks.trim() === '' ? undefined : (JSON.parse(form.jwks) as unknown),
    }),
    customClientMetadata: defined({
      ...base.customClientMetadata,
      corsAllowedOrigins: form.corsAllowedOrigins,
      idTokenTtl: wholeNumber(form.idTokenTtl),
      refreshTokenTtlInDays: wholeNumber(form.refreshTokenTtlInDays),
      // Absent means Logto's default; only a departure from it is written down.
      rotateRefreshToken: form.rotateRefreshToken ? undefined : false,
      alwaysIssueRefreshToken: form.alwaysIssueRefreshToken || undefined,
      maxAllowedGrants: wholeNumber(form.maxAllowedGrants),
      signingAlg: form.signingAlg || undefined,
      dialect: form.dialect || undefined,
    }),
    isThirdParty: form.isThirdParty,
    userConsentScopes: form.userConsentScopes,
    signInExperience: defined({
      ...base.signInExperience,
      displayName: optional(form.displayName),
      primaryColor: optional(form.primaryColor),
      darkPrimaryColor: optional(form.darkPrimaryColor),
      logoUrl: optional(form.logoUrl),
      termsOfUseUrl: optional(form.termsOfUseUrl),
      privacyPolicyUrl: optional(form.privacyPolicyUrl),
    }),
  };
}

/** The dotted paths for which the form has a place. */
export function shownPaths(form: ApplicationForm): string[] {
  const rows = (path: string, values: string[]) => [path, ...values.map((_, index) => `${path}.${index}`)];
  return [
    'name',
    'description',
    ...rows('oidcClientMetadata.redirectUris', form.redirectUris),
    ...rows('oidcClientMetadata.postLogoutRedirectUris', form.postLogoutRedirectUris),
    'oidcClientMetadata.backchannelLogoutUri',
    'oidcClientMetadata.jwks',
    ...rows('customClientMetadata.corsAllowedOrigins', form.corsAllowedOrigins),
    'customClientMetadata.idTokenTtl',
    'customClientMetadata.refreshTokenTtlInDays',
    'customClientMetadata.maxAllowedGrants',
    'customClientMetadata.signingAlg',
    'customClientMetadata.dialect',
    ...rows('userConsentScopes', form.userConsentScopes),
    ...['displayName', 'primaryColor', 'darkPrimaryColor', 'logoUrl', 'termsOfUseUrl', 'privacyPolicyUrl'].map(
      (name) => `signInExperience.${name}`,
    ),
  ];
}

/** Leaves absent members out instead of sending them as `undefined`. */
type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>;
}

function wholeNumber(text: string): number | undefined {
  const trimmed = text.trim();
  return /^\d+$/.test(trimmed) ? Number(trimmed) : undefined;
}

/** What the engine would not get to see: text where a number, or JSON, is asked for. */
export function localProblem(form: ApplicationForm): ConsoleProblem | null {
  const numbers: Array<[string, string]> = [
    ['customClientMetadata.idTokenTtl', form.idTokenTtl],
    ['customClientMetadata.refreshTokenTtlInDays', form.refreshTokenTtlInDays],
    ['customClientMetadata.maxAllowedGrants', form.maxAllowedGrants],
  ];
  for (const [field, text] of numbers) {
    if (text.trim() !== '' && wholeNumber(text) === undefined) {
      return {
        code: 'form.not_a_number',
        message: `“${text}” is not a whole number. Leave it empty for the default.`,
        field,
      };
    }
  }
  try {
    parseObject(
      form.jwks,
      'oidcClientMetadata.jwks',
      'This is no JSON object. A JWK set looks like {"keys": [{"kty": "EC", …}]}.',
    );
  } catch (thrown) {
    return asProblem(thrown);
  }
  return null;
}
