// Connectors at a real provider (`oidc-provider`): the OIDC connector and an enterprise one, over HTTP.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Agent, expectStatus, told } from './agent.mjs';
import { PASSWORD, PEOPLE, scope, startProvider } from './support.mjs';
import { ALGS, METHODS, SECRET, startUpstream, walk } from './upstream.mjs';

const APP = { id: 'shop', redirectUri: 'https://shop.example.test/callback' };

const settings = (upstream) => `
[signInExperience]
singleSignOnEnabled = true
signUp = { identifiers = [], password = false, verify = false }
socialSignInConnectorTargets = [${combinations(upstream).map(({ target }) => `"${target}"`)}]

[[applications]]
id = "shop"
name = "Shop"
type = "SPA"
oidcClientMetadata.redirectUris = ["${APP.redirectUri}"]
${PEOPLE}
[[connectors]]
id = "corpsso"
connectorId = "OIDC"
name = "Corp"
domains = ["corp.test"]
config = { issuer = "${upstream.issuer}", clientId = "basic-rs256", clientSecret = "${SECRET}" }
${combinations(upstream)
  .map(
    ({ target, method, alg, clientId }) => `
[[connectors]]
id = "${target}"
connectorId = "oidc"
target = "${target}"
name = "${method} ${alg}"
[connectors.config]
authorizationEndpoint = "${upstream.issuer}/auth"
tokenEndpoint = "${upstream.issuer}/token"
clientId = "${clientId}"
clientSecret = "${SECRET}"
tokenEndpointAuthMethod = "${method}"
clientSecretJwtSigningAlgorithm = "HS256"
scope = "profile email"
idTokenVerificationConfig = { jwksUri = "${upstream.issuer}/jwks", issuer = "${upstream.issuer}" }
`,
  )
  .join('')}`;

const combinations = (upstream) =>
  METHODS.flatMap((method) =>
    ALGS.map((alg) => {
      const clientId = upstream.clientId(method, alg);
      return { target: `up-${clientId}`, method, alg, clientId };
    }),
  );

