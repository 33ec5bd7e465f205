import type { Arrow } from '$bindings/Arrow';
import type { Because } from '$bindings/Because';
import type { Lane } from '$bindings/Lane';
import type { LiveDetail } from '$bindings/LiveDetail';
import type { LiveSummary } from '$bindings/LiveSummary';
import type { Param } from '$bindings/Param';
import type { Step } from '$bindings/Step';
import { aliceTokens } from './host.memory.tokens';

/** Example sessions for tests and for the development page. `at` is the moment of the newest. */

let seq = 0;

const arrow = (from: Lane, to: Lane, label: string): Arrow => ({ from, to, label });
const used = (name: string, value: string, note?: string): Param => ({
  name,
  value,
  origin: 'query',
  fate: 'used',
  ...(note === undefined ? {} : { note }),
});

function step(live: string, at: number, micros: number, part: Partial<Step>): Step {
  return {
    seq: ++seq,
    live,
    at,
    micros,
    kind: 'authorize',
    method: 'GET',
    path: '/oidc/auth',
    status: 303,
    arrows: [],
    because: [],
    params: [],
    tokens: [],
    wire: true,
    ...part,
  };
}

function session(id: string, startedAt: number, part: Partial<LiveSummary>, steps: Step[]): LiveDetail {
  const last = steps.at(-1);
  return {
    summary: {
      id,
      seq: last?.seq ?? 0,
      startedAt,
      updatedAt: last ? last.at + last.micros / 1000 : startedAt,
      appId: null,
      appName: '',
      userId: null,
      userName: null,
      interaction: null,
      status: 'done',
      outcome: '',
      headline: '',
      chips: [],
      expiresAt: null,
      waitingFor: null,
      waitingOn: null,
      agent: 'Chromium on this machine',
      steps: steps.length,
      uncounted: 0,
      ...part,
    },
    steps,
  };
}

const BOOKSTORE = { appId: 'k3v9q0c1xw7t5n2m8b4zs', appName: 'Bookstore' };
const ADMIN = { appId: 'p8d2h6r4yj1f9g3l7u5ae', appName: 'Admin SPA' };
const MOBILE = { appId: 'm4b7t2w9q6x1c8v3n5kjd', appName: 'Mobile demo' };
const JOB = { appId: 'w1h5z8s3a6e9r2t4y7uoi', appName: 'Warehouse job' };
const ALICE = { userId: 'a1ice0archer', userName: 'Alice Archer' };

const bookstoreParams = (...extra: Param[]): Param[] => [
  used('client_id', BOOKSTORE.appId),
  used('redirect_uri', 'http://localhost:3000/api/auth/callback/vestibule'),
  used('response_type', 'code'),
  used('scope', 'openid offline_access profile email'),
  used('state', 'bG9jYWw6c3RhdGU'),
  used('nonce', 'n-0S6_WzA2Mj'),
  used('code_challenge', 'Yp0lMZ8b1h3sQxW2vT5uR7nK9jD4fG6aE0cI2oBc8E'),
  used('code_challenge_method', 'S256'),
  ...extra,
];

const opened = (screen: string): Arrow[] => [
  arrow('client', 'provider', 'GET /oidc/auth'),
  arrow('provider', 'interaction', 'create interaction'),
  arrow('provider', 'experience', `303 ${screen}`),
];

const uriMatched: Because = {
  rule: 'authorize.redirect_uri',
  title: 'The redirect URI is registered.',
  detail: '`http://localhost:3000/api/auth/callback/vestibule` matches a registered URI exactly.',
  outcome: 'passed',
  source: 'RFC 6749 3.1.2.3',
};

