// Enterprise SSO by SAML 2.0 (sheet 6.5), at the simulated identity provider, over HTTP.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { Agent, expectStatus, told } from './agent.mjs';
import { PEOPLE, scope, startProvider } from './support.mjs';

const APP = { id: 'shop', redirectUri: 'https://shop.example.test/callback' };
/** An account for everybody, and one for each persona. */
const PERSONAS = [
  'accessDenied',
  'serverError',
  'temporarilyUnavailable',
  'wrongState',
  'wrongNonce',
  'wrongIssuer',
  'wrongAudience',
  'badSignature',
  'expiredIdToken',
  'unknownKeyId',
  'noEmail',
  'emailOfAnother',
  'changedSubject',
];

const connector = (id, name, domain, more = '') => `
[[connectors]]
id = "${id}"
connectorId = "SAML"
name = "${name}"
domains = ["${domain}"]
simulated = true
${more}
[[connectors.accounts]]
name = "Nora Example"
sub = "nora-at-${id}"
email = "nora@${domain}"
`;

const CONFIG = `
[signInExperience]
singleSignOnEnabled = true
signUp = { identifiers = [], password = false, verify = false }

[[applications]]
id = "shop"
name = "Shop"
type = "SPA"
oidcClientMetadata.redirectUris = ["${APP.redirectUri}"]
${PEOPLE}
${connector('acme', 'Acme', 'acme.test')}
${PERSONAS.map(
  (failure) => `
[[connectors.accounts]]
name = "${failure}"
sub = "${failure}"
email = "${failure.toLowerCase()}@acme.test"
failure = "${failure}"
`,
).join('')}
${connector('globex', 'Globex', 'globex.test', 'config = { attributeMapping = { id = "employee", email = "mail", name = "cn" } }')}
`;

