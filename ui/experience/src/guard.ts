import { continuePath, type App } from './context.svelte';
import type { Screen } from './routes';

const CODE_STARTS = { 'sign-in': '/sign-in', register: '/register', 'forgot-password': '/forgot-password' } as const;

/** Where a screen has to begin when what it builds upon is not there, as after a reload. */
export function beginning(screen: Screen, app: App): string | undefined {
  switch (screen.name) {
    case 'sign-in':
      return screen.step === 'password' && !app.subject ? '/sign-in' : undefined;
    case 'verification-methods':
      return app.subject ? undefined : '/sign-in';
    case 'sign-in-passkey':
      return app.subject && app.passkey ? undefined : '/sign-in';
    case 'register':
      return screen.step === 'password' && !app.subject ? '/register' : undefined;
    case 'code':
      if (app.challenge?.flow === screen.flow) return undefined;
      if (screen.flow !== 'continue') return CODE_STARTS[screen.flow];
      return app.missing ? continuePath(app.missing) : undefined;
    case 'social-link':
      return app.linking?.id === screen.connectorId ? undefined : '/sign-in';
    case 'sso-connectors':
      return app.ssoChoices.length > 0 ? undefined : '/single-sign-on/email';
    case 'reset':
      return app.mayReset ? undefined : '/forgot-password';
    default:
      return undefined;
  }
}

/** Whether only the server still knows where things stood; it is asked then. */
export function isLost(screen: Screen, app: App): boolean {
  switch (screen.name) {
    case 'continue':
      return !app.missing;
    case 'code':
      return screen.flow === 'continue' && !app.missing;
    case 'mfa-verification':
      return app.factors?.task !== 'verify';
    case 'mfa-binding':
      return app.factors?.task !== 'bind';
    case 'mfa-onboarding':
      return app.factors?.task !== 'ask';
    case 'create-passkey':
      return !app.passkeyOffered;
    default:
      return false;
  }
}
