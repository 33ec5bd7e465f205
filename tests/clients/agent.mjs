// A user agent without a screen: keeps the provider's cookies, follows its redirects, and speaks the Experience API.
import { createHash, randomBytes } from 'node:crypto';
import { PASSWORD } from './support.mjs';

export const b64url = (bytes) => Buffer.from(bytes).toString('base64url');
export const verifierOf = () => b64url(randomBytes(32));
export const challengeOf = (verifier) => createHash('sha256').update(verifier).digest('base64url');
export const basic = (id, secret) =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;
export const decodeJwt = (jwt) => {
  const [header, payload] = jwt
    .split('.')
    .map((part, i) => (i < 2 ? JSON.parse(Buffer.from(part, 'base64url').toString()) : part));
  return { header, payload };
};

export class Agent {
  /** name → { value, path } in the order they were set */
  cookies = new Map();

  constructor(provider) {
    this.provider = provider;
  }

  /** One request, no redirects followed. */
  async fetch(address, init = {}) {
    const url = new URL(address, this.provider.endpoint);
    if (url.origin !== this.provider.endpoint) throw new Error(`not the provider: ${url}`);
    const sent = [...this.cookies.values()].filter(
      ({ path }) => url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`),
    );
    const headers = new Headers(init.headers);
    if (sent.length > 0) headers.set('cookie', sent.map(({ name, value }) => `${name}=${value}`).join('; '));
    const response = await fetch(url, { redirect: 'manual', ...init, headers });
    for (const line of response.headers.getSetCookie()) this.#take(line);
    return response;
  }

  #take(line) {
    const [pair, ...rest] = line.split(';').map((part) => part.trim());
    const attributes = Object.fromEntries(
      rest.map((part) => part.split('=')).map(([name, value]) => [name.toLowerCase(), value ?? '']),
    );
    const at = pair.indexOf('=');
    const name = pair.slice(0, at);
    const path = attributes.path ?? '/';
    const key = `${name} ${path}`;
    if (attributes['max-age'] !== undefined && Number(attributes['max-age']) <= 0) this.cookies.delete(key);
    else this.cookies.set(key, { name, path, value: pair.slice(at + 1), attributes });
  }

  cookie(name) {
    return [...this.cookies.values()].filter((cookie) => cookie.name === name).at(-1);
  }

  /** Follows redirects while they stay on the provider. Answers the last response, or the address off the provider. */
  async follow(address, init) {
    let url = new URL(address, this.provider.endpoint);
    let next = init;
    const hops = [];
    for (let i = 0; i < 12; i += 1) {
      const response = await this.fetch(url, next);
      next = undefined;
      const location = response.headers.get('location');
      if (location === null) return { response, url, hops };
      url = new URL(location, url);
      hops.push({ status: response.status, url });
      if (url.origin !== this.provider.endpoint) return { left: url, hops };
    }
    throw new Error(`too many redirects: ${hops.map((hop) => hop.url).join(' → ')}`);
  }

  /** The authorization address for parameters; one whose value is undefined is left out, an array is repeated. */
  authorizeUrl(parameters) {
    const url = new URL(`${this.provider.issuer}/auth`);
    for (const [name, value] of Object.entries(parameters)) {
      for (const one of [value].flat()) if (one !== undefined) url.searchParams.append(name, one);
    }
    return url;
  }

  /** One authorization request, not followed. */
  authorize(parameters, init) {
    return this.fetch(this.authorizeUrl(parameters), init);
  }

  api(method, path, body, headers = {}) {
    return this.fetch(`/api/experience${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** Signs in to the interaction in hand, as the pages do, and answers the address to go on with. */
  async signIn(username = 'alice', password = PASSWORD) {
    await expectStatus(204, this.api('PUT', '', { interactionEvent: 'SignIn' }));
    const verified = await expectStatus(
      200,
      this.api('POST', '/verification/password', { identifier: { type: 'username', value: username }, password }),
    );
    const { verificationId } = await verified.json();
    await expectStatus(204, this.api('POST', '/identification', { verificationId }));
    return (await (await expectStatus(200, this.api('POST', '/submit'))).json()).redirectTo;
  }

  /** From an authorization request to the redirect URI's parameters, signing in when asked. */
  async answer(parameters, username = 'alice') {
    let step = await this.follow(this.authorizeUrl(parameters));
    if (step.url?.pathname.match(/sign-in|register/)) step = await this.follow(await this.signIn(username));
    if (step.url?.pathname === '/consent') {
      const allowed = await expectStatus(
        200,
        this.fetch('/api/interaction/consent', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{}',
        }),
      );
      step = await this.follow((await allowed.json()).redirectTo);
    }
    if (!step.left)
      throw new Error(`stayed on ${step.url} with ${step.response.status}: ${await step.response.text()}`);
    return Object.fromEntries(step.left.searchParams);
  }

  /** A form to the provider. */
  post(path, form, headers = {}) {
    const pairs = Object.entries(form).flatMap(([name, value]) =>
      [value]
        .flat()
        .filter((one) => one !== undefined)
        .map((one) => [name, one]),
    );
    return this.fetch(`/oidc${path}`, { method: 'POST', body: new URLSearchParams(pairs), headers });
  }

  /** Code, then tokens. `app` is { id, secret?, redirectUri }; the rest are authorization parameters. */
  async tokens(app, parameters = {}, extra = {}) {
    const verifier = verifierOf();
    const answer = await this.answer({
      client_id: app.id,
      redirect_uri: app.redirectUri,
      response_type: 'code',
      scope: 'openid',
      state: 'st',
      code_challenge: challengeOf(verifier),
      code_challenge_method: 'S256',
      ...parameters,
    });
    if (!answer.code) throw new Error(`no code: ${JSON.stringify(answer)}`);
    const response = await this.redeem(app, answer.code, { code_verifier: verifier, ...extra });
    const body = await response.json();
    if (response.status !== 200) throw new Error(`the exchange failed: ${JSON.stringify(body)}`);
    return { ...body, answer: body, code: answer.code, verifier };
  }

  redeem(app, code, extra = {}) {
    return this.token(app, { grant_type: 'authorization_code', code, redirect_uri: app.redirectUri, ...extra });
  }

  token(app, form, headers = {}) {
    return app.secret
      ? this.post('/token', form, { authorization: basic(app.id, app.secret), ...headers })
      : this.post('/token', { client_id: app.id, ...form }, headers);
  }

  refresh(app, refreshToken, extra = {}) {
    return this.token(app, { grant_type: 'refresh_token', refresh_token: refreshToken, ...extra });
  }

  me(accessToken, init = {}) {
    return this.fetch('/oidc/me', { ...init, headers: { authorization: `Bearer ${accessToken}`, ...init.headers } });
  }
}

export async function expectStatus(status, answer) {
  const response = await answer;
  if (response.status !== status)
    throw new Error(`${response.url} answered ${response.status}, not ${status}: ${await response.text()}`);
  return response;
}

/** The status and body of an answer, to compare at once. */
export async function told(answer) {
  const response = await answer;
  const text = await response.text();
  let body = text;
  try {
    body = JSON.parse(text);
  } catch {
    // a page
  }
  return { status: response.status, headers: response.headers, body };
}
