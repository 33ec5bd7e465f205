import { vi } from 'vitest';

const buffer = (...bytes: number[]): ArrayBuffer => Uint8Array.from(bytes).buffer;
const credential = {
  id: 'AQI',
  rawId: buffer(1, 2),
  authenticatorAttachment: 'platform',
  getClientExtensionResults: () => ({}),
};

/** What a browser answers when a passkey was made. */
export const attestation = {
  ...credential,
  response: { clientDataJSON: buffer(3), attestationObject: buffer(251, 255), getTransports: () => ['internal'] },
};

/** What a browser answers when a passkey was used. */
export const assertion = {
  ...credential,
  response: {
    clientDataJSON: buffer(3),
    authenticatorData: buffer(4),
    signature: buffer(5),
    userHandle: buffer(117, 49),
  },
};

/** Gives the page passkeys, which its browser in tests lacks. */
export function fakePasskeys(statics: object = {}) {
  const create = vi.fn<(options: CredentialCreationOptions) => Promise<unknown>>(() => Promise.resolve(attestation));
  const get = vi.fn<(options: never) => Promise<unknown>>(() => Promise.resolve(assertion));
  vi.stubGlobal(
    'PublicKeyCredential',
    Object.assign(() => undefined, statics),
  );
  Object.defineProperty(window.navigator, 'credentials', { configurable: true, value: { create, get } });
  return { create, get };
}
