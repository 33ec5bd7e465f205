// Passkey ceremonies: the server's options as the browser takes them, and the browser's answer as the server takes it.
import { canUsePasskeys, PasskeyProblem, type Ceremony } from './passkey';

type Json = Record<string, unknown>;

const bytesOf = (text: string): ArrayBuffer => {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0)).buffer;
};

const textOf = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const descriptors = (list: unknown): PublicKeyCredentialDescriptor[] =>
  (Array.isArray(list) ? (list as Json[]) : []).map(
    (one) => ({ ...one, type: 'public-key', id: bytesOf(String(one['id'])) }) as PublicKeyCredentialDescriptor,
  );

/** WebAuthn Level 3, 5.1.8, for browsers without it. */
export function creationOptions(options: object): PublicKeyCredentialCreationOptions {
  const parse = PublicKeyCredential.parseCreationOptionsFromJSON?.bind(PublicKeyCredential);
  if (parse) return parse(options as PublicKeyCredentialCreationOptionsJSON);
  const json = options as Json;
  const user = json['user'] as Json;
  return {
    ...json,
    challenge: bytesOf(String(json['challenge'])),
    user: { ...user, id: bytesOf(String(user['id'])) },
    excludeCredentials: descriptors(json['excludeCredentials']),
  } as unknown as PublicKeyCredentialCreationOptions;
}

/** WebAuthn Level 3, 5.1.9, for browsers without it. */
export function requestOptions(options: object): PublicKeyCredentialRequestOptions {
  const parse = PublicKeyCredential.parseRequestOptionsFromJSON?.bind(PublicKeyCredential);
  if (parse) return parse(options as PublicKeyCredentialRequestOptionsJSON);
  const json = options as Json;
  return {
    ...json,
    challenge: bytesOf(String(json['challenge'])),
    allowCredentials: descriptors(json['allowCredentials']),
  } as unknown as PublicKeyCredentialRequestOptions;
}

function sent(credential: PublicKeyCredential, response: Json): Json {
  return {
    // Logto names the factor here, where WebAuthn says `public-key`.
    type: 'WebAuthn',
    id: credential.id,
    rawId: textOf(credential.rawId),
    ...(credential.authenticatorAttachment ? { authenticatorAttachment: credential.authenticatorAttachment } : {}),
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

/** Makes a passkey as the server's options ask, and returns what the server verifies. */
export async function makePasskey(options: object): Promise<Json> {
  const credential = await ceremony(options, (signal) =>
    navigator.credentials.create({ publicKey: creationOptions(options), signal }),
  );
  const response = credential.response as AuthenticatorAttestationResponse;
  return sent(credential, {
    clientDataJSON: textOf(response.clientDataJSON),
    attestationObject: textOf(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  });
}

/** Signs what the server's options ask; `mediation` offers passkeys among the suggestions of a field. */
export async function usePasskey(options: object, mediation?: 'conditional'): Promise<Json> {
  const credential = await ceremony(options, (signal) =>
    navigator.credentials.get({ publicKey: requestOptions(options), signal, ...(mediation ? { mediation } : {}) }),
  );
  const response = credential.response as AuthenticatorAssertionResponse;
  return sent(credential, {
    clientDataJSON: textOf(response.clientDataJSON),
    authenticatorData: textOf(response.authenticatorData),
    signature: textOf(response.signature),
    ...(response.userHandle ? { userHandle: textOf(response.userHandle) } : {}),
  });
}

let current: AbortController | undefined;

/** Ends what is under way, as when its page is left. */
export const stopPasskey = (): void => current?.abort();

/** A browser runs one ceremony at a time, so the next one ends the last. */
async function ceremony(
  options: object,
  run: (signal: AbortSignal) => Promise<Credential | null>,
): Promise<PublicKeyCredential> {
  if (!canUsePasskeys()) throw new PasskeyProblem('unsupported');
  current?.abort();
  const own = new AbortController();
  current = own;
  const started = performance.now();
  try {
    const credential = await run(own.signal);
    if (credential === null) throw new PasskeyProblem('cancelled');
    return credential as PublicKeyCredential;
  } catch (problem) {
    if (problem instanceof PasskeyProblem) throw problem;
    throw new PasskeyProblem(reasonOf(problem, options, performance.now() - started));
  } finally {
    if (current === own) current = undefined;
  }
}

function reasonOf(problem: unknown, options: object, took: number): Ceremony {
  const timeout = Number((options as Json)['timeout'] ?? Infinity);
  switch (problem instanceof Error ? problem.name : '') {
    // The browser says the same of both, so that nothing is learned from it; the clock tells them apart.
    case 'NotAllowedError':
      return took >= timeout ? 'timedOut' : 'cancelled';
    case 'TimeoutError':
      return 'timedOut';
    case 'AbortError':
      return 'stopped';
    case 'InvalidStateError':
      return 'exists';
    case 'SecurityError':
      return 'address';
    case 'NotSupportedError':
    case 'ConstraintError':
      return 'unsupported';
    default:
      return 'failed';
  }
}
