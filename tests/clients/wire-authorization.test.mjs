// The must-match list, items 8 to 33: the authorization endpoint. Numbers are those of the list.
// 15 to 18 need a browser: pages-parameters.test.mjs has them. 31 is in wire-interaction.test.mjs; 17 takes connectors.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Agent, told } from './agent.mjs';
import { scope, startProvider } from './support.mjs';
import { apps, brought, CONFIG, request, whereTo } from './wire.mjs';

const { web, spa, native, third, other } = apps;

describe('authorization endpoint', () => {
  const until = scope();
  let provider;
  before(async () => {
    provider = await startProvider(until, CONFIG);
  });
  const ask = (parameters) => new Agent(provider).authorize(parameters);
  const page = async (parameters) => {
    const response = await ask(parameters);
    assert.equal(response.status, 303);
    return whereTo(response);
  };
  const refusedAt = async (app, parameters) => {
    const response = await ask(request(app, parameters));
    assert.equal(response.status, 303);
    const answer = brought(response);
    assert.deepEqual([answer.to, answer.state, answer.iss], [app.redirectUri, 'some-state', provider.issuer]);
    return answer;
  };
  const refusedHere = async (parameters) => {
    const { status, headers, body } = await told(ask(parameters));
    assert.equal(status, 400);
    assert.equal(headers.get('location'), null);
    assert.equal(body.code, `oidc.${body.error}`);
    assert.equal(typeof body.message, 'string');
    return body;
  };

  test('8: without a session, to the sign-in page', async () => {
    assert.equal(await page(request(spa)), '/sign-in?app_id=spa');
  });

  test('9: each first_screen value has its page', async () => {
    const paths = {
      sign_in: '/sign-in',
      signIn: '/sign-in',
      register: '/register',
      reset_password: '/reset-password',
      'identifier:sign_in': '/identifier-sign-in',
      'identifier:register': '/identifier-register',
      single_sign_on: '/single-sign-on',
    };
    for (const [first_screen, path] of Object.entries(paths))
      assert.equal(await page(request(spa, { first_screen })), `${path}?app_id=spa`, first_screen);
  });

  test('10: interaction_mode, and first_screen before it', async () => {
    assert.equal(await page(request(spa, { interaction_mode: 'signUp' })), '/register?app_id=spa');
    assert.equal(
      await page(request(spa, { interaction_mode: 'signUp', first_screen: 'reset_password' })),
      '/reset-password?app_id=spa',
    );
  });

  test('11: one bad value discards all of them', async () => {
    assert.equal(await page(request(spa, { first_screen: 'bogus', login_hint: 'a@b.c' })), '/sign-in?app_id=spa');
    assert.equal(
      await page(request(spa, { first_screen: 'bogus', direct_sign_in: 'social:google' })),
      '/sign-in?app_id=spa',
    );
    assert.equal(await page(request(spa, { interaction_mode: 'bogus', identifier: 'email' })), '/sign-in?app_id=spa');
  });

  test('12: identifiers go along, form-encoded', async () => {
    assert.equal(
      await page(request(spa, { first_screen: 'identifier:sign_in', identifier: 'email phone', login_hint: 'a@b.c' })),
      '/identifier-sign-in?app_id=spa&login_hint=a%40b.c&identifier=email+phone',
    );
  });

  test('13: direct sign-in with its fallback', async () => {
    assert.equal(
      await page(request(spa, { direct_sign_in: 'social:github' })),
      '/direct/social/github?app_id=spa&fallback=sign-in',
    );
    assert.equal(
      await page(request(spa, { direct_sign_in: 'social:github', first_screen: 'register' })),
      '/direct/social/github?app_id=spa&fallback=register',
    );
    assert.equal(
      await page(request(spa, { direct_sign_in: 'sso:abc', first_screen: 'identifier:sign_in' })),
      '/direct/sso/abc?app_id=spa&fallback=identifier-sign-in',
    );
    assert.equal(await page(request(spa, { direct_sign_in: 'social' })), '/direct/social?app_id=spa&fallback=sign-in');
    assert.equal(await page(request(spa, { direct_sign_in: 'a:b:c' })), '/direct/a/b?app_id=spa&fallback=sign-in');
  });

  test('14: the order of the query members', async () => {
    assert.equal(
      await page(
        request(spa, {
          identifier: 'email',
          login_hint: 'a@b.c',
          one_time_token: 'tok',
          ui_locales: 'fr de',
          organization_id: 'org1',
        }),
      ),
      '/sign-in?app_id=spa&organization_id=org1&ui_locales=fr+de&one_time_token=tok&login_hint=a%40b.c&identifier=email',
    );
  });

  test('19: with a session, a code at once, whatever the first screen', async () => {
    const agent = new Agent(provider);
    await agent.answer(request(web));
    const again = await agent.authorize(request(web, { first_screen: 'register', state: 'again' }));
    assert.equal(again.status, 303);
    const answer = brought(again);
    assert.equal(answer.to, web.redirectUri);
    assert.equal(answer.state, 'again');
    assert.ok(answer.code);
    const fresh = await agent.authorize(request(other));
    assert.equal(whereTo(fresh), '/consent?app_id=other');
  });

  test('20: prompt=login asks again', async () => {
    const agent = new Agent(provider);
    await agent.answer(request(web));
    const again = await agent.authorize(request(web, { prompt: 'login', first_screen: 'register' }));
    assert.equal(whereTo(again), '/register?app_id=web');
  });

  test('21: prompt=none without a session', async () => {
    assert.equal((await refusedAt(spa, { prompt: 'none' })).error, 'login_required');
  });

  test('21: prompt=none of a native application, even with a session', async () => {
    const agent = new Agent(provider);
    await agent.answer(request(native));
    const answer = brought(await agent.authorize(request(native, { prompt: 'none' })));
    assert.deepEqual(
      [answer.error, answer.error_description],
      ['interaction_required', 'native clients require End-User interaction'],
    );
  });

  test('22: a prompt that is not served', async () => {
    const answer = await refusedAt(spa, { prompt: 'select_account' });
    assert.deepEqual(
      [answer.error, answer.error_description],
      ['invalid_request', 'unsupported prompt value requested'],
    );
  });

  test('23: prompt=none with another', async () => {
    const answer = await refusedAt(spa, { prompt: 'none login' });
    assert.deepEqual(
      [answer.error, answer.error_description],
      ['invalid_request', 'prompt none must only be used alone'],
    );
  });

  test('24: a redirect URI that is not registered never gets a redirect', async () => {
    const wrong = 'https://evil.example.test/callback';
    assert.equal((await refusedHere(request(spa, { redirect_uri: wrong }))).error, 'invalid_redirect_uri');
    // It wins over whatever else is wrong.
    const both = await refusedHere(
      request(spa, { redirect_uri: wrong, prompt: 'select_account', code_challenge: undefined }),
    );
    assert.equal(both.code, 'oidc.invalid_redirect_uri');
    assert.equal(both.state, 'some-state');
    assert.equal(both.iss, provider.issuer);
  });

  test('25: any loopback port for a native app, its own port for a single-page app', async () => {
    assert.equal(await page(request(native, { redirect_uri: 'http://127.0.0.1:49152/cb' })), '/sign-in?app_id=native');
    assert.equal(
      (await refusedHere(request(native, { redirect_uri: 'http://127.0.0.1:49152/elsewhere' }))).error,
      'invalid_redirect_uri',
    );
    assert.equal(await page(request(spa, { redirect_uri: 'http://127.0.0.1:3000/spa' })), '/sign-in?app_id=spa');
    assert.equal(
      (await refusedHere(request(spa, { redirect_uri: 'http://127.0.0.1:49152/spa' }))).error,
      'invalid_redirect_uri',
    );
  });

  test('26: a wildcard is one label', async () => {
    assert.equal(await page(request(web, { redirect_uri: 'https://a.example.com/cb' })), '/sign-in?app_id=web');
    for (const redirect_uri of [
      'https://a.b.example.com/cb',
      'https://example.com/cb',
      'http://a.example.com/cb',
      'https://a.example.com/cb/more',
      'https://a.example.com/cb?x=1',
    ])
      assert.equal((await refusedHere(request(web, { redirect_uri }))).error, 'invalid_redirect_uri', redirect_uri);
  });

  test('27: a request may not contain a wildcard', async () => {
    assert.equal(
      (await refusedHere(request(web, { redirect_uri: 'https://*.example.com/cb' }))).error,
      'invalid_redirect_uri',
    );
  });

  test('28: PKCE is required of public applications only', async () => {
    const bare = { code_challenge: undefined, code_challenge_method: undefined };
    for (const app of [spa, native]) {
      const answer = await refusedAt(app, bare);
      assert.deepEqual(
        [answer.error, answer.error_description],
        ['invalid_request', 'Authorization Server policy requires PKCE to be used for this request'],
      );
    }
    assert.equal(await page(request(web, bare)), '/sign-in?app_id=web');
  });

  test('29: plain PKCE', async () => {
    const answer = await refusedAt(spa, { code_challenge_method: 'plain' });
    assert.deepEqual(
      [answer.error, answer.error_description],
      ['invalid_request', 'not supported value of code_challenge_method'],
    );
  });

  test('30: response types that are advertised but not given', async () => {
    for (const response_type of ['id_token', 'code id_token']) {
      const response = await ask(request(spa, { response_type, nonce: 'n' }));
      assert.equal(response.status, 303);
      const location = new URL(response.headers.get('location'));
      const answer = new URLSearchParams(location.hash.slice(1));
      assert.deepEqual(
        [answer.get('error'), answer.get('error_description'), answer.get('state')],
        ['invalid_request', 'requested response_type is not allowed for this client', 'some-state'],
        response_type,
      );
    }
    const unknown = await ask(request(spa, { response_type: 'bogus' }));
    assert.match(unknown.headers.get('location'), /error=unsupported_response_type/);
  });

  test('32: a POST is as good, with a form or JSON', async () => {
    const bodies = [
      new URLSearchParams(request(spa, { first_screen: 'register' })),
      [JSON.stringify(request(spa, { first_screen: 'register' })), { 'content-type': 'application/json' }],
    ];
    for (const one of bodies) {
      const [body, headers] = Array.isArray(one) ? one : [one, {}];
      const response = await new Agent(provider).fetch('/oidc/auth', { method: 'POST', body, headers });
      assert.equal(response.status, 303);
      assert.equal(whereTo(response), '/register?app_id=spa');
    }
  });

  test('33: a parameter given twice', async () => {
    for (const [name, values] of [
      ['client_id', ['spa', 'spa']],
      ['client_id', ['spa', 'web']],
      ['redirect_uri', [spa.redirectUri, 'https://evil.example.test/']],
    ]) {
      const body = await refusedHere(request(spa, { [name]: values }));
      assert.deepEqual(
        [body.error, body.error_description],
        ['invalid_request', `'${name}' parameter must not be provided twice`],
      );
    }
    const answer = await refusedAt(spa, { scope: ['openid', 'openid'] });
    assert.equal(answer.error_description, "'scope' parameter must not be provided twice");
    assert.equal(
      await page(request(spa, { resource: ['https://stock.example.test', 'https://billing.example.test'] })),
      '/sign-in?app_id=spa',
    );
    assert.equal((await refusedAt(spa, { resource: 'https://unknown.example.test' })).error, 'invalid_target');
  });

  test('what else can be wrong with a request, in the words of the sheet (1.10, 1.12)', async () => {
    const wrong = [
      [spa, { response_type: undefined }, 'invalid_request', "missing required parameter 'response_type'"],
      [spa, { max_age: '-1' }, 'invalid_request', 'invalid max_age parameter value'],
      [
        spa,
        { scope: 'profile', nonce: 'n' },
        'invalid_request',
        'openid scope must be requested when using the nonce parameter',
      ],
      [spa, { prompt: 'create login' }, 'invalid_request', 'prompt create must only be used alone'],
      [spa, { id_token_hint: 'x.y.z' }, 'invalid_request', 'could not validate id_token_hint'],
      [third, { scope: 'openid address' }, 'invalid_scope', 'requested scope is not allowed'],
      [spa, { request: 'x.y.z' }, 'request_not_supported'],
      [spa, { registration: '{}' }, 'registration_not_supported'],
      [spa, { response_mode: 'bogus' }, 'unsupported_response_mode'],
      [
        spa,
        { code_challenge: 'short' },
        'invalid_request',
        'code_challenge must be a string with a minimum length of 43 characters',
      ],
      [
        web,
        { code_challenge: undefined },
        'invalid_request',
        'code_challenge must be provided with code_challenge_method',
      ],
      [web, { code_challenge_method: undefined }, 'invalid_request', 'code_challenge_method must be provided'],
    ];
    for (const [app, parameters, error, description] of wrong) {
      const answer = await refusedAt(app, parameters);
      assert.equal(answer.error, error, JSON.stringify(parameters));
      if (description) assert.equal(answer.error_description, description);
    }
    assert.equal(
      (await refusedHere({ response_type: 'code' })).error_description,
      "missing required parameter 'client_id'",
    );
    assert.equal(
      (await refusedHere(request({ id: 'zzz', redirectUri: spa.redirectUri }))).error_description,
      'invalid client zzz',
    );
    assert.equal(
      (await refusedHere(request(spa, { redirect_uri: undefined }))).error_description,
      "missing required parameter 'redirect_uri'",
    );
    assert.equal(
      (await refusedHere(request(spa, { request_uri: 'urn:ietf:params:oauth:request_uri:x' }))).error,
      'invalid_request_uri',
    );
    // The only registered redirect URI need not be said; unknown scopes and parameters are nobody's fault; empty means absent.
    assert.equal(await page(request(other, { redirect_uri: undefined })), '/sign-in?app_id=other');
    assert.equal(
      await page(request(spa, { scope: 'openid unheard-of', unheard: 'of', prompt: '' })),
      '/sign-in?app_id=spa',
    );
  });

  test('errors leave by the response mode asked for', async () => {
    const fragment = await ask(request(spa, { response_mode: 'fragment', prompt: 'none' }));
    assert.match(fragment.headers.get('location'), /^https:\/\/spa\.example\.test\/callback#error=login_required&/);
    const form = await told(ask(request(spa, { response_mode: 'form_post', prompt: 'none' })));
    assert.equal(form.status, 200);
    assert.match(form.body, /<form method="post" action="https:\/\/spa\.example\.test\/callback">/);
    assert.match(form.body, /name="error" value="login_required"/);
  });
});
