import type { LiveDetail } from '$bindings/LiveDetail';
import type { Wire } from '$bindings/Wire';
import { describe, expect, it } from 'vitest';
import { ask } from '$shared/host';
import { memoryHost, type MemoryHost } from '$shared/host.memory';
import { finishedSession, refusedSession } from '$shared/host.memory.sessions';
import { BundleProblem, MOST_BYTES, openBundle, readBundle, VERSION } from '../src/lib/bundle';
import { archiveOf, bundleOf, clean, cleanSession, fileName, type Origin } from '../src/lib/export-session';
import { secretsIn } from '../src/lib/redact';

const AT = 1_800_000_000_000;
const ORIGIN: Origin = {
  version: '0.1.0',
  issuer: 'http://localhost:3001/oidc',
  endpoint: 'http://localhost:3001',
  now: AT,
};

/** Numbers that are the same in every run (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const AWKWARD = `${LETTERS}+/=.~-_%&"'\\ <`;

/** A session with secrets wherever the wire, or a careless rule, might put one. */
function seeded(seed: number): { detail: LiveDetail; masked: Wire[]; revealed: Wire[]; secrets: string[] } {
  const roll = dice(seed);
  const secrets: string[] = [];
  const secret = (letters = LETTERS): string => {
    const length = 8 + Math.floor(roll() * 40);
    const made = Array.from({ length }, () => letters[Math.floor(roll() * letters.length)]).join('');
    secrets.push(made);
    return made;
  };
  const jwt = (): string => {
    const part = (value: unknown) => btoa(JSON.stringify(value)).replaceAll('=', '');
    return `${part({ alg: 'ES384', kid: 'k' })}.${part({ sub: 'alice' })}.${secret()}`;
  };
  const form = (pairs: Array<[string, string]>) => new URLSearchParams(pairs).toString();
  const detail = structuredClone(finishedSession(AT));
  const names = ['code', 'client_secret', 'access_token', 'refresh_token', 'device_code', 'user_code', 'new_password'];
  const revealed = detail.steps.map((step): Wire => {
    const basic = `${encodeURIComponent('my app')}:${encodeURIComponent(secret(AWKWARD))}`;
    const query = form([...names.map((name): [string, string] => [name, secret(AWKWARD)]), ['scope', 'openid']]);
    const body =
      roll() < 0.5
        ? form([...names.map((name): [string, string] => [name, secret(AWKWARD)]), ['grant_type', 'x']])
        : JSON.stringify({
            id_token: jwt(),
            access_token: secret(AWKWARD),
            deep: [
              { clientSecret: secret(), pins: null },
              { type: 'password', value: secret(AWKWARD) },
            ],
            codes: [secret(), secret()],
            secret: { inner: secret() },
            redirectTo: `/device?user_code=${secret()}#access_token=${secret()}`,
            note: `Bearer ${secret()}`,
            expires_in: 3600,
          });
    return {
      seq: step.seq,
      requestLine: `POST /oidc/token?${query} HTTP/1.1`,
      requestHeaders: [
        ['authorization', roll() < 0.5 ? `Basic ${btoa(basic)}` : `Bearer ${secret()}`],
        ['cookie', `_session=${secret()}; _session.sig=${secret()}; theme=${secret()}`],
        ['x-api-key', secret(AWKWARD)],
        ['referer', `http://localhost:3000/cb?code=${secret()}&state=1`],
        ['dpop', jwt()],
        ['user-agent', 'Chromium'],
      ],
      requestBody: body,
      statusLine: 'HTTP/1.1 303 See Other',
      responseHeaders: [
        ['set-cookie', `_interaction=${secret()}; path=/; httponly`],
        ['location', `http://localhost:3000/cb?code=${secret()}&scope=openid`],
        ['x-whatever', secret()],
      ],
      responseBody: body,
      curl: `curl -H 'authorization: Basic ${btoa(basic)}' --data-raw '${body}'`,
      redacted: [],
    };
  });
  // What a rule might carry over into its words: whole, encoded, in the middle of a sentence.
  const any = () => secrets[Math.floor(roll() * secrets.length)] ?? '';
  const known = new Set(revealed.flatMap((wire) => Array.from(secretsIn(wire))));
  const leaks = () => Array.from(known)[Math.floor(roll() * known.size)] ?? any();
  for (const step of detail.steps) {
    for (const card of step.because) {
      card.detail += ` It was \`${leaks()}\`, with code=${leaks()} and ${jwt()}.`;
      card.input = `${leaks()}#${encodeURIComponent(leaks())}`;
    }
    step.params.push({ name: 'id_token_hint', value: jwt(), origin: 'query', fate: 'used' });
    step.params.push({ name: 'client_secret', value: secret(AWKWARD), origin: 'body', fate: 'ignored' });
    step.error = { error: 'invalid_grant', description: `code ${leaks()}`, detail: `token=${secret()} was used` };
    step.snapshot = { result: { verificationRecords: [{ secret: secret(), hint: leaks() }] }, [leaks()]: 1 };
    for (const token of step.tokens) token.claims['note'] = leaks();
  }
  detail.summary.headline = `with ${leaks()}`;
  // The engine may have missed every single one: the other nets must hold without it.
  return { detail, masked: revealed, revealed, secrets };
}

