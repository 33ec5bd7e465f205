import { ApiProblem } from '$shared/api';
import type { App, PasskeyRequest } from './context.svelte';
import type { Identifier } from './identifier';

/** Whether this browser can use passkeys here; it cannot over plain http on another host than this one. */
export const canUsePasskeys = (): boolean =>
  typeof window.PublicKeyCredential === 'function' && Boolean(window.navigator.credentials);

/** What the passkey of an identifier has to sign, or nothing when there is none. */
export async function requestPasskey(app: App, identifier: Identifier): Promise<PasskeyRequest | undefined> {
  const path = '/verification/sign-in-passkey/authentication';
  try {
    return await app.flow.verify<PasskeyRequest>('SignIn', path, { identifier });
  } catch (problem) {
    // Any refusal of the request itself means another way; what concerns the whole sign-in does not.
    const other = problem instanceof ApiProblem && problem.status >= 400 && problem.status < 500;
    if (other && !problem.code.startsWith('session.not_found')) return undefined;
    throw problem;
  }
}
