import type { PageData } from '$experience/data';

/** The hosted pages that the preview can show, in the order of the picker. */
export const SCREEN_GROUPS = [
  {
    name: 'Sign in',
    screens: [
      { id: 'signIn', name: 'Sign-in', path: '/sign-in' },
      { id: 'identifierSignIn', name: 'Identifier first', path: '/identifier-sign-in' },
      { id: 'password', name: 'Password', path: '/sign-in/password' },
      { id: 'code', name: 'Verification code', path: '/sign-in/verification-code' },
      { id: 'otherWays', name: 'Another way to sign in', path: '/sign-in/verification-methods' },
      { id: 'passkey', name: 'Passkey', path: '/sign-in/passkey' },
      { id: 'terms', name: 'Terms to agree to', path: '/sign-in' },
      { id: 'switchAccount', name: 'Somebody else is signed in', path: '/switch-account' },
    ],
  },
  {
    name: 'Register',
    screens: [
      { id: 'register', name: 'Register', path: '/register' },
      { id: 'identifierRegister', name: 'Identifier first', path: '/identifier-register' },
      { id: 'registerPassword', name: 'New password', path: '/register/password' },
      { id: 'registerCode', name: 'Verification code', path: '/register/verification-code' },
      { id: 'profileFields', name: 'Profile fields', path: '/continue/extra-profile' },
      { id: 'continueUsername', name: 'A username is missing', path: '/continue/username' },
      { id: 'continuePassword', name: 'A password is missing', path: '/continue/password' },
      { id: 'continueEmail', name: 'An e-mail address is missing', path: '/continue/email' },
      { id: 'continuePhone', name: 'A phone number is missing', path: '/continue/phone' },
    ],
  },
  {
    name: 'Forgotten password',
    screens: [
      { id: 'forgot', name: 'Forgotten password', path: '/forgot-password' },
      { id: 'forgotCode', name: 'Verification code', path: '/forgot-password/verification-code' },
      { id: 'reset', name: 'New password', path: '/forgot-password/reset' },
    ],
  },
  {
    name: 'Other providers',
    screens: [
      { id: 'singleSignOn', name: 'Single sign-on', path: '/single-sign-on/email' },
      { id: 'companies', name: 'Choice of companies', path: '/single-sign-on/connectors' },
      { id: 'socialLink', name: 'Link a social account', path: '/social/link/preview' },
    ],
  },
  {
    name: 'Second factor: proof',
    screens: [
      { id: 'verifyFactor', name: 'Choice of factors', path: '/mfa-verification' },
      { id: 'verifyTotp', name: 'Authenticator app', path: '/mfa-verification/Totp' },
      { id: 'verifyWebAuthn', name: 'Passkey', path: '/mfa-verification/WebAuthn' },
      { id: 'verifyEmail', name: 'Code by e-mail', path: '/mfa-verification/EmailVerificationCode' },
      { id: 'verifyPhone', name: 'Code by text message', path: '/mfa-verification/PhoneVerificationCode' },
      { id: 'verifyBackupCode', name: 'Backup code', path: '/mfa-verification/BackupCode' },
    ],
  },
  {
    name: 'Second factor: set-up',
    screens: [
      { id: 'suggestFactor', name: 'Offer', path: '/mfa-onboarding' },
      { id: 'bindFactor', name: 'Choice of factors', path: '/mfa-binding' },
      { id: 'bindTotp', name: 'Authenticator app', path: '/mfa-binding/Totp' },
      { id: 'bindWebAuthn', name: 'Passkey', path: '/mfa-binding/WebAuthn' },
      { id: 'bindEmail', name: 'Code by e-mail', path: '/mfa-binding/EmailVerificationCode' },
      { id: 'bindPhone', name: 'Code by text message', path: '/mfa-binding/PhoneVerificationCode' },
      { id: 'bindBackupCode', name: 'Backup codes', path: '/mfa-binding/BackupCode' },
      { id: 'createPasskey', name: 'Offer of a passkey', path: '/create-passkey' },
    ],
  },
  {
    name: 'Consent and devices',
    screens: [
      { id: 'consent', name: 'Consent', path: '/consent' },
      { id: 'grants', name: 'Apps with access', path: '/grants' },
      { id: 'device', name: 'Device code', path: '/device' },
      { id: 'deviceConfirm', name: 'Device to confirm', path: '/device' },
      { id: 'deviceDone', name: 'Device signed in', path: '/device/success' },
    ],
  },
  {
    name: 'Problems',
    screens: [
      { id: 'wrongPassword', name: 'Wrong password', path: '/sign-in' },
      { id: 'suspended', name: 'Account suspended', path: '/account-suspended' },
      { id: 'linkRefused', name: 'Link used already', path: '/one-time-token/error' },
      { id: 'noSignIn', name: 'No sign-in', path: '/sign-in' },
      { id: 'unknownSession', name: 'Sign-in over', path: '/unknown-session' },
      { id: 'notFound', name: 'No such page', path: '/not-found' },
    ],
  },
] as const;

export type ScreenId = (typeof SCREEN_GROUPS)[number]['screens'][number]['id'];

/** All of them, without their groups. */
export const SCREENS: ReadonlyArray<{ id: ScreenId; name: string; path: string }> = SCREEN_GROUPS.flatMap(
  ({ screens }) => screens as ReadonlyArray<{ id: ScreenId; name: string; path: string }>,
);

/** What the frame is to show. */
export interface Shown {
  screen: ScreenId;
  data: PageData;
  /** The style sheet of the draft. */
  css: string;
  theme: 'light' | 'dark';
}

/** From the window to the frame. */
export interface ToFrame {
  preview: 'show';
  shown: Shown;
}

/** From the frame to the window. */
export type FromFrame =
  | { preview: 'ready' }
  /** What is seen: the path the settings lead to, and what is to be said of it. */
  | { preview: 'seen'; screen: ScreenId; path: string; note: string }
  /** The page would leave for another address. */
  | { preview: 'left'; address: string };

/** Whether a message comes from a page of this origin in that very window. */
export const isFrom = (event: MessageEvent, source: MessageEventSource | null | undefined): boolean =>
  event.source !== null && event.source === source && event.origin === window.location.origin;