async function opened(host: MemoryHost): Promise<LiveDetail> {
  const detail = await ask(host, { op: 'session', id: 'lv_finished' }, 'session');
  if (!detail) throw new Error('the example is there');
  return detail;
}

describe('an export', () => {
  it('holds no secret that was in the session, wherever it stood', () => {
    for (let seed = 1; seed <= 24; seed++) {
      const { detail, masked, revealed, secrets } = seeded(seed);
      const known = new Set(revealed.flatMap((wire) => Array.from(secretsIn(wire))));
      const session = clean(detail, masked, known);
      for (const made of [bundleOf(session, ORIGIN), archiveOf(session, ORIGIN)]) {
        const texts: string[] = [];
        JSON.stringify(made, (name, value: unknown) => {
          texts.push(name);
          if (typeof value === 'string') texts.push(value);
          return value;
        });
        const all = texts.join('\n');
        for (const secret of secrets) {
          for (const form of [
            secret,
            encodeURIComponent(secret),
            new URLSearchParams({ x: secret }).toString().slice(2),
          ]) {
            if (all.includes(form)) throw new Error(`seed ${seed}: ${form} is in the export`);
          }
        }
      }
    }
  }, 30_000);

  it('keeps what helps, and lists what it replaced', async () => {
    const host = memoryHost({ now: AT });
    const session = await cleanSession(host, await opened(host));
    const bundle = bundleOf(session, ORIGIN);
    const text = JSON.stringify(bundle);
    for (const kept of [
      'openid offline_access profile email',
      'Alice Archer',
      'grant_type=authorization_code',
      'S256',
    ]) {
      expect(text).toContain(kept);
    }
    expect(bundle.redacted.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['authorization', 'code', 'cookie']),
    );
    expect(
      host.requests.filter(({ op }) => op === 'wire').some((request) => 'reveal' in request && !request.reveal),
    ).toBe(true);
  });

  it('takes the signature of a token away and leaves what can be read', () => {
    const { detail } = seeded(1);
    const hint = bundleOf(clean(detail, [], new Set()), ORIGIN).session.steps[0]?.because[0]?.detail ?? '';
    expect(hint).toMatch(/eyJ[\w-]+\.eyJ[\w-]+\.signature-removed/);
  });

  it('is an archive that names every exchange', async () => {
    const host = memoryHost({ now: AT });
    const detail = await opened(host);
    const har = archiveOf(await cleanSession(host, detail), ORIGIN);
    expect(har.log.version).toBe('1.2');
    expect(har.log.entries).toHaveLength(detail.steps.filter(({ wire }) => wire).length);
    const token = har.log.entries.find(({ request }) => request.url.endsWith('/oidc/token'));
    expect(token).toMatchObject({
      request: {
        method: 'POST',
        httpVersion: 'HTTP/1.1',
        postData: {
          mimeType: 'application/x-www-form-urlencoded',
          params: [{ name: 'grant_type' }, { name: 'code', value: '••••' }, {}],
        },
      },
      response: { status: 200, content: { mimeType: 'application/json; charset=utf-8' } },
      timings: { send: 0, receive: 0 },
    });
    expect(token?.time).toBe(token?.timings.wait);
    const first = har.log.entries[0];
    expect(first?.request.queryString).toContainEqual({ name: 'response_type', value: 'code' });
    expect(first?.response.redirectURL).toContain('/sign-in');
  });

  it('is named after the application and the moment', () => {
    const at = new Date(2026, 10, 21, 14, 32, 7).getTime();
    const detail = finishedSession(at);
    expect(fileName(detail, '.har')).toBe('bookstore-2026-11-21-143207.har');
    const odd = { ...detail, summary: { ...detail.summary, appName: '../Ünïcode & Söhne/☕' } };
    expect(fileName(odd, '.vestibule-session.json')).toBe('u-ni-code-so-hne-2026-11-21-143207.vestibule-session.json');
    const none = { ...detail, summary: { ...detail.summary, appName: '☕' } };
    expect(fileName(none, '.har')).toBe('session-2026-11-21-143207.har');
  });
});

