import { beforeEach, describe, expect, it, vi } from 'vitest';
import { PasskeyProblem } from './passkey';
import { assertion, attestation, fakePasskeys } from './testing/passkeys';
import { creationOptions, makePasskey, requestOptions, stopPasskey, usePasskey } from './webauthn';

const bytes = (buffer: BufferSource | undefined) => [...new Uint8Array(buffer as ArrayBuffer)];
const creation = {
  challenge: 'AQID-_8',
  rp: { id: 'localhost', name: 'Vestibule' },
  user: { id: 'dTE', name: 'alice', displayName: 'Alice' },
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  excludeCredentials: [{ id: 'BAU', type: 'public-key', transports: ['usb'] }],
};
const reason = (promise: Promise<unknown>) =>
  promise.then(
    () => 'made',
    (problem: unknown) => (problem instanceof PasskeyProblem ? problem.reason : 'other'),
  );

beforeEach(() => {
  fakePasskeys();
});

describe('options', () => {
  it('are read where the browser cannot read them itself', () => {
    const options = creationOptions(creation);
    expect(bytes(options.challenge)).toEqual([1, 2, 3, 251, 255]);
    expect(bytes(options.user.id)).toEqual([117, 49]);
    expect(options.excludeCredentials?.map(({ id, transports }) => [bytes(id), transports])).toEqual([
      [[4, 5], ['usb']],
    ]);
    expect(options.rp).toEqual(creation.rp);
    expect(requestOptions({ challenge: 'AQ', rpId: 'localhost' })).toMatchObject({
      rpId: 'localhost',
      allowCredentials: [],
    });
  });

  it('are left to a browser that can', () => {
    const own = { challenge: new ArrayBuffer(1) };
    const parse = vi.fn(() => own);
    fakePasskeys({ parseRequestOptionsFromJSON: parse });
    expect(requestOptions({ challenge: 'AQ' })).toBe(own);
    expect(parse).toHaveBeenCalledWith({ challenge: 'AQ' });
  });
});

describe('ceremonies', () => {
  it('send what was made', async () => {
    const { create } = fakePasskeys();
    create.mockResolvedValue(attestation);
    expect(await makePasskey(creation)).toEqual({
      type: 'WebAuthn',
      id: 'AQI',
      rawId: 'AQI',
      authenticatorAttachment: 'platform',
      clientExtensionResults: {},
      response: { clientDataJSON: 'Aw', attestationObject: '-_8', transports: ['internal'] },
    });
  });

  it('send what was signed, with the person when it is known', async () => {
    const { get } = fakePasskeys();
    get.mockResolvedValue(assertion);
    expect(await usePasskey({ challenge: 'AQ' })).toMatchObject({
      type: 'WebAuthn',
      response: { clientDataJSON: 'Aw', authenticatorData: 'BA', signature: 'BQ', userHandle: 'dTE' },
    });
    get.mockResolvedValue({ ...assertion, response: { ...assertion.response, userHandle: null } });
    expect((await usePasskey({ challenge: 'AQ' }))['response']).not.toHaveProperty('userHandle');
  });

  it.each([
    ['NotAllowedError', 'cancelled'],
    ['TimeoutError', 'timedOut'],
    ['InvalidStateError', 'exists'],
    ['SecurityError', 'address'],
    ['NotSupportedError', 'unsupported'],
    ['AbortError', 'stopped'],
    ['UnknownError', 'failed'],
  ])('%s means %s', async (name, expected) => {
    const { get } = fakePasskeys();
    get.mockRejectedValue(new DOMException('', name));
    expect(await reason(usePasskey({ challenge: 'AQ' }))).toBe(expected);
  });

  it('a refusal after the time that was set is a time-out', async () => {
    const { get } = fakePasskeys();
    get.mockRejectedValue(new DOMException('', 'NotAllowedError'));
    expect(await reason(usePasskey({ challenge: 'AQ', timeout: 0 }))).toBe('timedOut');
  });

  it('end when the next one starts, or the page is left', async () => {
    const { get } = fakePasskeys();
    const signals: AbortSignal[] = [];
    get.mockImplementation(({ signal }: { signal: AbortSignal }) => {
      signals.push(signal);
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(new DOMException('', 'AbortError'))),
      );
    });
    const first = reason(usePasskey({ challenge: 'AQ' }, 'conditional'));
    const second = reason(usePasskey({ challenge: 'AQ' }));
    expect(await first).toBe('stopped');
    expect(signals.map((signal) => signal.aborted)).toEqual([true, false]);
    stopPasskey();
    expect(await second).toBe('stopped');
  });

  it('are not begun where they cannot work', async () => {
    vi.unstubAllGlobals();
    expect(await reason(usePasskey({ challenge: 'AQ' }))).toBe('unsupported');
  });
});
