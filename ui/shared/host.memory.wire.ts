import type { Step } from '$bindings/Step';
import type { TokenView } from '$bindings/TokenView';
import type { Wire } from '$bindings/Wire';

/** What was on the wire of the example sessions, and the keys that signed their tokens. */

const MASK = '••••';
const ORIGIN = 'http://localhost:3001';
const SECRET = 'Basic azN2OWJvb2tzdG9yZTpzM2NyM3QtdlE4bVQxeFo1a1I5';
const COOKIE = 'Zm9vYmFyLXNlc3Npb24tY29va2ll';
const CODE = 'Zt5bQ1pW8xK3mN7vR2yL';

let pair: Promise<CryptoKeyPair> | null = null;
const keys = (): Promise<CryptoKeyPair> =>
  (pair ??= crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-384' }, true, ['sign', 'verify']));

/** The public keys of the example provider. */
export async function exampleKeys(): Promise<Array<Record<string, unknown>>> {
  const jwk = await crypto.subtle.exportKey('jwk', (await keys()).publicKey);
  return [{ kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y, use: 'sig', alg: 'ES384', kid: 'h1Vq3nTz8' }];
}

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

/** The text of a token: signed when it is a JWT. */
async function textOf(token: TokenView): Promise<string> {
  if (token.format !== 'JWT') return `${token.name}-7hQ2vX9kP4mZ1tR8`;
  const encode = (value: unknown) => base64url(new TextEncoder().encode(JSON.stringify(value)));
  const signed = `${encode(token.header)}.${encode(token.claims)}`;
  const algorithm = { name: 'ECDSA', hash: 'SHA-384' };
  const signature = await crypto.subtle.sign(algorithm, (await keys()).privateKey, new TextEncoder().encode(signed));
  return `${signed}.${base64url(new Uint8Array(signature))}`;
}

/** The exchange of a step, as the engine would answer it. */
export async function exampleWire(step: Step, reveal: boolean): Promise<Wire> {
  const hide = (text: string) => (reveal ? text : MASK);
  const query = new URLSearchParams();
  for (const { name, value, origin } of step.params) if (origin === 'query') query.append(name, value);
  const target = query.size > 0 ? `${step.path}?${query}` : step.path;
  const token = step.kind === 'token';
  const tokens: Array<[string, string]> = [];
  for (const view of step.tokens) tokens.push([view.name, hide(await textOf(view))]);
  const error = step.error ? { error: step.error.error, error_description: step.error.description } : null;
  const requestHeaders: Array<[string, string]> = [
    ['host', 'localhost:3001'],
    ['user-agent', token ? 'node' : 'Mozilla/5.0 (X11; Linux x86_64) Chromium/156'],
    token ? ['authorization', `Basic ${hide(SECRET.slice(6))}`] : ['cookie', `_interaction=${hide(COOKIE)}`],
  ];
  if (token) requestHeaders.push(['content-type', 'application/x-www-form-urlencoded']);
  if (step.kind === 'experience') requestHeaders.push(['content-type', 'application/json']);
  const requestBody = token
    ? `grant_type=authorization_code&code=${hide(CODE)}&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fapi%2Fauth%2Fcallback%2Fvestibule`
    : step.path.endsWith('/password')
      ? JSON.stringify({ identifier: { type: 'email', value: 'alice@example.test' }, password: MASK })
      : '';
  const redirect = step.status === 303;
  const callback = step.kind === 'resume' || step.arrows.some(({ label }) => label.includes('with code'));
  const location = callback
    ? `http://localhost:3000/api/auth/callback/vestibule?code=${hide(CODE)}&state=bG9jYWw6c3RhdGU&iss=http%3A%2F%2Flocalhost%3A3001%2Foidc`
    : '/sign-in?app_id=k3v9q0c1xw7t5n2m8b4zs';
  const responseHeaders: Array<[string, string]> = [
    ['cache-control', 'no-store'],
    ...(redirect ? ([['location', location]] as Array<[string, string]>) : []),
    ...(token ? ([['content-type', 'application/json; charset=utf-8']] as Array<[string, string]>) : []),
  ];
  const body = token ? (error ?? { ...Object.fromEntries(tokens), token_type: 'Bearer', expires_in: 3600 }) : error;
  const secret = token ? ['authorization', 'code', ...tokens.map(([name]) => name)] : ['cookie'];
  const redacted = callback ? [...secret, 'code'] : secret;
  return {
    seq: step.seq,
    requestLine: `${step.method} ${target} HTTP/1.1`,
    requestHeaders,
    requestBody,
    statusLine: `HTTP/1.1 ${step.status} ${redirect ? 'See Other' : step.status >= 400 ? 'Bad Request' : 'OK'}`,
    responseHeaders,
    responseBody: body ? JSON.stringify(body) : '',
    curl: `curl -i -X ${step.method} '${ORIGIN}${target}'${requestBody === '' ? '' : ` \\\n  --data-raw '${requestBody}'`}`,
    redacted: reveal ? [] : redacted,
  };
}