describe('a bundle', () => {
  const written = (detail = finishedSession(AT)) => JSON.stringify(bundleOf(clean(detail, [], new Set()), ORIGIN));
  const changed = (change: (bundle: Record<string, any>) => void) => {
    const bundle = JSON.parse(written()) as Record<string, unknown>;
    change(bundle);
    return JSON.stringify(bundle);
  };

  it('comes back as it was written', () => {
    for (const detail of [finishedSession(AT), refusedSession(AT)]) {
      const bundle = bundleOf(clean(detail, [], new Set()), ORIGIN);
      expect(readBundle(JSON.stringify(bundle))).toEqual(bundle);
    }
  });

  it('leaves behind what it does not know', () => {
    const read = readBundle(changed((bundle) => (bundle['session'].summary.surprise = '<script>')));
    expect(read.session.summary).not.toHaveProperty('surprise');
  });

  it.each<[string, string, RegExp]>([
    ['no JSON', '<html>', /not JSON/],
    ['a list', '[]', /no session bundle/],
    ['other JSON', '{"a":1}', /no session bundle/],
    ['an archive', '{"log":{"version":"1.2","entries":[]}}', /HAR file/],
    ['a newer one', changed((b) => (b['version'] = VERSION + 1)), /version 2; this Vestibule reads up to version 1/],
    ['one without a version', changed((b) => delete b['version']), /which version/],
    ['no steps', changed((b) => delete b['session'].steps), /session\.steps should be a list, and is nothing/],
    ['an unknown kind', changed((b) => (b['session'].steps[2].kind = 'x')), /session\.steps\[2\]\.kind .* “x”/],
    ['a moment that is none', changed((b) => (b['session'].summary.startedAt = 1e300)), /startedAt should be a moment/],
    ['a step twice', changed((b) => b['session'].steps.push(b['session'].steps[0])), /a step twice/],
    [
      'deep nesting',
      changed((b) => (b['session'].steps[0].snapshot = JSON.parse('{"a":'.repeat(60) + '1' + '}'.repeat(60)))),
      /nested at most/,
    ],
  ])('is refused with a reason: %s', (_, content, reason) => {
    expect(() => readBundle(content)).toThrow(BundleProblem);
    expect(() => readBundle(content)).toThrow(reason);
  });

  it('is not read at all when it is huge', async () => {
    const file = new File(['{}'], 'x.json');
    Object.defineProperty(file, 'size', { value: MOST_BYTES + 1 });
    await expect(openBundle(file)).rejects.toThrow(/at most 12 MB/);
  });
});
