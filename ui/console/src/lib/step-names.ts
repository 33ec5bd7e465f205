import type { Step } from '$bindings/Step';
import type { StepKind } from '$bindings/StepKind';
import { short } from './format';

const NAMES: Record<StepKind, string> = {
  authorize: 'Authorization request',
  resume: 'Authorization resumed',
  consent: 'Consent',
  page: 'Page loaded',
  experience: 'Experience API call',
  token: 'Token request',
  userinfo: 'Userinfo request',
  introspection: 'Token introspection',
  revocation: 'Token revocation',
  endSession: 'Sign-out request',
  pushedRequest: 'Pushed authorization request',
  deviceAuthorization: 'Device authorization request',
  deviceVerification: 'Device code typed',
  devicePoll: 'Device asks for tokens',
  engine: 'Step inside the provider',
};

export const stepName = (step: Step): string => NAMES[step.kind];

/** `GET /oidc/auth → 303`. */
export function stepLine(step: Step): string {
  const call = `${step.method} ${step.path}`.trim();
  return step.status > 0 ? `${call} → ${step.status}` : call;
}

/** A path that fits into a narrow list: the common prefix of the Experience API and long ids are shortened. */
export function shortPath(path: string): string {
  return path
    .replace(/^\/api\/experience\//, '…/')
    .split('/')
    .map((part) => (part.length > 24 || /^[A-Za-z0-9_-]{16,}$/.test(part) ? short(part) : part))
    .join('/');
}
