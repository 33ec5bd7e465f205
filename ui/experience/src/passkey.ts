import { ApiProblem } from '$shared/api';
import type { App, PasskeyRequest } from './context.svelte';
import type { Finished } from './flow';
import type { Identifier } from './identifier';

/** How a passkey ceremony can end without a passkey; `stopped` is our own doing and is not said. */
export type Ceremony = 'unsupported' | 'cancelled' | 'timedOut' | 'exists' | 'address' | 'failed' | 'stopped' | 'none';

export class PasskeyProblem extends Error {
  override name = 'PasskeyProblem';
  constructor(readonly reason: Ceremony) {
    super(reason);
  }
}

/** Whether this browser can use passkeys here; it cannot over plain http on another host than this one. */
export const canUsePasskeys = (): boolean =>
  typeof window.PublicKeyCredential === 'function' && Boolean(window.navigator.credentials);

const PATH = '/verification/sign-in-passkey/authentication';

/** What the passkey of an identifier has to sign, or nothing when there is none. */
export async function requestPasskey(app: App, identifier: Identifier): Promise<PasskeyRequest | undefined> {
  try {
    return await app.flow.verify<PasskeyRequest>('SignIn', PATH, { identifier });
  } catch (problem) {
    // Any refusal of the request itself means another way; what concerns the whole sign-in does not.
    const refused = problem instanceof ApiProblem && problem.status >= 400 && problem.status < 500;
    if (refused && problem.code !== 'session.not_found') return undefined;
    throw problem;
  }
}

/** Signs in with the passkey of an identifier. */
export async function signInWith(app: App, request: PasskeyRequest): Promise<Finished> {
  const { usePasskey } = await import('./webauthn');
  const payload = await usePasskey(request.authenticationOptions);
  return verified(app, { verificationId: request.verificationId, payload });
}

/** Signs in with whichever passkey is chosen; `conditional` waits for one among the suggestions of a field. */
export async function signInWithAny(app: App, mediation?: 'conditional'): Promise<Finished> {
  const { usePasskey } = await import('./webauthn');
  // The options alone, or beside other members.
  const sent = await app.flow.verify<{ authenticationOptions?: object }>(
    'SignIn',
    '/preflight/sign-in-passkey/authentication',
    undefined,
  );
  const payload = await usePasskey(sent.authenticationOptions ?? sent, mediation);
  return verified(app, { payload });
}

async function verified(app: App, body: object): Promise<Finished> {
  const { verificationId } = await app.flow.verify<{ verificationId: string }>('SignIn', `${PATH}/verify`, body);
  return app.flow.finish('SignIn', verificationId);
}

/** Offers passkeys among the suggestions of the identifier field, where the browser can; ends with the page. */
export async function offerPasskeys(app: App): Promise<Finished | undefined> {
  if (!canUsePasskeys() || !(await window.PublicKeyCredential.isConditionalMediationAvailable?.())) return undefined;
  try {
    return await signInWithAny(app, 'conditional');
  } catch (problem) {
    // Nobody asked for it yet, so nothing is said until a passkey was chosen and the server refused it.
    if (problem instanceof ApiProblem && problem.code.startsWith('session.mfa.')) throw problem;
    return undefined;
  }
}