export function waitingSession(at: number, id = 'lv_waiting'): LiveDetail {
  const params = bookstoreParams(
    used('first_screen', 'register', 'The registration page opens first.'),
    {
      ...used('identifier', 'email fax'),
      fate: 'narrowed',
      effective: 'email',
      note: '`fax` is not an identifier and was left out.',
    },
    {
      ...used('direct_sign_in', 'social:google'),
      fate: 'dropped',
      note: 'No enabled connector has the target `google`.',
    },
    { ...used('theme', 'ocean'), fate: 'ignored', note: 'No rule knows this parameter.' },
  );
  const steps = [
    step(id, at, 1900, {
      params,
      arrows: opened('/register'),
      because: [
        uriMatched,
        {
          rule: 'params.first_screen',
          title: 'The registration page opens first.',
          detail: 'The request says `first_screen=register`, and registration is allowed.',
          input: 'first_screen=register',
          outcome: 'decided',
          source: 'Logto 2.3',
        },
        {
          rule: 'params.direct_sign_in',
          title: 'Direct sign-in was left out.',
          detail: 'No enabled connector has the target `google`, so the browser goes to the fallback page `/register`.',
          input: 'direct_sign_in=social:google',
          outcome: 'dropped',
          source: 'Logto 2.6',
        },
      ],
      snapshot: {
        prompt: { name: 'login', reasons: ['no_session'] },
        params: { scope: 'openid offline_access profile email', first_screen: 'register', identifier: 'email' },
        result: {},
        exp: Math.round(at / 1000) + 3600,
      },
    }),
    step(id, at + 41, 800, {
      kind: 'page',
      path: '/register',
      status: 200,
      arrows: [arrow('experience', 'experience', 'registration page')],
    }),
    step(id, at + 52, 5100, {
      kind: 'experience',
      method: 'PUT',
      path: '/api/experience',
      status: 204,
      arrows: [arrow('experience', 'interaction', 'PUT interaction: Register')],
      snapshot: {
        prompt: { name: 'login', reasons: ['no_session'] },
        params: { scope: 'openid offline_access profile email', first_screen: 'register', identifier: 'email' },
        result: { interactionEvent: 'Register', verificationRecords: [] },
        exp: Math.round(at / 1000) + 3600,
      },
    }),
  ];
  return session(
    id,
    at,
    {
      ...BOOKSTORE,
      interaction: 'k3f9a7Qm2Zr81LwVx2a',
      status: 'waiting',
      outcome: 'choosing identifier',
      headline: 'direct sign-in with Google fell back to the registration page',
      chips: [
        { text: 'direct_sign_in=social:google', logto: true },
        { text: 'first_screen=register', logto: true },
      ],
      expiresAt: at + 3_600_000,
      waitingFor: 'waiting for an e-mail address',
      waitingOn: 'experience',
    },
    steps,
  );
}

