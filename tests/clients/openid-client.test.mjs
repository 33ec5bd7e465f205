// openid-client 6, the strict one: every way of its that this release serves, with its own checks switched on
// (signatures against the key set, iss of the answer, state, nonce, max_age).
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { createRemoteJWKSet, decodeProtectedHeader, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { Agent } from './agent.mjs';
import { arrivedIn, PEOPLE, scope, startApp, startBrowser, startProvider, typeSignIn } from './support.mjs';

const API = 'https://stock.example.test';

const config = (origin, jwk) => `
[[applications]]
id = "web"
name = "Bookstore"
type = "Traditional"
secret = "a-secret+with/odd:characters%"
oidcClientMetadata.redirectUris = ["${origin}/callback"]
oidcClientMetadata.postLogoutRedirectUris = ["${origin}/bye"]

[[applications]]
id = "spa"
name = "Admin"
type = "SPA"
oidcClientMetadata.redirectUris = ["${origin}/callback"]

[[applications]]
id = "rsa"
name = "Signed with RS256"
type = "Traditional"
secret = "rsa-secret"
oidcClientMetadata.redirectUris = ["${origin}/callback"]
customClientMetadata.signingAlg = "RS256"

[[applications]]
id = "p256"
name = "Signed with ES256"
type = "Traditional"
secret = "p256-secret"
oidcClientMetadata.redirectUris = ["${origin}/callback"]
customClientMetadata.signingAlg = "ES256"

[[applications]]
id = "keyed"
name = "With a key of its own"
type = "Traditional"
secret = "keyed-secret"
oidcClientMetadata.redirectUris = ["${origin}/callback"]
oidcClientMetadata.jwks = { keys = [{ kty = "EC", crv = "P-256", kid = "one", x = "${jwk.x}", y = "${jwk.y}" }] }

[[applications]]
id = "job"
name = "Job"
type = "MachineToMachine"
secret = "a-job-secret-that-is-at-least-thirty-two-bytes-long"

[[resources]]
indicator = "${API}"
name = "Stock"
accessTokenTtl = 900
scopes = [{ name = "read:stock" }, { name = "write:stock" }]

[[roles]]
name = "sync"
type = "MachineToMachine"
scopes = [{ resource = "${API}", scope = "read:stock" }]
applications = ["job"]
${PEOPLE}`;

describe('openid-client 6', () => {
  const until = scope();
  let provider, app, browser, key;
  before(async () => {
    app = await startApp(until);
    key = await generateKeyPair('ES256', { extractable: true });
    provider = await startProvider(until, config(app.origin, await exportJWK(key.publicKey)));
    browser = await startBrowser(until);
  });

  const connect = async (id, metadata, authentication) => {
    const settings = await client.discovery(new URL(provider.issuer), id, metadata, authentication, {
      execute: [client.allowInsecureRequests],
    });
    client.enableNonRepudiationChecks(settings);
    return settings;
  };
  const web = () =>
    connect('web', 'a-secret+with/odd:characters%', client.ClientSecretBasic('a-secret+with/odd:characters%'));
  const spa = () => connect('spa', undefined, client.None());

  /** An authorization request with PKCE, state and nonce, and the checks of its answer. */
  const begin = async (settings, more = {}) => {
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    const expectedState = client.randomState();
    const expectedNonce = client.randomNonce();
    const parameters = {
      redirect_uri: `${app.origin}/callback`,
      scope: 'openid profile email offline_access',
      prompt: 'consent',
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
      nonce: expectedNonce,
      ...more,
    };
    for (const name of Object.keys(parameters)) if (parameters[name] === undefined) delete parameters[name];
    return { parameters, checks: { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true } };
  };
  const url = (settings, parameters) => client.buildAuthorizationUrl(settings, parameters);

  const visit = (page, settings, parameters) => page.goto(String(url(settings, parameters)));
  /** The address that a page comes back to the application with. */
  const back = async (page) => (await arrivedIn(page, app, '/callback')).url;

  /** The whole way through the pages. */
  const signIn = async (settings, page, more) => {
    const { parameters, checks } = await begin(settings, more);
    await visit(page, settings, parameters);
    await typeSignIn(page, 'alice');
    return client.authorizationCodeGrant(settings, await back(page), checks);
  };

  /** The same without pages. */
  const signInQuietly = async (settings, more, grant = {}) => {
    const agent = new Agent(provider);
    const { parameters, checks } = await begin(settings, more);
    const answer = await agent.answer(Object.fromEntries(url(settings, parameters).searchParams));
    const callback = new URL(`${app.origin}/callback?${new URLSearchParams(answer)}`);
    return client.authorizationCodeGrant(settings, callback, { ...checks, ...grant });
  };

  test('code flow through the pages: ID token and userinfo', async () => {
    const { page, watch } = await browser.open();
    const settings = await web();
    const { parameters, checks } = await begin(settings);
    await visit(page, settings, parameters);
    assert.equal(new URL(page.url()).pathname, '/sign-in');
    await typeSignIn(page, 'alice');
    const callback = await back(page);
    assert.equal(callback.searchParams.get('iss'), provider.issuer);
    const tokens = await client.authorizationCodeGrant(settings, callback, checks);

    const header = decodeProtectedHeader(tokens.id_token);
    assert.deepEqual([header.alg, header.typ], ['ES384', undefined]);
    const claims = tokens.claims();
    assert.equal(claims.nonce, checks.expectedNonce);
    assert.equal(claims.aud, 'web');
    assert.deepEqual(
      [claims.sub, claims.name, claims.email, claims.email_verified],
      ['alicearcher1', 'Alice Archer', 'alice@example.test', true],
    );
    for (const name of ['at_hash', 'auth_time', 'sid', 'azp', 'acr', 'amr']) assert.ok(!(name in claims), name);

    const userinfo = await client.fetchUserInfo(settings, tokens.access_token, claims.sub);
    assert.deepEqual([userinfo.username, userinfo.picture], ['alice', null]);
    assert.ok(Math.abs(userinfo.created_at - Date.now()) < 600_000, 'created_at is in milliseconds');
    assert.ok(Math.abs(userinfo.updated_at - Date.now()) < 600_000, 'updated_at is in milliseconds');
    await assert.rejects(client.fetchUserInfo(settings, tokens.access_token, 'somebodyelse'), {
      code: 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
    });
    assert.deepEqual(watch.violations, []);
  });

  test('one sign-in, then SSO: no page, prompt=none, max_age, prompt=login', async () => {
    const { page } = await browser.open();
    const settings = await web();
    const none = await begin(settings, { prompt: 'none' });
    await visit(page, settings, none.parameters);
    await assert.rejects(client.authorizationCodeGrant(settings, await back(page), none.checks), {
      error: 'login_required',
    });

    const first = await signIn(settings, page, { max_age: '600' });
    assert.ok(first.claims().auth_time <= first.claims().iat);

    const silent = await begin(settings, { prompt: 'none' });
    await visit(page, settings, silent.parameters);
    const again = await client.authorizationCodeGrant(settings, await back(page), silent.checks);
    assert.equal(again.claims().sub, 'alicearcher1');
    assert.equal(again.claims().auth_time, undefined);

    const young = await begin(settings, { max_age: '600', prompt: undefined });
    await visit(page, settings, young.parameters);
    const aged = await client.authorizationCodeGrant(settings, await back(page), { ...young.checks, maxAge: 600 });
    assert.equal(aged.claims().auth_time, first.claims().auth_time);

    for (const more of [{ max_age: '0', prompt: undefined }, { prompt: 'login' }]) {
      const forced = await begin(settings, more);
      await visit(page, settings, forced.parameters);
      assert.equal(new URL(page.url()).pathname, '/sign-in', JSON.stringify(more));
      await typeSignIn(page, 'alice');
      const tokens = await client.authorizationCodeGrant(settings, await back(page), forced.checks);
      assert.ok(tokens.claims().auth_time >= first.claims().auth_time);
    }
  });

  test('form_post: the answer arrives in a body', async () => {
    const { page, watch } = await browser.open();
    const settings = await web();
    const { parameters, checks } = await begin(settings, { response_mode: 'form_post' });
    await visit(page, settings, parameters);
    await typeSignIn(page, 'alice');
    const { method, url: callback, body } = await arrivedIn(page, app, '/callback');
    assert.equal(method, 'POST');
    assert.equal(callback.search, '');
    const request = new Request(callback, {
      method,
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    const tokens = await client.authorizationCodeGrant(settings, request, checks);
    assert.equal(tokens.claims().sub, 'alicearcher1');
    assert.deepEqual(watch.violations, []);
  });

  test('sign-out: back to the application with state, and the session is over', async () => {
    const { page, watch } = await browser.open();
    const settings = await web();
    const tokens = await signIn(settings, page);
    await page.goto(
      String(
        client.buildEndSessionUrl(settings, {
          post_logout_redirect_uri: `${app.origin}/bye`,
          id_token_hint: tokens.id_token,
          state: 'left & right',
        }),
      ),
    );
    assert.equal((await arrivedIn(page, app, '/bye')).url.search, '?state=left+%26+right');
    const { parameters, checks } = await begin(settings, { prompt: 'none' });
    await visit(page, settings, parameters);
    await assert.rejects(client.authorizationCodeGrant(settings, await back(page), checks), {
      error: 'login_required',
    });
    assert.deepEqual(watch.violations, []);
  });

  test('a public client: refresh rotates each time', async () => {
    const settings = await spa();
    const first = await signInQuietly(settings);
    const second = await client.refreshTokenGrant(settings, first.refresh_token);
    assert.notEqual(second.refresh_token, first.refresh_token);
    assert.equal(second.claims().sub, first.claims().sub);
    // A request that was sent twice, as on a bad line.
    const repeated = await client.refreshTokenGrant(settings, first.refresh_token);
    assert.ok(repeated.access_token);
    const third = await client.refreshTokenGrant(settings, second.refresh_token);
    assert.equal((await client.fetchUserInfo(settings, third.access_token, 'alicearcher1')).name, 'Alice Archer');
  });

  test('revocation ends siblings; introspection says so', async () => {
    const settings = await web();
    const first = await signInQuietly(settings);
    const second = await client.refreshTokenGrant(settings, first.refresh_token);
    const live = await client.tokenIntrospection(settings, second.access_token);
    assert.deepEqual(
      [live.active, live.client_id, live.sub, live.scope],
      [true, 'web', 'alicearcher1', 'openid profile email offline_access'],
    );
    await client.tokenRevocation(settings, first.access_token);
    assert.deepEqual(await client.tokenIntrospection(settings, second.access_token), { active: false });
    await assert.rejects(client.fetchUserInfo(settings, second.access_token, 'alicearcher1'), { status: 401 });
    await assert.rejects(client.refreshTokenGrant(settings, first.refresh_token), {
      error: 'invalid_grant',
      status: 400,
    });
  });

  test('pushed authorization request', async () => {
    const { page } = await browser.open();
    const settings = await web();
    const { parameters, checks } = await begin(settings, { login_hint: 'alice' });
    const address = await client.buildAuthorizationUrlWithPAR(settings, parameters);
    assert.deepEqual([...address.searchParams.keys()].sort(), ['client_id', 'request_uri']);
    await page.goto(address.href);
    assert.equal(await page.locator('#identifier').inputValue(), 'alice');
    await typeSignIn(page, 'alice');
    const tokens = await client.authorizationCodeGrant(settings, await back(page), checks);
    assert.equal(tokens.claims().sub, 'alicearcher1');
  });

  const methods = {
    client_secret_post: () => connect('keyed', 'keyed-secret', client.ClientSecretPost('keyed-secret')),
    client_secret_jwt: () => connect('keyed', 'keyed-secret', client.ClientSecretJwt('keyed-secret')),
    private_key_jwt: () => connect('keyed', undefined, client.PrivateKeyJwt({ key: key.privateKey, kid: 'one' })),
  };
  for (const [method, settingsOf] of Object.entries(methods)) {
    test(`client authentication: ${method}`, async () => {
      const tokens = await signInQuietly(await settingsOf());
      assert.equal(tokens.claims().aud, 'keyed');
      const live = await client.tokenIntrospection(await settingsOf(), tokens.access_token);
      assert.equal(live.active, true);
    });
  }

  test('client authentication with a key or secret that is not the application’s', async () => {
    const stranger = await generateKeyPair('ES256');
    const wrong = [
      client.PrivateKeyJwt({ key: stranger.privateKey, kid: 'one' }),
      client.ClientSecretJwt('keyed-secret-not'),
      client.ClientSecretPost('keyed-secret-not'),
    ];
    for (const authentication of wrong) {
      const settings = await connect('keyed', 'keyed-secret', authentication);
      await assert.rejects(client.tokenIntrospection(settings, 'x'.repeat(43)), { status: 401 });
    }
  });

  test('client credentials for an API: a token anybody can verify with the key set', async () => {
    const settings = await connect(
      'job',
      undefined,
      client.ClientSecretJwt('a-job-secret-that-is-at-least-thirty-two-bytes-long'),
    );
    const tokens = await client.clientCredentialsGrant(settings, { resource: API, scope: 'read:stock write:stock' });
    assert.deepEqual([tokens.expires_in, tokens.scope], [900, 'read:stock']);
    const keys = createRemoteJWKSet(new URL(settings.serverMetadata().jwks_uri));
    const { payload, protectedHeader } = await jwtVerify(tokens.access_token, keys, {
      issuer: provider.issuer,
      audience: API,
      typ: 'at+jwt',
      requiredClaims: ['jti', 'iat', 'exp'],
    });
    assert.equal(protectedHeader.alg, 'ES384');
    assert.deepEqual([payload.sub, payload.client_id, payload.scope], ['job', 'job', 'read:stock']);
    await assert.rejects(client.clientCredentialsGrant(settings), { error: 'invalid_target' });
  });

  for (const [id, alg] of [
    ['rsa', 'RS256'],
    ['p256', 'ES256'],
  ]) {
    test(`an application signed with ${alg}`, async () => {
      const settings = await connect(
        id,
        { client_secret: `${id}-secret`, id_token_signed_response_alg: alg },
        client.ClientSecretBasic(`${id}-secret`),
      );
      const tokens = await signInQuietly(settings);
      assert.equal(decodeProtectedHeader(tokens.id_token).alg, alg);
      const keys = createRemoteJWKSet(new URL(settings.serverMetadata().jwks_uri));
      const { payload } = await jwtVerify(tokens.id_token, keys, {
        issuer: provider.issuer,
        audience: id,
        algorithms: [alg],
      });
      assert.equal(payload.sub, 'alicearcher1');
      const refreshed = await client.refreshTokenGrant(settings, tokens.refresh_token);
      assert.equal(decodeProtectedHeader(refreshed.id_token).alg, alg);
    });
  }

  test('an answer whose nonce or state is another’s is refused by the client, so ours are echoed', async () => {
    const settings = await web();
    await assert.rejects(signInQuietly(settings, {}, { expectedNonce: 'another' }), {
      code: 'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
    });
    await assert.rejects(signInQuietly(settings, {}, { expectedState: 'another' }), { code: 'OAUTH_INVALID_RESPONSE' });
  });
});
