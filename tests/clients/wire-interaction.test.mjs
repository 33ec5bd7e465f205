// The must-match list, items 31, 34 and 35: the hops of an interaction, its cookies, and pages without one.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Agent, expectStatus, told } from './agent.mjs';
import { scope, startProvider } from './support.mjs';
import { apps, CONFIG, request } from './wire.mjs';

const { web, spa, third } = apps;

describe('interactions', () => {
  const until = scope();
  let provider;
  before(async () => {
    provider = await startProvider(until, CONFIG);
  });

  test('31: first-party consent is a hop, third-party consent a page that names the scopes', async () => {
    const agent = new Agent(provider);
    await agent.authorize(request(web));
    const { hops, left } = await agent.follow(await agent.signIn());
    assert.deepEqual(
      hops.map(({ status, url }) => [status, url.pathname.replace(/[\w-]{21}$/, ':uid')]),
      [
        [303, '/consent'],
        [302, '/oidc/auth/:uid'],
        [303, '/callback'],
      ],
    );
    assert.ok(left.searchParams.get('code'));

    const visitor = new Agent(provider);
    await visitor.authorize(request(third, { scope: 'openid profile email' }));
    const stopped = await visitor.follow(await visitor.signIn());
    assert.equal(stopped.url.pathname + stopped.url.search, '/consent?app_id=third');
    assert.equal(stopped.response.status, 200);
    const info = await (await expectStatus(200, visitor.fetch('/api/interaction/consent'))).json();
    assert.deepEqual([...info.missingOIDCScope].sort(), ['email', 'profile']);
    assert.equal(info.application.id, 'third');
    assert.equal(info.user.id, 'alicearcher1');
    assert.equal(info.redirectUri, third.redirectUri);
  });

  test('34: cookies of an interaction, and of a session', async () => {
    const agent = new Agent(provider);
    await agent.authorize(request(spa, { ui_locales: 'fr' }));
    for (const name of ['_interaction', '_interaction.sig', '_interaction_resume', '_interaction_resume.sig']) {
      const { attributes } = agent.cookie(name);
      assert.ok('httponly' in attributes, name);
      assert.deepEqual([attributes.samesite, attributes['max-age']], ['lax', '3600'], name);
    }
    assert.equal(agent.cookie('_interaction').path, '/');
    const open = agent.cookie('_logto');
    assert.ok(!('httponly' in open.attributes));
    assert.deepEqual(JSON.parse(decodeURIComponent(open.value)), { appId: 'spa', uiLocales: 'fr' });
    assert.equal(agent.cookie('_session'), undefined);
    await agent.follow(await agent.signIn());
    for (const name of ['_session', '_session.sig']) assert.ok('httponly' in agent.cookie(name).attributes, name);
  });

  test('34: a cookie with a wrong signature is no cookie', async () => {
    const agent = new Agent(provider);
    await agent.authorize(request(spa));
    agent.cookie('_interaction').value += 'x';
    const { status, body } = await told(agent.api('PUT', '', { interactionEvent: 'SignIn' }));
    assert.deepEqual([status, body.code], [400, 'session.not_found']);
  });

  test('35: a sign-in page opened by hand says that no sign-in is under way; preview shows the page', async () => {
    const block = async (path) => {
      const { response } = await new Agent(provider).follow(path);
      assert.equal(response.status, 200, path);
      return JSON.parse((await response.text()).match(/id="vestibule-data"[^>]*>(.*?)<\/script>/s)[1]);
    };
    for (const path of ['/', '/sign-in', '/register', '/consent', '/single-sign-on'])
      assert.match((await block(path)).page, /^(no-interaction|unknown-session)$/, path);
    assert.equal((await block('/unknown-session')).page, 'unknown-session');
    assert.equal((await block('/sign-in?preview=1')).page, 'experience');
  });

  test('35: an interaction is resumed only by the browser that began it', async () => {
    const agent = new Agent(provider);
    await agent.authorize(request(web));
    const resume = await agent.signIn();
    const { status, body } = await told(new Agent(provider).fetch(resume));
    assert.deepEqual([status, body.code], [400, 'session.not_found']);
  });
});
