// The must-match list, items 1 to 7: metadata and keys. Numbers are those of the list.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Agent, expectStatus, told } from './agent.mjs';
import { scope, startProvider } from './support.mjs';
import { apps, CONFIG, request } from './wire.mjs';

const { web } = apps;

describe('issuer and metadata', () => {
  const until = scope();
  let provider, agent;
  before(async () => {
    provider = await startProvider(until, CONFIG);
    agent = new Agent(provider);
  });
  const discovery = async () => (await expectStatus(200, agent.fetch('/oidc/.well-known/openid-configuration'))).json();

  test('1: discovery names the issuer and the endpoints under it', async () => {
    const document = await discovery();
    assert.equal(document.issuer, `${provider.endpoint}/oidc`);
    assert.equal(document.issuer, provider.issuer);
    const paths = {
      authorization_endpoint: '/auth',
      token_endpoint: '/token',
      userinfo_endpoint: '/me',
      jwks_uri: '/jwks',
      end_session_endpoint: '/session/end',
      revocation_endpoint: '/token/revocation',
      introspection_endpoint: '/token/introspection',
      pushed_authorization_request_endpoint: '/request',
    };
    for (const [name, path] of Object.entries(paths)) assert.equal(document[name], provider.issuer + path, name);
  });

  test('2: client authentication methods and S256 only', async () => {
    const document = await discovery();
    for (const method of ['none', 'client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt'])
      assert.ok(document.token_endpoint_auth_methods_supported.includes(method), method);
    assert.deepEqual(document.code_challenge_methods_supported, ['S256']);
  });

  test('3: the scopes of the platform', async () => {
    const { scopes_supported: scopes } = await discovery();
    for (const scope of [
      'openid',
      'offline_access',
      'profile',
      'email',
      'phone',
      'address',
      'custom_data',
      'identities',
      'roles',
      'urn:logto:scope:organizations',
      'urn:logto:scope:organization_roles',
    ])
      assert.ok(scopes.includes(scope), scope);
  });

  test('4: iss is announced and comes with every answer', async () => {
    assert.equal((await discovery()).authorization_response_iss_parameter_supported, true);
    const answer = await new Agent(provider).answer(request(web));
    assert.equal(answer.iss, provider.issuer);
    assert.equal(answer.state, 'some-state');
    assert.match(answer.code, /^[\w-]{43}$/);
  });

  test('5: the same document for authorization servers, open to any origin', async () => {
    const response = await expectStatus(
      200,
      agent.fetch('/oidc/.well-known/oauth-authorization-server', {
        headers: { origin: 'https://anywhere.example.test' },
      }),
    );
    assert.deepEqual(await response.json(), await discovery());
    assert.equal(response.headers.get('access-control-allow-origin'), 'https://anywhere.example.test');
  });

  test('6: the key set', async () => {
    const response = await expectStatus(200, agent.fetch('/oidc/jwks'));
    assert.match(response.headers.get('content-type'), /^application\/jwk-set\+json/);
    assert.match(response.headers.get('cache-control'), /no-cache/);
    const { keys } = await response.json();
    const key = keys.find(({ alg }) => alg === 'ES384');
    assert.deepEqual([key.kty, key.crv, key.use], ['EC', 'P-384', 'sig']);
    assert.match(key.kid, /^[\w-]{43}$/);
    assert.ok(key.x && key.y);
    for (const one of keys)
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'])
        assert.ok(!(secret in one), `${one.alg} publishes ${secret}`);
  });

  test('7: an unknown route', async () => {
    const { status, body } = await told(agent.fetch('/oidc/x'));
    assert.equal(status, 404);
    assert.equal(body.code, 'oidc.invalid_request');
    assert.equal(body.error, 'invalid_request');
    assert.equal(typeof body.message, 'string');
    assert.equal(body.error_description, 'unrecognized route or not allowed method (GET on /oidc/x)');
  });
});
