import type { SignInExperience } from '$bindings/SignInExperience';

/** The parts of the page, in order. */
export const EXPERIENCE_TABS = [
  { id: 'branding', name: 'Branding' },
  { id: 'methods', name: 'Sign-up and sign-in' },
  { id: 'password', name: 'Password' },
  { id: 'codes', name: 'Codes and lockout' },
  { id: 'mfa', name: 'Second factors' },
  { id: 'fields', name: 'Profile fields' },
  { id: 'languages', name: 'Languages' },
  { id: 'css', name: 'Custom CSS' },
  { id: 'pages', name: 'Your own pages' },
] as const;
export type ExperienceTab = (typeof EXPERIENCE_TABS)[number]['id'];

const PLACES: Readonly<Partial<Record<keyof SignInExperience, ExperienceTab>>> = {
  signIn: 'methods',
  signUp: 'methods',
  signInMode: 'methods',
  socialSignIn: 'methods',
  socialSignInConnectorTargets: 'methods',
  singleSignOnEnabled: 'methods',
  usernamePolicy: 'methods',
  passwordPolicy: 'password',
  passwordExpiration: 'password',
  forgotPasswordMethods: 'password',
  verificationCodePolicy: 'codes',
  sentinelPolicy: 'codes',
  emailBlocklistPolicy: 'codes',
  captchaPolicy: 'codes',
  mfa: 'mfa',
  adaptiveMfa: 'mfa',
  passkeySignIn: 'mfa',
  trustedDevice: 'mfa',
  signUpProfileFields: 'fields',
  languageInfo: 'languages',
  customCss: 'css',
  customContent: 'css',
};

/** The part of the page that shows a field. */
export function tabOf(field: string | null): ExperienceTab {
  const member = (field ?? '').split('.')[0] as keyof SignInExperience;
  return PLACES[member] ?? 'branding';
}

/** The row with every list there: the engine leaves empty ones out. */
export function complete(row: SignInExperience): SignInExperience {
  const { signUp, emailBlocklistPolicy: policy } = row as {
    signUp: Partial<SignInExperience['signUp']>;
    emailBlocklistPolicy: Partial<SignInExperience['emailBlocklistPolicy']>;
  };
  signUp.secondaryIdentifiers ??= [];
  policy.customAllowlist ??= [];
  policy.customBlocklist ??= [];
  return row;
}

const filled = (texts: readonly string[]) => texts.map((text) => text.trim()).filter((text) => text !== '');

/** The row as it is sent: rows that were added and left empty are not meant, nor are empty addresses. */
export function toRow(form: SignInExperience): SignInExperience {
  const row = structuredClone(form);
  const { rejects } = row.passwordPolicy;
  rejects.words = filled(rejects.words);
  row.socialSignInConnectorTargets = filled(row.socialSignInConnectorTargets);
  row.emailBlocklistPolicy.customAllowlist = filled(row.emailBlocklistPolicy.customAllowlist);
  row.emailBlocklistPolicy.customBlocklist = filled(row.emailBlocklistPolicy.customBlocklist);
  for (const key of ['logoUrl', 'darkLogoUrl', 'favicon', 'darkFavicon'] as const) {
    if (row.branding[key]?.trim() === '') delete row.branding[key];
  }
  const texts = [
    'termsOfUseUrl',
    'privacyPolicyUrl',
    'supportEmail',
    'supportWebsiteUrl',
    'unknownSessionRedirectUrl',
  ] as const;
  for (const key of texts) row[key] = row[key]?.trim() || null;
  if (row.customCss?.trim() === '') row.customCss = null;
  return row;
}

export const MFA_FACTORS = [
  { value: 'WebAuthn', name: 'Passkey or security key' },
  { value: 'Totp', name: 'Authenticator app' },
  { value: 'PhoneVerificationCode', name: 'Code by text message' },
  { value: 'EmailVerificationCode', name: 'Code by e-mail' },
  { value: 'BackupCode', name: 'Backup codes' },
] as const;

export const MFA_POLICIES = [
  { value: 'UserControlled', name: 'Ask once, may be skipped (older name)' },
  { value: 'PromptAtSignInAndSignUp', name: 'Ask at sign-in and sign-up, may be skipped' },
  { value: 'PromptOnlyAtSignIn', name: 'Ask at sign-in only, may be skipped' },
  { value: 'NoPrompt', name: 'Never ask' },
  { value: 'Mandatory', name: 'Everybody must have one' },
  { value: 'PromptAtSignInAndSignUpMandatory', name: 'Adaptive: at sign-in and sign-up' },
  { value: 'PromptOnlyAtSignInMandatory', name: 'Adaptive: at sign-in only' },
] as const;

export const FORGOT_METHODS = [
  { value: 'EmailVerificationCode', name: 'A code by e-mail' },
  { value: 'PhoneVerificationCode', name: 'A code by text message' },
] as const;

/** Languages that pages can fall back to (sheet 5.6), beside those with custom phrases. */
export const LANGUAGES = 'ar cs de en es fa-IR fr it ja ko pl-PL pt-BR pt-PT ru th tr-TR uk-UA zh-CN zh-HK zh-TW'.split(
  ' ',
);

/** A language by its English name and its tag. */
export function languageName(tag: string): string {
  try {
    const name = new Intl.DisplayNames('en', { type: 'language' }).of(tag);
    return name && name !== tag ? `${name} (${tag})` : tag;
  } catch {
    return tag;
  }
}