export function finishedSession(at: number, id = 'lv_finished'): LiveDetail {
  const base = {
    prompt: { name: 'login', reasons: ['no_session'] },
    params: { scope: 'openid offline_access profile email', first_screen: 'identifier:sign_in' },
  };
  const steps = [
    step(id, at, 2100, {
      params: bookstoreParams(used('first_screen', 'identifier:sign_in'), used('identifier', 'email username')),
      arrows: opened('/identifier-sign-in'),
      because: [
        uriMatched,
        {
          rule: 'params.identifier',
          title: 'The page asks for e-mail or username.',
          detail: 'The request names `email username`; both are enabled sign-in methods.',
          input: 'identifier=email username',
          outcome: 'decided',
          source: 'Logto 2.4',
        },
      ],
      snapshot: { ...base, result: {} },
    }),
    step(id, at + 5900, 61_000, {
      kind: 'experience',
      method: 'POST',
      path: '/api/experience/verification/password',
      status: 200,
      arrows: [
        arrow('experience', 'interaction', 'POST verification/password'),
        arrow('interaction', 'experience', '200 verified'),
      ],
      snapshot: {
        ...base,
        result: {
          interactionEvent: 'SignIn',
          verificationRecords: [{ type: 'Password', identifier: 'alice@example.test', verified: true }],
        },
      },
    }),
    step(id, at + 6050, 1800, {
      kind: 'experience',
      method: 'POST',
      path: '/api/experience/submit',
      status: 200,
      arrows: [arrow('experience', 'interaction', 'POST submit')],
      snapshot: {
        ...base,
        result: {
          interactionEvent: 'SignIn',
          userId: ALICE.userId,
          verificationRecords: [{ type: 'Password', identifier: 'alice@example.test', verified: true }],
        },
      },
    }),
    step(id, at + 6090, 2400, {
      kind: 'resume',
      path: '/oidc/auth/k3f9a7Qm2Zr81LwVx2a',
      arrows: [
        arrow('experience', 'provider', 'GET /oidc/auth/:uid'),
        arrow('provider', 'client', '303 callback with code'),
      ],
      because: [
        {
          rule: 'consent.first_party',
          title: 'Nobody was asked for consent.',
          detail: 'Bookstore is not a third-party application, so the consent page was skipped.',
          outcome: 'decided',
          source: 'Logto 1.11',
        },
      ],
    }),
    step(id, at + 6710, 4300, {
      kind: 'token',
      method: 'POST',
      path: '/oidc/token',
      status: 200,
      arrows: [arrow('client', 'provider', 'POST /oidc/token'), arrow('provider', 'client', '200 tokens')],
      tokens: aliceTokens(at + 6710, BOOKSTORE.appId),
      because: [
        {
          rule: 'token.refresh',
          title: 'A refresh token was issued.',
          detail: 'The scope `offline_access` was granted.',
          outcome: 'decided',
          source: 'OIDC Core 11',
        },
      ],
    }),
    step(id, at + 6790, 600, {
      kind: 'userinfo',
      path: '/oidc/me',
      status: 200,
      wire: false,
      arrows: [arrow('client', 'provider', 'GET /oidc/me'), arrow('provider', 'client', '200 claims')],
    }),
  ];
  return session(
    id,
    at,
    {
      ...BOOKSTORE,
      ...ALICE,
      interaction: 'q8w2e4R6t9Yu1I3oP5a',
      outcome: 'tokens issued',
      headline: 'Alice Archer · password',
      chips: [
        { text: 'first_screen=identifier:sign_in', logto: true },
        { text: 'identifier=email username', logto: true },
      ],
    },
    steps,
  );
}

export function refusedSession(at: number, id = 'lv_refused'): LiveDetail {
  const uri = 'http://localhost:5173/callback/';
  return session(
    id,
    at,
    {
      ...ADMIN,
      status: 'failed',
      outcome: 'redirect_uri rejected',
      headline: 'one character differs from a registered URI',
    },
    [
      step(id, at, 3000, {
        status: 400,
        arrows: [arrow('client', 'provider', 'GET /oidc/auth'), arrow('provider', 'client', 'error page')],
        params: [
          used('client_id', ADMIN.appId),
          {
            ...used('redirect_uri', uri),
            fate: 'refused',
            note: 'It must equal a registered URI, character by character.',
          },
          used('response_type', 'code'),
          used('scope', 'openid profile'),
          { ...used('prompt', ''), origin: 'default', value: 'login' },
        ],
        error: {
          error: 'invalid_redirect_uri',
          description: "redirect_uri did not match any of the client's registered redirect_uris",
          detail: 'Nearest of 2 registered URIs: `http://localhost:5173/callback`.',
        },
        because: [
          {
            rule: 'authorize.client',
            title: 'The application is known.',
            detail: '`client_id` names Admin SPA.',
            outcome: 'passed',
            source: 'RFC 6749 2.2',
          },
          {
            rule: 'authorize.redirect_uri',
            title: 'The redirect URI is not registered.',
            detail:
              'Nothing was sent back to it: an address that is not registered is not trusted with an error either.',
            input: uri,
            outcome: 'refused',
            source: 'RFC 6749 4.1.2.1',
            repair: { kind: 'registerRedirectUri', appId: ADMIN.appId, uri, nearest: 'http://localhost:5173/callback' },
          },
        ],
      }),
    ],
  );
}

