import type { ConsoleProblem } from '$bindings/ConsoleProblem';
import type { ConsoleReply } from '$bindings/ConsoleReply';
import type { ConsoleRequest } from '$bindings/ConsoleRequest';
import type { DataView } from '$bindings/DataView';
import type { LiveRetention } from '$bindings/LiveRetention';
import type { SigningAlg } from '$bindings/SigningAlg';
import type { SigningKeyView } from '$bindings/SigningKeyView';

/** Signing keys and the settings of the program, for tests and for the development page. */

type SettingsRequest = Extract<
  ConsoleRequest,
  {
    op:
      | 'signingKeys'
      | 'announceKey'
      | 'rotateKey'
      | 'retireKey'
      | 'retention'
      | 'setRetention'
      | 'data'
      | 'plantDemoData'
      | 'removeDemoData'
      | 'startOver'
      | 'undoStartOver';
  }
>;

const HOUR = 3_600_000;

function key(id: string, alg: SigningAlg, now: number, part: Partial<SigningKeyView>): SigningKeyView {
  const curve = alg === 'ES256' ? 'P-256' : 'P-384';
  const half = 'gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0xkqQ3Tz8h1v6u4p2c9b7a';
  return {
    id,
    alg,
    state: 'current',
    createdAt: now - 90 * 24 * HOUR,
    since: now - 90 * 24 * HOUR,
    signed: 0,
    wanted: true,
    jwk: { use: 'sig', kid: id, crv: curve, kty: 'EC', x: half, y: [...half].reverse().join(''), alg },
    pem: `-----BEGIN PUBLIC KEY-----\nMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEgI0GAILBdu7T53akrFmMyGcsF3n5dO7M\nmwNBHKW5SV0xkqQ3Tz8h1v6u4p2c9b7agI0GAILBdu7T53akrFmMyGcsF3n5dO7M\n-----END PUBLIC KEY-----\n`,
    ...part,
  };
}

export function memorySettings(world: { now: number; changed: () => void; sessions: () => number }) {
  const { now, changed } = world;
  let keys: SigningKeyView[] = [
    key('Zr3bqCYfB0xVJm1wTq6hUOeKd8nPLs2gAyR4cM7vWtE', 'ES384', now, { signed: 1284 }),
    key('oQ5u8ZkHf2RmXcV1aYtNwLbE7iJp0sGd9K3rTqM6xCU', 'ES384', now, {
      state: 'previous',
      createdAt: now - 200 * 24 * HOUR,
    }),
    key('pW1eRt5yUi9oPa3sDf7gHj2kLz6xCv0bNm4qQwErTyU', 'ES256', now, { wanted: false, signed: 3 }),
  ];
  let retention: LiveRetention = { sessions: 2000, steps: 200, hours: null };
  let made = 0;
  let data: DataView = {
    dir: '/home/you/.local/share/vestibule',
    bytes: 4_832_000,
    keyCustody: 'the OS keychain',
    demo: { present: 16, total: 16 },
    undo: null,
    config: null,
  };

  const list = (): ConsoleReply => ({
    reply: 'signingKeys',
    value: { jwksUri: 'http://localhost:3001/oidc/jwks', keys: structuredClone(keys), defaultAlg: 'ES384' },
  });
  const view = (): ConsoleReply => ({ reply: 'data', value: structuredClone(data) });
  const fresh = (alg: SigningAlg, state: SigningKeyView['state']) =>
    key(`new${++made}Hf2RmXcV1aYtNwLbE7iJp0sGd9K3rTqM6xCUab`, alg, now, { state, createdAt: now, since: now });

  function answer(request: SettingsRequest): ConsoleReply {
    switch (request.op) {
      case 'signingKeys':
        return list();
      case 'announceKey':
        keys = [fresh(request.alg, 'next'), ...keys];
        changed();
        return list();
      case 'rotateKey': {
        const { alg } = request;
        const next = keys.find((one) => one.alg === alg && one.state === 'next') ?? fresh(alg, 'next');
        const kept = keys.filter((one) => one !== next && !(one.alg === alg && one.state === 'previous'));
        keys = [
          { ...next, state: 'current' as const, since: now },
          ...kept.map((one) => (one.alg === alg ? { ...one, state: 'previous' as const, since: now } : one)),
        ];
        changed();
        return list();
      }
      case 'retireKey':
        keys = keys.filter(({ id }) => id !== request.id);
        changed();
        return list();
      case 'retention':
        return { reply: 'retention', value: { retention, sessions: world.sessions() } };
      case 'setRetention':
        if (request.retention.sessions > 10_000) {
          throw problem('guard.invalid_input', 'Must be 100 to 10000 sessions.', 'sessions');
        }
        ({ retention } = request);
        return { reply: 'retention', value: { retention, sessions: world.sessions() } };
      case 'data':
        return view();
      case 'plantDemoData':
      case 'removeDemoData':
        data = { ...data, demo: { ...data.demo, present: request.op === 'plantDemoData' ? data.demo.total : 0 } };
        changed();
        return view();
      case 'startOver':
        data = { ...data, undo: { at: now, until: now + 24 * HOUR, applications: 5, users: 5 } };
        changed();
        return view();
      case 'undoStartOver':
        data = { ...data, undo: null };
        changed();
        return view();
    }
  }

  return { answer };
}

function problem(code: string, message: string, field: string | null = null): ConsoleProblem {
  return { code, message, field };
}