describe('SAML at the simulated identity provider', () => {
  const until = scope();
  let provider;
  before(async () => {
    provider = await startProvider(until, CONFIG);
  });

  const acs = (id = 'acme') => `${provider.endpoint}/api/authn/single-sign-on/saml/${id}`;
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
  let states = 0;
  const leave = async (agent, id = 'acme', state = `page-state-${++states}`) => {
    const body = { state, redirectUri: `${provider.endpoint}/callback/${id}` };
    const answer = await expectStatus(200, agent.api('POST', `/verification/sso/${id}/authorization-uri`, body));
    return { ...(await answer.json()), state };
  };
  const attribute = (html, before) =>
    html.split(before)[1]?.split('"')[0].replaceAll('&#39;', "'").replaceAll('&amp;', '&');
  /** Chooses somebody at the provider; answers the form that goes back, with the address it is posted to. */
  const chosen = async (address, name) => {
    const page = await (await expectStatus(200, fetch(address))).text();
    const token = attribute(page, 'name="token" value="');
    const row = page.split('<li>').find((part) => part.includes(`>${name}<`));
    const choice = name === 'Cancel' ? { action: 'cancel' } : { account: attribute(row, 'name="account" value="') };
    const sent = await fetch(address, { method: 'POST', body: new URLSearchParams({ token, ...choice }) });
    const form = await (await expectStatus(200, sent)).text();
    const fields = [...form.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)];
    return {
      action: attribute(form, '<form method="post" action="'),
      form: new URLSearchParams(fields.map(([, n, v]) => [n, v])),
    };
  };
  /** Posts the form as a browser does from another site: without cookies. Answers the callback address. */
  const posted = async ({ action, form }) => {
    const answer = await fetch(action, { method: 'POST', body: form, redirect: 'manual', headers: { origin: 'null' } });
    return new URL((await expectStatus(303, answer)).headers.get('location'));
  };
  const verify = (agent, id, callback, verificationId) =>
    agent.api('POST', `/verification/sso/${id}/verify`, {
      connectorData: Object.fromEntries(callback.searchParams),
      ...(verificationId && { verificationId }),
    });
  const refused = async (answer) => {
    const { status, body } = await told(answer);
    return [status, body.code];
  };
  const cards = async () => {
    const newest = await provider.control({ op: 'sessions', limit: 1 });
    const { steps } = await provider.control({ op: 'session', id: newest[0].id });
    return steps.flatMap(({ because }) => because);
  };
  const people = async (search) => (await provider.control({ op: 'users', search, limit: 50 })).users;

  test('a person signs in, and is found again', async () => {
    const agent = await begun();
    const { authorizationUri, verificationId, state } = await leave(agent);
    const address = new URL(authorizationUri);
    assert.equal(address.origin + address.pathname, `${provider.endpoint}/simulated/acme/sso`);
    assert.equal(address.searchParams.get('RelayState'), state);
    const request = inflateRawSync(Buffer.from(address.searchParams.get('SAMLRequest'), 'base64')).toString();
    assert.match(request, new RegExp(`<saml:Issuer>${provider.endpoint}/enterprise-sso/acme</saml:Issuer>`));
    assert.ok(request.includes(`AssertionConsumerServiceURL="${acs()}"`));
    const back = await chosen(authorizationUri, 'Nora Example');
    assert.equal(back.action, acs());
    assert.equal(back.form.get('RelayState'), state);
    const callback = await posted(back);
    assert.equal(callback.pathname, '/callback/acme');
    assert.equal(callback.searchParams.get('state'), state);
    assert.ok(callback.searchParams.get('SAMLResponse').length < 64, 'a key, not the response');
    await expectStatus(200, verify(agent, 'acme', callback, verificationId));
    const [status, code] = await refused(agent.api('POST', '/identification', { verificationId }));
    assert.deepEqual([status, code], [404, 'user.sso_identity_not_exist']);
    await expectStatus(204, agent.api('PUT', '/interaction-event', { interactionEvent: 'Register' }));
    await expectStatus(201, agent.api('POST', '/identification', { verificationId }));
    const { redirectTo } = await (await expectStatus(200, agent.api('POST', '/submit'))).json();
    const { left } = await agent.follow(redirectTo);
    assert.ok(left.searchParams.get('code'));
    const [nora] = await people('nora@acme.test');
    assert.equal(nora.name, 'Nora Example');
    const rules = (await cards()).filter(({ outcome }) => outcome === 'passed').map(({ rule }) => rule);
    for (const rule of ['saml.signature', 'saml.issuer', 'saml.subject', 'saml.conditions'])
      assert.ok(rules.includes(rule), rule);

    const again = await begun();
    const second = await leave(again);
    const way = await posted(await chosen(second.authorizationUri, 'Nora Example'));
    await expectStatus(200, verify(again, 'acme', way, second.verificationId));
    await expectStatus(204, again.api('POST', '/identification', { verificationId: second.verificationId }));
    assert.equal((await people('nora@acme.test')).length, 1);
  });

  test('the attribute mapping says where the person is', async () => {
    const agent = await begun('Register');
    const { authorizationUri, verificationId } = await leave(agent, 'globex');
    const callback = await posted(await chosen(authorizationUri, 'Nora Example'));
    await expectStatus(200, verify(agent, 'globex', callback, verificationId));
    await expectStatus(201, agent.api('POST', '/identification', { verificationId }));
    await expectStatus(200, agent.api('POST', '/submit'));
    assert.equal((await people('nora@globex.test'))[0].name, 'Nora Example');
  });

  test('a response counts once, in its own browser and sign-in, and for its own connector', async () => {
    const agent = await begun();
    const { authorizationUri, verificationId } = await leave(agent);
    const back = await chosen(authorizationUri, 'Nora Example');
    // Another browser, which left for the same provider itself.
    const stranger = await begun();
    const theirs = await leave(stranger);
    const stolen = await posted(back);
    const foreign = [400, 'session.connector_validation_session_not_found'];
    assert.deepEqual(await refused(verify(stranger, 'acme', stolen, theirs.verificationId)), foreign);
    // Even when the stranger knows to put their own state there: the response names another request.
    const dressed = await posted({
      ...back,
      form: new URLSearchParams([...back.form].map(([n, v]) => [n, n === 'RelayState' ? theirs.state : v])),
    });
    assert.deepEqual(await refused(verify(stranger, 'acme', dressed, theirs.verificationId)), [
      401,
      'connector.authorization_failed',
    ]);
    assert.ok((await cards()).some(({ rule, outcome }) => rule === 'saml.in_response_to' && outcome === 'refused'));
    // A key is of no use for another connector, and a response of no use at another's address.
    const third = await begun();
    const other = await leave(third, 'globex');
    const key = await posted({
      ...back,
      form: new URLSearchParams({ SAMLResponse: back.form.get('SAMLResponse'), RelayState: other.state }),
    });
    assert.deepEqual(await refused(verify(third, 'globex', key, other.verificationId)), [
      400,
      'connector.insufficient_request_parameters',
    ]);
    const fourth = await begun();
    const astray = await leave(fourth, 'globex');
    const crossed = await posted({
      action: acs('globex'),
      form: new URLSearchParams({ SAMLResponse: back.form.get('SAMLResponse'), RelayState: astray.state }),
    });
    assert.deepEqual(await refused(verify(fourth, 'globex', crossed, astray.verificationId)), [
      401,
      'connector.authorization_failed',
    ]);
    // In its own sign-in it counts, and not a second time.
    const callback = await posted(back);
    await expectStatus(200, verify(agent, 'acme', callback, verificationId));
    assert.deepEqual(await refused(verify(agent, 'acme', callback, verificationId)), foreign);
    assert.deepEqual(await refused(verify(agent, 'acme', await posted(back), verificationId)), foreign);
    // Another attempt of the same browser makes another request.
    const later = await leave(agent);
    const replayed = await posted({
      ...back,
      form: new URLSearchParams([...back.form].map(([n, v]) => [n, n === 'RelayState' ? later.state : v])),
    });
    assert.deepEqual(await refused(verify(agent, 'acme', replayed, later.verificationId)), [
      401,
      'connector.authorization_failed',
    ]);
  });

  const REFUSED = {
    Cancel: ['connector.authorization_failed', 'saml.status'],
    accessDenied: ['connector.authorization_failed', 'saml.status'],
    serverError: ['connector.authorization_failed', 'saml.status'],
    temporarilyUnavailable: ['connector.authorization_failed', 'saml.status'],
    wrongNonce: ['connector.authorization_failed', 'saml.in_response_to'],
    wrongIssuer: ['connector.authorization_failed', 'saml.issuer'],
    wrongAudience: ['connector.authorization_failed', 'saml.audience'],
    badSignature: ['connector.authorization_failed', 'saml.signature'],
    expiredIdToken: ['connector.authorization_failed', 'saml.time'],
    unknownKeyId: ['connector.authorization_failed', 'saml.signature'],
  };
  for (const [persona, [code, rule]] of Object.entries(REFUSED)) {
    test(`${persona}: refused by ${rule}, and nobody is created`, async () => {
      const before = (await people('')).length;
      const agent = await begun();
      const { authorizationUri, verificationId } = await leave(agent);
      const callback = await posted(await chosen(authorizationUri, persona));
      assert.deepEqual(await refused(verify(agent, 'acme', callback, verificationId)), [401, code]);
      const refusals = (await cards()).filter(({ outcome }) => outcome === 'refused').map((card) => card.rule);
      assert.ok(refusals.includes(rule), `${refusals}`);
      const { status } = await told(agent.api('POST', '/identification', { verificationId }));
      assert.ok(status >= 400, `${status}`);
      assert.equal((await people('')).length, before);
    });
  }

  test('wrongState: the callback does not carry what the page drew', async () => {
    const agent = await begun();
    const { authorizationUri, verificationId, state } = await leave(agent);
    const callback = await posted(await chosen(authorizationUri, 'wrongState'));
    assert.notEqual(callback.searchParams.get('state'), state);
    const foreign = [400, 'session.connector_validation_session_not_found'];
    assert.deepEqual(await refused(verify(agent, 'acme', callback, verificationId)), foreign);
  });

  test('noEmail, emailOfAnother, changedSubject: the person is told of differently', async () => {
    const told = async (name) => {
      const agent = await begun();
      const { authorizationUri, verificationId } = await leave(agent);
      const callback = await posted(await chosen(authorizationUri, name));
      await expectStatus(200, verify(agent, 'acme', callback, verificationId));
      return [agent, verificationId];
    };
    for (const name of ['noEmail', 'changedSubject']) {
      const [agent, verificationId] = await told(name);
      assert.deepEqual(await refused(agent.api('POST', '/identification', { verificationId })), [
        404,
        'user.sso_identity_not_exist',
      ]);
    }
    await told('emailOfAnother');
    assert.ok((await cards()).some(({ title }) => title.startsWith('emailOfAnother comes with the e-mail address of')));
  });

  test('what is posted is bounded, and what can not be taken is said on a page', async () => {
    const post = (body, id = 'acme') => fetch(acs(id), { method: 'POST', body, redirect: 'manual' });
    const form = (entries) => new URLSearchParams(entries);
    for (const [status, answer] of [
      [400, post(form({ RelayState: 's' }))],
      [400, post(form({ SAMLResponse: 'x', RelayState: 's'.repeat(81) }))],
      [
        400,
        post(
          form([
            ['SAMLResponse', 'x'],
            ['SAMLResponse', 'y'],
          ]),
        ),
      ],
      [404, post(form({ SAMLResponse: 'x' }), 'nobody')],
      [413, post(form({ SAMLResponse: 'x'.repeat(256 * 1024) }))],
    ]) {
      assert.equal((await answer).status, status);
    }
    assert.equal((await post(form({ SAMLResponse: 'x'.repeat(200 * 1024) }))).status, 303);
    // Nothing of it is believed: what is no response is refused when the page hands it in.
    const agent = await begun();
    const { verificationId, state } = await leave(agent);
    const callback = await posted({ action: acs(), form: form({ SAMLResponse: 'bm90IHhtbA==', RelayState: state }) });
    assert.deepEqual(await refused(verify(agent, 'acme', callback, verificationId)), [
      400,
      'connector.invalid_response',
    ]);
    const long = { state: 's'.repeat(81), redirectUri: `${provider.endpoint}/callback/acme` };
    assert.deepEqual(await refused(agent.api('POST', '/verification/sso/acme/authorization-uri', long)), [
      400,
      'guard.invalid_input',
    ]);
  });

  test('both sides publish their metadata', async () => {
    const own = await (await expectStatus(200, fetch(`${acs()}/metadata`))).text();
    assert.ok(
      own.includes(`entityID="${provider.endpoint}/enterprise-sso/acme"`) && own.includes(`Location="${acs()}"`),
    );
    const theirs = await (await expectStatus(200, fetch(`${provider.endpoint}/simulated/acme/metadata`))).text();
    assert.ok(theirs.includes(`entityID="${provider.endpoint}/simulated/acme"`) && theirs.includes('X509Certificate'));
    for (const path of ['authorize', 'token', 'jwks', '.well-known/openid-configuration']) {
      assert.equal((await fetch(`${provider.endpoint}/simulated/acme/${path}`)).status, 404, path);
    }
  });

  test('the simulated provider answers at the registered address alone', async () => {
    const agent = await begun();
    const { authorizationUri } = await leave(agent);
    const stranger = await leave(agent, 'globex');
    const astray = new URL(authorizationUri);
    astray.searchParams.set('SAMLRequest', new URL(stranger.authorizationUri).searchParams.get('SAMLRequest'));
    assert.equal((await fetch(astray)).status, 400);
    astray.searchParams.set('SAMLRequest', 'x');
    assert.equal((await fetch(astray)).status, 400);
  });

  test('a connector to a real provider is configured by metadata, by their address or by hand', async () => {
    const metadata = await (await fetch(`${provider.endpoint}/simulated/acme/metadata`)).text();
    const create = (id, config) =>
      provider.control({
        op: 'createConnector',
        id,
        offer: true,
        connector: { connectorId: 'SAML', enterprise: true, name: id, domains: [`${id}.test`], config },
      });
    const certificate = /X509Certificate>([^<]+)</.exec(metadata)[1];
    const parts = {
      entityId: `${provider.endpoint}/simulated/acme`,
      signInEndpoint: `${provider.endpoint}/simulated/acme/sso`,
      x509Certificate: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----`,
    };
    const view = await create('byurl', { metadataUrl: `${provider.endpoint}/simulated/acme/metadata` });
    assert.deepEqual([view.callback, view.entityId], [acs('byurl'), `${provider.endpoint}/enterprise-sso/byurl`]);
    assert.ok(view.guide[0].includes(view.callback) && view.guide[0].includes(view.entityId));
    await create('bytext', { metadata });
    await create('byparts', parts);
    for (const id of ['byurl', 'bytext', 'byparts']) {
      const agent = await begun();
      const { authorizationUri } = await leave(agent, id);
      assert.equal(new URL(authorizationUri).pathname, '/simulated/acme/sso');
      // It knows the connector acme alone, and says so.
      assert.equal((await fetch(authorizationUri)).status, 400);
    }
    for (const [config, field] of [
      [{}, 'config.metadataUrl'],
      [{ metadataUrl: `${provider.endpoint}/api/status` }, 'config.metadataUrl'],
      [{ metadataUrl: 'ftp://x' }, 'config.metadataUrl'],
      [{ metadata: '<a/>' }, 'config.metadata'],
      [{ ...parts, x509Certificate: 'no' }, 'config.x509Certificate'],
      [{ ...parts, signInEndpoint: undefined }, 'config.metadataUrl'],
      [{ metadata, issuer: 'https://x.test' }, 'config.issuer'],
    ]) {
      await assert.rejects(
        create('never', config),
        (error) => JSON.stringify(error, Object.getOwnPropertyNames(error)).includes(field),
        field,
      );
    }
  });
});