export function silentSession(at: number, id = 'lv_silent'): LiveDetail {
  return session(
    id,
    at,
    {
      ...ADMIN,
      userId: 'b0bbannerbob',
      userName: 'Bob Banner',
      outcome: 'tokens issued',
      headline: 'Bob Banner · single sign-on, no prompt',
      chips: [{ text: 'prompt=none', logto: false }],
    },
    [
      step(id, at, 9000, {
        arrows: [arrow('client', 'provider', 'GET /oidc/auth'), arrow('provider', 'client', '303 callback with code')],
        params: [used('client_id', ADMIN.appId), used('scope', 'openid profile'), used('prompt', 'none')],
        because: [
          {
            rule: 'session.reused',
            title: 'Nobody was asked.',
            detail: 'The browser holds a session of Bob Banner from 12 minutes ago, and `prompt=none` forbids pages.',
            input: 'prompt=none',
            outcome: 'decided',
            source: 'OIDC Core 3.1.2.1',
          },
        ],
      }),
      step(id, at + 14, 7000, {
        kind: 'token',
        method: 'POST',
        path: '/oidc/token',
        status: 200,
        arrows: [arrow('client', 'provider', 'POST /oidc/token'), arrow('provider', 'client', '200 tokens')],
        tokens: aliceTokens(at + 14, ADMIN.appId).slice(0, 1),
      }),
    ],
  );
}

export function fallbackSession(at: number, id = 'lv_fallback'): LiveDetail {
  return session(
    id,
    at,
    {
      ...MOBILE,
      status: 'attention',
      outcome: 'direct sign-in fell back',
      headline: 'sso:acme is disabled → register',
      chips: [{ text: 'direct_sign_in=sso:acme', logto: true }],
      agent: 'Android emulator',
    },
    [
      step(id, at, 2000, {
        arrows: [...opened('/direct/sso/acme'), arrow('experience', 'upstream', 'no such connector')],
        params: [used('client_id', MOBILE.appId), used('direct_sign_in', 'sso:acme'), used('first_screen', 'register')],
        because: [
          {
            rule: 'params.direct_sign_in',
            title: 'Direct sign-in fell back.',
            detail: 'The enterprise connector `acme` is disabled, so the browser went to `/register`.',
            input: 'direct_sign_in=sso:acme',
            outcome: 'dropped',
            source: 'Logto 2.6',
          },
        ],
      }),
      step(id, at + 38_000, 2000, {
        kind: 'token',
        method: 'POST',
        path: '/oidc/token',
        status: 400,
        arrows: [arrow('client', 'provider', 'POST /oidc/token'), arrow('provider', 'client', 'invalid_grant')],
        error: {
          error: 'invalid_grant',
          description: 'grant request is invalid',
          detail: 'The code had been used before.',
        },
      }),
    ],
  );
}

export function machineSession(at: number, id = 'lv_machine'): LiveDetail {
  return session(id, at, { ...JOB, outcome: 'tokens issued', headline: 'client credentials', agent: 'curl' }, [
    step(id, at, 2000, {
      kind: 'token',
      method: 'POST',
      path: '/oidc/token',
      status: 200,
      arrows: [arrow('client', 'provider', 'POST /oidc/token'), arrow('provider', 'client', '200 access token')],
      tokens: aliceTokens(at, JOB.appId).slice(1, 2),
    }),
  ]);
}

/** The six sessions of the picture. */
export function exampleSessions(now: number): LiveDetail[] {
  return [
    waitingSession(now - 4100),
    finishedSession(now - 31_000),
    refusedSession(now - 179_000),
    silentSession(now - 196_000),
    fallbackSession(now - 668_000),
    machineSession(now - 687_000),
  ];
}
