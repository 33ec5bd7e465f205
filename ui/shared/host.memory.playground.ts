import type { ApplicationView } from '$bindings/ApplicationView';
import type { Because } from '$bindings/Because';
import type { ConsoleReply } from '$bindings/ConsoleReply';
import type { ConsoleRequest } from '$bindings/ConsoleRequest';
import type { Param } from '$bindings/Param';
import type { PlaygroundCall } from '$bindings/PlaygroundCall';
import type { PlaygroundCheck } from '$bindings/PlaygroundCheck';
import type { PlaygroundRun } from '$bindings/PlaygroundRun';
import type { RequestPreview } from '$bindings/RequestPreview';
import { aliceTokens } from './host.memory.tokens';

const ISSUER = 'http://localhost:3001/oidc';
const BUILT_IN = 'demo-app';
const GENERATED = ['state', 'nonce', 'code_challenge'];

export interface PlaygroundWorld {
  now: number;
  applications: () => readonly ApplicationView[];
  /** A live session that runs are said to have become. */
  live: () => string | null;
}

type Request = Extract<
  ConsoleRequest,
  { op: 'playgroundStart' | 'playgroundPreview' | 'playgroundRun' | 'playgroundUse' }
>;

/** The playground of the memory host: whoever opens a request signs in between two questions. */
export function memoryPlayground(world: PlaygroundWorld) {
  const runs = new Map<string, PlaygroundRun>();
  let made = 0;

  function pairs(given: ReadonlyArray<readonly [string, string]>, pkce: boolean): Array<[string, string]> {
    const client = given.find(([name]) => name === 'client_id')?.[1] ?? BUILT_IN;
    const own: Array<[string, string]> = [
      ['client_id', client],
      ...(client === BUILT_IN ? [['redirect_uri', 'http://localhost:3001/demo-app'] as [string, string]] : []),
      ['response_type', 'code'],
      ['state', 'bG9jYWw6c3RhdGU'],
      ['nonce', 'n-0S6_WzA2Mj'],
      ...(pkce
        ? ([
            ['code_challenge', 'Yp0lMZ8b1h3sQxW2vT5uR7nK9jD4fG6aE0cI2oBc8E'],
            ['code_challenge_method', 'S256'],
          ] as Array<[string, string]>)
        : []),
    ];
    const said = new Set(given.map(([name]) => name));
    const rest = given.filter(([name]) => name !== 'client_id').map(([name, value]): [string, string] => [name, value]);
    return [...own.filter(([name]) => name === 'client_id' || !said.has(name)), ...rest];
  }

  function preview(given: ReadonlyArray<readonly [string, string]>, pkce: boolean): RequestPreview {
    const sent = pairs(given, pkce);
    const value = (name: string) => sent.find(([other]) => other === name)?.[1];
    const app = world.applications().find(({ id }) => id === value('client_id'));
    const redirect = value('redirect_uri');
    const refused = redirect !== undefined && app?.oidcClientMetadata.redirectUris.includes(redirect) === false;
    const because: Because[] = [];
    const params = sent.map(([name, text]): Param => {
      const row: Param = { name, value: text, origin: 'query', fate: 'used' };
      if (name === 'redirect_uri' && refused) return { ...row, fate: 'refused', note: 'It is not registered.' };
      if (name === 'identifier' && value('first_screen') === undefined) {
        return { ...row, fate: 'dropped', note: 'It has no effect on this first screen.' };
      }
      if (name === 'theme') return { ...row, fate: 'ignored', note: 'No rule of the provider knows this parameter.' };
      return row;
    });
    if (refused && app) {
      because.push({
        rule: 'authorize.redirect_uri',
        title: 'The redirect URI is not registered.',
        detail: 'One character differs from a registered URI.',
        input: redirect,
        outcome: 'refused',
        source: 'RFC 6749 3.1.2.4, Logto 1.9',
        repair: { kind: 'registerRedirectUri', appId: app.id, uri: redirect },
      });
    }
    const screen = value('first_screen')?.replace('_', '-').replace(':', '-') ?? 'sign-in';
    if (screen !== 'sign-in') {
      because.push({
        rule: 'params.first_screen',
        title: `Opens \`/${screen}\` first.`,
        detail: 'The request chose this first screen.',
        outcome: 'decided',
        source: 'Logto 2.3',
      });
    }
    return {
      endpoint: `${ISSUER}/auth`,
      application: app?.name ?? null,
      own: value('client_id') === BUILT_IN,
      generated: GENERATED.filter((name) => value(name) !== undefined),
      params,
      because,
      error: refused
        ? { error: 'invalid_redirect_uri', description: 'redirect_uri did not match any of the registered ones' }
        : null,
      errorGoesTo: null,
      opens: refused ? null : `/${screen}`,
    };
  }

  function start(given: Array<[string, string]>, pkce = true, stepByStep = false): ConsoleReply {
    const id = `run${++made}`;
    const sent = pairs(given, pkce);
    const clientId = sent[0]?.[1] ?? BUILT_IN;
    runs.set(id, {
      id,
      url: `${ISSUER}/auth?${new URLSearchParams(sent)}`,
      clientId,
      redirectUri: sent.find(([name]) => name === 'redirect_uri')?.[1] ?? null,
      own: clientId === BUILT_IN,
      stepByStep,
      startedAt: world.now,
      callback: null,
      checks: [],
      tokens: null,
      idTokenClaims: null,
      userinfo: null,
      introspection: null,
      calls: [],
      revoked: false,
      signOutUrl: null,
      signedOut: false,
      problem: null,
      live: null,
    });
    return { reply: 'playground', value: runs.get(id) ?? null };
  }

  /** The person of the memory host signs in between two questions. */
  function finish(id: string): PlaygroundRun | null {
    const run = runs.get(id);
    if (!run) return null;
    run.live = world.live();
    if (run.own && run.callback === null) {
      run.callback = [
        ['code', 'Zt5bX0mQ…'],
        ['state', 'bG9jYWw6c3RhdGU'],
        ['iss', ISSUER],
      ];
      run.checks = [
        check('state', 'It is the one that this run sent, so the answer belongs to it.', 'RFC 6749 10.12'),
        check('iss', `It is ${ISSUER}.`, 'RFC 9207 2.4'),
      ];
      if (!run.stepByStep) redeem(run);
    }
    return { ...run };
  }

  function redeem(run: PlaygroundRun): void {
    const [idToken] = aliceTokens(world.now, BUILT_IN);
    run.idTokenClaims = idToken?.claims ?? null;
    run.tokens = {
      access_token: 'vJ0u6mN2xQ8rT4wY1zB5cD7fG9hK3lP',
      id_token: jwt(idToken?.header ?? {}, idToken?.claims ?? {}),
      refresh_token: 'rT5mX0mQ8zB5cD7fG9hK3lPvJ0u6mN2x',
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'openid profile email offline_access',
    };
    run.checks.push(check('signature', 'Signed with a key of this provider, and issued by it.', 'OIDC Core 3.1.3.7'));
    run.checks.push(check('nonce', 'It is the one that was sent.', 'OIDC Core 3.1.3.7'));
    run.signOutUrl = `${ISSUER}/session/end?state=${run.id}`;
    run.calls.push(call('Token exchange', 'POST', '/token', [['grant_type', 'authorization_code']], run.tokens));
  }

  function use({ id, action }: Extract<Request, { op: 'playgroundUse' }>): PlaygroundRun | null {
    const run = runs.get(id);
    if (!run) return null;
    if (action === 'exchange') redeem(run);
    if (action === 'userinfo') {
      run.userinfo = { sub: 'a1ice0archer', name: 'Alice Archer' };
      run.calls.push(call('Userinfo', 'GET', '/me', [], run.userinfo));
    }
    if (action === 'introspect') {
      run.introspection = { active: true, client_id: BUILT_IN, sub: 'a1ice0archer', scope: 'openid profile' };
      run.calls.push(call('Introspection', 'POST', '/token/introspection', [], run.introspection));
    }
    if (action === 'refresh') run.calls.push(call('Refresh', 'POST', '/token', [], run.tokens ?? {}));
    if (action === 'revoke') run.revoked = true;
    return { ...run };
  }

  const call = (
    action: string,
    method: string,
    path: string,
    form: Array<[string, string]>,
    body: object,
  ): PlaygroundCall => ({
    at: world.now,
    millis: 12,
    action,
    method,
    url: `${ISSUER}${path}`,
    form,
    bearer: method === 'GET' ? 'vJ0u6mN2xQ8rT4wY1zB5cD7fG9hK3lP' : null,
    status: 200,
    body: JSON.stringify(body),
  });

  return {
    start,
    answer(request: Request): ConsoleReply {
      switch (request.op) {
        case 'playgroundStart':
          return start(request.params, request.pkce, request.stepByStep ?? false);
        case 'playgroundPreview':
          return { reply: 'requestPreview', value: preview(request.params, request.pkce) };
        case 'playgroundRun':
          return { reply: 'playground', value: finish(request.id) };
        case 'playgroundUse':
          return { reply: 'playground', value: use(request) };
      }
    },
  };
}

const check = (name: string, detail: string, source: string): PlaygroundCheck => ({
  name,
  passed: true,
  detail,
  source,
});

function jwt(header: object, claims: object): string {
  const part = (value: object) =>
    btoa(JSON.stringify(value)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return `${part(header)}.${part(claims)}.c2lnbmF0dXJl`;
}