describe('Connectors at oidc-provider', () => {
  const until = scope();
  let provider, upstream;
  before(async () => {
    upstream = await startUpstream(until);
    provider = await startProvider(until, settings(upstream));
    const ids = [...combinations(upstream).map(({ target }) => target), 'corpsso'];
    await upstream.open(ids.map((id) => `${provider.endpoint}/callback/${id}`));
  });

  const begun = async (interactionEvent = 'SignIn') => {
    const agent = new Agent(provider);
    await agent.authorize({
      client_id: APP.id,
      redirect_uri: APP.redirectUri,
      response_type: 'code',
      scope: 'openid profile email',
      state: 'st',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    await expectStatus(204, agent.api('PUT', '', { interactionEvent }));
    return agent;
  };
  const family = (id) => (id === 'corpsso' ? 'sso' : 'social');
  const leave = async (agent, id, state = 'page-state') => {
    const path = `/verification/${family(id)}/${id}/authorization-uri`;
    const body = { state, redirectUri: `${provider.endpoint}/callback/${id}` };
    return (await expectStatus(200, agent.api('POST', path, body))).json();
  };
  const verify = (agent, id, callback, verificationId) =>
    agent.api('POST', `/verification/${family(id)}/${id}/verify`, {
      connectorData: Object.fromEntries(callback.searchParams),
      verificationId,
    });
  /** Off to the provider and back as somebody; answers the verification's id. */
  const proven = async (agent, id, login) => {
    const { authorizationUri, verificationId } = await leave(agent, id);
    const callback = await walk(authorizationUri, login);
    await expectStatus(200, verify(agent, id, callback, verificationId));
    return verificationId;
  };
  const refused = async (answer) => {
    const { status, body } = await told(answer);
    return [status, body.code];
  };
  const identify = (agent, verificationId, more = {}) =>
    agent.api('POST', '/identification', { verificationId, ...more });
  const submitted = async (agent) => (await (await expectStatus(200, agent.api('POST', '/submit'))).json()).redirectTo;
  const person = async (search) => (await provider.control({ op: 'users', search, limit: 5 })).users;
  /** The reasons on the cards of the newest sessions. */
  const cards = async (limit = 1) => {
    const newest = await provider.control({ op: 'sessions', limit });
    const details = await Promise.all(newest.map(({ id }) => provider.control({ op: 'session', id })));
    return details.flatMap(({ steps }) => steps.flatMap(({ because }) => because));
  };

  test('73: the address has state, nonce, redirect_uri and scope, and no code_challenge', async () => {
    const agent = await begun();
    const id = 'up-post-rs256';
    const { authorizationUri } = await leave(agent, id);
    const { searchParams } = new URL(authorizationUri);
    assert.deepEqual(
      [searchParams.get('state'), searchParams.get('redirect_uri'), searchParams.get('scope')],
      ['page-state', `${provider.endpoint}/callback/${id}`, 'profile email openid'],
    );
    assert.equal(searchParams.get('nonce').length, 21);
    assert.equal(searchParams.has('code_challenge'), false);
  });

  for (const method of METHODS) {
    for (const alg of ALGS) {
      test(`${method} with ${alg}: a first sign-in registers, a second one finds the person`, async () => {
        const id = `up-${upstream.clientId(method, alg)}`;
        const agent = await begun();
        const verificationId = await proven(agent, id, 'nora');
        // corp.test is a domain of the enterprise connector: the social way is closed for such an address.
        assert.deepEqual(await refused(identify(agent, verificationId)), [422, 'session.sso_enabled']);
        const other = await begun();
        const record = await proven(other, id, 'otto');
        if (!(await person('Otto')).some(({ identities }) => identities.some(({ target }) => target === id))) {
          assert.deepEqual(await refused(identify(other, record)), [404, 'user.identity_not_exist']);
          await expectStatus(204, other.api('PUT', '/interaction-event', { interactionEvent: 'Register' }));
          await expectStatus(201, identify(other, record));
        }
        await submitted(other);
        const again = await begun();
        await expectStatus(204, identify(again, await proven(again, id, 'otto')));
        const back = await again.follow(await submitted(again));
        assert.equal(back.left?.origin ?? back.url.pathname, 'https://shop.example.test');
        const state = await (await agent.api('GET', '/interaction')).json();
        const [shown] = state.verificationRecords;
        assert.equal(shown.socialUserInfo.id, 'up-nora');
        assert.equal(shown.socialUserInfo.email, 'nora@corp.test');
        assert.equal(shown.socialUserInfo.avatar, 'https://pictures.example.test/nora.png');
      });
    }
  }

  test('an unverified address is neither taken nor linked; a verified one asks, and links when told to', async () => {
    const id = 'up-post-es256';
    const agent = await begun();
    const otto = await proven(agent, id, 'otto');
    const known = await told(identify(agent, otto));
    assert.ok(known.status === 204 || !known.body.data, 'nobody is named to whoever claims an unverified address');
    const other = await begun();
    const olga = await proven(other, id, 'olga');
    const { status, body } = await told(identify(other, olga));
    assert.deepEqual(
      [status, body.code, body.data],
      [404, 'user.identity_not_exist', { relatedUser: { type: 'email', value: 'alice@example.test' } }],
    );
    await expectStatus(204, identify(other, olga, { linkSocialIdentity: true }));
    await submitted(other);
    const [alice] = await person('alice@example.test');
    assert.deepEqual(
      alice.identities.map(({ target, userId }) => [target, userId]),
      [[id, 'up-olga']],
    );
  });

  test('keys that change in the middle are fetched anew', async () => {
    const id = 'up-basic-es256';
    const agent = await begun();
    await proven(agent, id, 'otto');
    await upstream.rotate();
    const other = await begun();
    await proven(other, id, 'otto');
    const seen = upstream.seen.filter(({ path }) => path === '/jwks').length;
    assert.ok(seen >= 2, `the key set was fetched ${seen} times`);
    const signature = (await cards())
      .map(({ title, detail }) => `${title} ${detail}`)
      .find((text) => text.includes('ES256-2'));
    assert.ok(signature, 'the session names the new key');
  });

  test('a code does not work twice, nor for another connector, nor in another browser', async () => {
    const id = 'up-post-rs256';
    const agent = await begun();
    const { authorizationUri, verificationId } = await leave(agent, id);
    const callback = await walk(authorizationUri, 'otto');
    const elsewhere = await begun();
    assert.deepEqual(await refused(verify(elsewhere, id, callback, verificationId)), [
      404,
      'session.verification_session_not_found',
    ]);
    assert.deepEqual(await refused(verify(agent, 'up-basic-rs256', callback, verificationId)), [
      404,
      'session.verification_session_not_found',
    ]);
    const forged = new URL(callback);
    forged.searchParams.set('state', 'of somebody else');
    assert.deepEqual(await refused(verify(agent, id, forged, verificationId)), [
      400,
      'session.connector_validation_session_not_found',
    ]);
    await expectStatus(200, verify(agent, id, callback, verificationId));
    assert.deepEqual(await refused(verify(agent, id, callback, verificationId)), [
      400,
      'session.connector_validation_session_not_found',
    ]);
  });

  test("a code of another sign-in is not accepted: its ID token carries the other's nonce", async () => {
    const id = 'up-post-rs256';
    const victim = await begun();
    const { verificationId } = await leave(victim, id, 'same-state');
    const attacker = await begun();
    const stolen = await walk((await leave(attacker, id, 'same-state')).authorizationUri, 'otto');
    const { status, body } = await told(verify(victim, id, stolen, verificationId));
    assert.deepEqual([status, body.code], [401, 'connector.social_invalid_id_token']);
    const reasons = (await cards(2)).filter(({ outcome }) => outcome === 'refused');
    assert.match(reasons.map(({ title, detail }) => `${title} ${detail}`).join('\n'), /nonce/);
  });

  test('whoever cancels at the provider is nobody here', async () => {
    const agent = await begun();
    const id = 'up-post-rs256';
    const { authorizationUri, verificationId } = await leave(agent, id);
    const callback = await walk(authorizationUri, 'nobody');
    assert.equal(callback.searchParams.get('error'), 'access_denied');
    assert.deepEqual(await refused(verify(agent, id, callback, verificationId)), [
      401,
      'connector.authorization_failed',
    ]);
    assert.deepEqual(await refused(identify(agent, verificationId)), [400, 'session.verification_failed']);
    const reason = (await cards()).filter(({ outcome }) => outcome === 'refused').map(({ detail }) => detail);
    assert.ok(
      reason.some((text) => text.includes('The person said no.')),
      reason.join('\n'),
    );
  });

  test('a callback that carries a NUL byte, nothing, or a list is refused and nothing breaks', async () => {
    const id = 'up-post-rs256';
    for (const connectorData of [
      {},
      { code: '' },
      { code: 7 },
      { code: ['a'] },
      { code: '\u0000' },
      { code: 'x'.repeat(5000) },
    ]) {
      const agent = await begun();
      const { verificationId } = await leave(agent, id);
      const { status, body } = await told(
        agent.api('POST', `/verification/social/${id}/verify`, { connectorData, verificationId }),
      );
      assert.ok(status >= 400 && status < 500, `${JSON.stringify(connectorData).slice(0, 40)}: ${status} ${body.code}`);
    }
  });

  test('75: an address of a company signs in through the company; its first sign-in makes the account', async () => {
    const agent = await begun();
    const { connectorIds } = await (
      await expectStatus(200, agent.api('GET', '/sso-connectors?email=nora%40corp.test'))
    ).json();
    assert.deepEqual(connectorIds, ['corpsso']);
    const { authorizationUri, verificationId } = await leave(agent, 'corpsso');
    // oidc-provider announces S256, so a challenge goes along.
    assert.equal(new URL(authorizationUri).searchParams.get('code_challenge_method'), 'S256');
    const callback = await walk(authorizationUri, 'nora');
    await expectStatus(200, verify(agent, 'corpsso', callback, verificationId));
    assert.deepEqual(await refused(identify(agent, verificationId)), [404, 'user.sso_identity_not_exist']);
    await expectStatus(204, agent.api('PUT', '/interaction-event', { interactionEvent: 'Register' }));
    await expectStatus(201, identify(agent, verificationId));
    await submitted(agent);
    const [nora] = await person('nora@corp.test');
    assert.equal(nora.name, 'Nora Upstream');
    const again = await begun();
    await expectStatus(204, identify(again, await proven(again, 'corpsso', 'nora')));
  });

  test('a company is believed about its own domains only', async () => {
    const agent = await begun();
    const record = await proven(agent, 'corpsso', 'olga');
    assert.deepEqual(await refused(identify(agent, record)), [404, 'user.sso_identity_not_exist']);
    const reason = (await cards()).map(({ detail }) => detail);
    assert.ok(
      reason.some((text) => text.includes('its own domains only')),
      reason.join('\n'),
    );
  });

  test('a provider that is not there is said plainly, and the password still works', async () => {
    const agent = await begun();
    const gone = await told(
      agent.api('POST', '/verification/social/nobody/authorization-uri', { state: 's', redirectUri: 'http://x/' }),
    );
    assert.deepEqual([gone.status, gone.body.code], [404, 'entity.not_found']);
    const body = { identifier: { type: 'username', value: 'alice' }, password: PASSWORD };
    await expectStatus(200, agent.api('POST', '/verification/password', body));
  });
});
