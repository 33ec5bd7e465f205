/** What the server puts into the page (the `vestibule-data` block). The pages know nothing else before they ask. */
export interface PageData {
  /**
   * `experience`: an interaction is live, the path names the screen; `no-interaction`: somebody opened a page by hand;
   * `unknown-session`: the interaction ended or never was; `demo`: the result page of the built-in test client;
   * `grants`: what the person gave to apps; `device`: where the code of a device is typed.
   */
  page: 'experience' | 'no-interaction' | 'unknown-session' | 'demo' | 'grants' | 'device';
  issuer: string;
  demoUrl: string;
  application: Application | null;
  signInExperience: SignInExperience;
  /** The organization that the authorization request names; its branding is in the sign-in experience already. */
  organization?: { id: string; name: string } | null;
  developmentSignIn: DevelopmentSignIn | null;
  /** Space-separated BCP 47 tags of the authorization request. */
  uiLocales?: string;
  /** The language that the server chose (sheet 5.6), with what it says other than the bundle's English. */
  language?: { tag: string; dir: 'ltr' | 'rtl'; phrases: Record<string, string> };
  /** Whether `/custom.css` has something to add. */
  customCss: boolean;
  /** Where codes go: into the window's Inbox, or out by a connector. Taken as the Inbox when absent. */
  messages?: { inbox: { email: boolean; phone: boolean } };
  /** Where this browser learns, below `/oidc`, what the developer's window decided about the sign-in. Only in development. */
  follow?: string;
  demo?: DemoResult;
  /** The code that this browser typed and is asked about; the application is the one that the device runs. */
  device?: { userCode?: string };
}

export interface Application {
  id: string;
  name: string;
  displayName?: string;
  logoUrl?: string;
  primaryColor?: string;
  darkPrimaryColor?: string;
  /** Host of the redirect URI, with its port. */
  host?: string;
  termsOfUseUrl?: string;
  privacyPolicyUrl?: string;
  isThirdParty: boolean;
}

export type IdentifierType = 'username' | 'email' | 'phone';
export type SignInMode = 'SignIn' | 'Register' | 'SignInAndRegister';
export type TermsPolicy = 'Automatic' | 'ManualRegistrationOnly' | 'Manual';

export interface SignInMethod {
  identifier: IdentifierType;
  password: boolean;
  verificationCode: boolean;
  isPasswordPrimary: boolean;
}

export type FieldType = 'Text' | 'Number' | 'Date' | 'Checkbox' | 'Select' | 'Url' | 'Regex' | 'Address' | 'Fullname';

/** What may be typed into a custom profile field or a part of one (sheet 5.7). */
export interface FieldConfig {
  placeholder?: string;
  minLength?: number;
  maxLength?: number;
  minValue?: number;
  maxValue?: number;
  format?: string;
  customFormat?: string;
  options?: { value: string; label?: string }[];
  defaultValue?: string;
  parts?: FieldPart[];
}

/** A part of an address or a full name; disabled parts are not asked for. */
export interface FieldPart {
  name: string;
  type: Exclude<FieldType, 'Address' | 'Fullname'>;
  label?: string;
  description?: string;
  required?: boolean;
  enabled?: boolean;
  config?: FieldConfig;
}

/** A field the provider adds to profiles. */
export interface ProfileField {
  name: string;
  type: FieldType;
  label?: string;
  description?: string;
  required?: boolean;
  config?: FieldConfig;
}

/** The public sign-in experience document (sheet 5.3), as far as these pages read it. */
export interface SignInExperience {
  color: { primaryColor: string; darkPrimaryColor: string; isDarkModeEnabled: boolean };
  branding: { logoUrl?: string; darkLogoUrl?: string; favicon?: string };
  languageInfo: { autoDetect: boolean; fallbackLanguage: string };
  termsOfUseUrl?: string | null;
  privacyPolicyUrl?: string | null;
  agreeToTermsPolicy: TermsPolicy;
  signIn: { methods: SignInMethod[] };
  signUp: { identifiers: IdentifierType[]; password: boolean; verify: boolean };
  signInMode: SignInMode;
  singleSignOnEnabled: boolean;
  socialConnectors: SocialConnector[];
  ssoConnectors: SsoConnector[];
  forgotPassword: { email: boolean; phone: boolean };
  /** The operator's own HTML, by the path of the page it is put on (sheet 5.5). */
  customContent?: Record<string, string>;
  passwordPolicy?: { length?: { min: number; max: number }; characterTypes?: { min: number } };
  passkeySignIn?: { enabled?: boolean; showPasskeyButton?: boolean; allowAutofill?: boolean };
  /** Fields asked for at sign-up, in order. */
  customProfileFields?: ProfileField[];
  supportEmail?: string | null;
  supportWebsiteUrl?: string | null;
}

/** A social connector as the pages are told of it (sheet 5.3). */
export interface SocialConnector {
  id: string;
  target: string;
  /** By language. */
  name: string | Record<string, string>;
  logo?: string | null;
  logoDark?: string | null;
}

/** An enterprise connector as the pages are told of it (sheet 5.3). */
export interface SsoConnector {
  id: string;
  connectorName: string;
  logo?: string | null;
  darkLogo?: string | null;
}

export interface DevelopmentPerson {
  id: string;
  name: string;
  initials: string;
  note?: string;
  suspended: boolean;
}

export interface DevelopmentSignIn {
  people: DevelopmentPerson[];
  /** The password all demo people share, when they do. */
  password?: string;
}

export interface DemoResult {
  problem?: string;
  /** The code is redeemed in the window. */
  codeWaits?: boolean;
  userName?: string;
  idTokenClaims?: object;
  userinfo?: object;
  tokens?: object;
}

/** Reads the data block of a document served by the provider. */
export function readPageData(page: Document): PageData {
  const block = page.getElementById('vestibule-data');
  return JSON.parse(block?.textContent ?? '') as PageData;
}

/** The name people know the application by. */
export const applicationName = (application: Application): string => application.displayName || application.name;
