// The must-match list, items 67 to 72 and 76: the Experience API, over HTTP; and what it refuses.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Agent, expectStatus, told } from './agent.mjs';
import { PASSWORD, scope, startProvider } from './support.mjs';
import { apps, CONFIG, request } from './wire.mjs';

const { spa } = apps;
const settings =
  CONFIG.replace(
    /^signUp = .*$/m,
    `signUp = { identifiers = ["email"], password = false, verify = true }
signIn = { methods = [
  { identifier = "username", password = true },
  { identifier = "email", password = true, verificationCode = true },
  { identifier = "phone", password = true, verificationCode = true },
] }
forgotPasswordMethods = ["EmailVerificationCode", "PhoneVerificationCode"]`,
  ) +
  `
[[resources]]
indicator = "https://default.logto.app/api"
name = "Management API"
scopes = [{ name = "all" }, { name = "other" }]

[[roles]]
name = "manager"
type = "MachineToMachine"
scopes = [
  { resource = "https://default.logto.app/api", scope = "all" },
  { resource = "https://default.logto.app/api", scope = "other" },
]
applications = ["job"]
`;

const email = (value) => ({ type: 'email', value });
const phone = (value) => ({ type: 'phone', value });
const username = (value) => ({ type: 'username', value });

describe('Experience API', () => {
  const until = scope();
  let provider;
  before(async () => {
    provider = await startProvider(until, settings);
  });

  /** An agent with an interaction. */
  const opened = async () => {
    const agent = new Agent(provider);
    await agent.authorize(request(spa));
    return agent;
  };
  const begun = async (interactionEvent = 'SignIn') => {
    const agent = await opened();
    await expectStatus(204, agent.api('PUT', '', { interactionEvent }));
    return agent;
  };
  const refused = async (answer) => {
    const { status, body } = await told(answer);
    return [status, body.code];
  };
  const send = async (agent, identifier, interactionEvent) => {
    const body = { identifier, interactionEvent };
    return (await (await expectStatus(200, agent.api('POST', '/verification/verification-code', body))).json())
      .verificationId;
  };
  const verify = (agent, identifier, verificationId, code) =>
    agent.api('POST', '/verification/verification-code/verify', { identifier, verificationId, code });
  /** The code of the newest message to an address or number. */
  const codeTo = async (to) => (await provider.inbox()).find((message) => message.to === to).code;
  const proven = async (agent, identifier, event) => {
    const verificationId = await send(agent, identifier, event);
    await expectStatus(200, verify(agent, identifier, verificationId, await codeTo(identifier.value)));
    return verificationId;
  };
  const submitted = async (agent) => (await (await expectStatus(200, agent.api('POST', '/submit'))).json()).redirectTo;

  test('67: PUT begins; before it there is no interaction, without one no session', async () => {
    const agent = await opened();
    const password = { identifier: username('alice'), password: PASSWORD };
    assert.deepEqual(await refused(agent.api('POST', '/verification/password', password)), [
      404,
      'session.interaction_not_found',
    ]);
    assert.deepEqual(await refused(new Agent(provider).api('PUT', '', { interactionEvent: 'SignIn' })), [
      400,
      'session.not_found',
    ]);
    await expectStatus(204, agent.api('PUT', '', { interactionEvent: 'SignIn' }));
    await expectStatus(200, agent.api('POST', '/verification/password', password));
  });

  test('68: a password sign-in ends with an address under the issuer', async () => {
    const agent = await opened();
    const redirectTo = await agent.signIn();
    assert.ok(redirectTo.startsWith(`${provider.issuer}/auth/`), redirectTo);
  });

  test('69: an unknown account looks like a wrong password; only a proven address learns that it is new', async () => {
    const agent = await begun();
    const wrong = (identifier) =>
      refused(agent.api('POST', '/verification/password', { identifier, password: 'not this one' }));
    assert.deepEqual(await wrong(username('nobody_here')), [422, 'session.invalid_credentials']);
    assert.deepEqual(await wrong(username('alice')), [422, 'session.invalid_credentials']);
    const verificationId = await proven(agent, email('new69@example.test'), 'SignIn');
    const { status, body } = await told(agent.api('POST', '/identification', { verificationId }));
    assert.deepEqual(
      [status, body.code, body.data],
      [404, 'user.user_not_exist', { identifier: email('new69@example.test') }],
    );
  });

  test('70: registration by code creates the account once nothing is missing', async () => {
    const agent = await begun('Register');
    const first = await told(agent.api('POST', '/identification', {}));
    assert.deepEqual(
      [first.status, first.body.code, first.body.data],
      [422, 'user.missing_profile', { missingProfile: ['email'] }],
    );
    const verificationId = await proven(agent, email('new70@example.test'), 'Register');
    await expectStatus(201, agent.api('POST', '/identification', { verificationId }));
    const { left } = await agent.follow(await submitted(agent));
    assert.ok(left.searchParams.get('code'));
    const again = await begun('Register');
    const taken = await proven(again, email('NEW70@example.test'), 'Register');
    assert.deepEqual(await refused(again.api('POST', '/identification', { verificationId: taken })), [
      422,
      'user.email_already_in_use',
    ]);
  });

  test('72: six digits, one recipient, one use', async () => {
    const agent = await begun();
    const to = phone('15550100123');
    const verificationId = await send(agent, to, 'SignIn');
    const code = await codeTo('15550100123');
    assert.match(code, /^\d{6}$/);
    const other = code === '000000' ? '000001' : '000000';
    for (const [answer, expected] of [
      [verify(agent, to, verificationId, other), [400, 'verification_code.code_mismatch']],
      [verify(agent, phone('15550100199'), verificationId, code), [400, 'verification_code.phone_mismatch']],
      [verify(agent, email('bob@example.test'), verificationId, code), [400, 'verification_code.phone_mismatch']],
      [verify(agent, to, 'x'.repeat(21), code), [404, 'session.verification_session_not_found']],
    ])
      assert.deepEqual(await refused(answer), expected);
    // Somebody else's interaction has no such verification.
    assert.deepEqual(await refused(verify(await begun(), to, verificationId, code)), [
      404,
      'session.verification_session_not_found',
    ]);
    await expectStatus(200, verify(agent, to, verificationId, code));
    assert.deepEqual(await refused(verify(agent, to, verificationId, code)), [400, 'verification_code.not_found']);
    await expectStatus(204, agent.api('POST', '/identification', { verificationId }));
    // Sign-up asks for an address, which this person has not: its own code adds it.
    const missing = await told(agent.api('POST', '/submit'));
    assert.deepEqual([missing.status, missing.body.data], [422, { missingProfile: ['email'] }]);
    const own = await proven(agent, email('bob72@example.test'), 'SignIn');
    await expectStatus(204, agent.api('POST', '/profile', { type: 'email', verificationId: own }));
    const { left } = await agent.follow(await submitted(agent));
    assert.ok(left.searchParams.get('code'));
  });

  test('72: ten wrong tries end a code, a newer one supersedes it, ten messages end the sending', async () => {
    const agent = await begun();
    const to = email('tries@example.test');
    let verificationId = await send(agent, to, 'Register');
    const first = verificationId;
    for (let n = 0; n < 10; n += 1)
      assert.deepEqual(await refused(verify(agent, to, verificationId, 'xxxxxx')), [
        400,
        'verification_code.code_mismatch',
      ]);
    const code = await codeTo('tries@example.test');
    assert.deepEqual(await refused(verify(agent, to, verificationId, code)), [400, 'verification_code.exceed_max_try']);
    for (let n = 1; n < 10; n += 1) verificationId = await send(agent, to, 'Register');
    assert.deepEqual(await refused(verify(agent, to, first, code)), [404, 'session.verification_session_not_found']);
    const limited = agent.api('POST', '/verification/verification-code', {
      identifier: to,
      interactionEvent: 'Register',
    });
    assert.deepEqual(await refused(limited), [429, 'request.message_rate_limited']);
    await expectStatus(200, verify(agent, to, verificationId, await codeTo('tries@example.test')));
  });

  test('a forgotten password is replaced, and nobody is signed in by that', async () => {
    const agent = await begun('ForgotPassword');
    const verificationId = await proven(agent, email('alice@example.test'), 'ForgotPassword');
    await expectStatus(204, agent.api('POST', '/identification', { verificationId }));
    assert.deepEqual(await refused(agent.api('PUT', '/profile/password', { password: PASSWORD })), [
      422,
      'user.same_password',
    ]);
    await expectStatus(204, agent.api('PUT', '/profile/password', { password: 'quiet-Lantern-42' }));
    const reset = await expectStatus(200, agent.api('POST', '/submit'));
    assert.equal(await reset.text(), '');
    assert.deepEqual(await refused(agent.api('POST', '/submit')), [404, 'session.interaction_not_found']);
    await expectStatus(204, agent.api('PUT', '', { interactionEvent: 'SignIn' }));
    const signIn = (password) =>
      agent.api('POST', '/verification/password', { identifier: username('alice'), password });
    assert.deepEqual(await refused(signIn(PASSWORD)), [422, 'session.invalid_credentials']);
    await expectStatus(200, signIn('quiet-Lantern-42'));
    // The table of people is everybody's: put it back.
    const back = await begun('ForgotPassword');
    const proof = await proven(back, email('alice@example.test'), 'ForgotPassword');
    await expectStatus(204, back.api('POST', '/identification', { verificationId: proof }));
    await expectStatus(204, back.api('PUT', '/profile/password', { password: PASSWORD }));
    await expectStatus(200, back.api('POST', '/submit'));
  });

  test('nobody learns from a password reset who has an account', async () => {
    const before = (await provider.inbox()).length;
    const agent = await begun('ForgotPassword');
    const known = await told(
      agent.api('POST', '/verification/verification-code', {
        identifier: email('nobody@example.test'),
        interactionEvent: 'ForgotPassword',
      }),
    );
    assert.deepEqual([known.status, Object.keys(known.body)], [200, ['verificationId']]);
    assert.equal((await provider.inbox()).length, before, 'no message was sent');
    assert.deepEqual(await refused(verify(agent, email('nobody@example.test'), known.body.verificationId, '123456')), [
      400,
      'verification_code.code_mismatch',
    ]);
  });

  test('a one-time token signs in once, and says why it does not', async () => {
    const { token, link } = await provider.control({
      op: 'createOneTimeToken',
      email: 'alice@example.test',
      expiresIn: null,
    });
    assert.equal(token.length, 32);
    assert.equal(new URL(link).searchParams.get('one_time_token'), token);
    const agent = await begun();
    const take = (identifier, text) =>
      agent.api('POST', '/verification/one-time-token/verify', { identifier, token: text });
    assert.deepEqual(await refused(take(email('alice@example.test'), 'nobody-made-this')), [
      404,
      'one_time_token.token_not_found',
    ]);
    assert.deepEqual(await refused(take(email('bob@example.test'), token)), [400, 'one_time_token.email_mismatch']);
    const { verificationId } = await (await expectStatus(200, take(email('alice@example.test'), token))).json();
    assert.deepEqual(await refused(take(email('alice@example.test'), token)), [400, 'one_time_token.token_consumed']);
    await expectStatus(204, agent.api('POST', '/identification', { verificationId }));
    const { left } = await agent.follow(await submitted(agent));
    assert.ok(left.searchParams.get('code'));
  });

  test('an application makes one-time tokens with its own access token', async () => {
    const agent = new Agent(provider);
    const bearer = async (scope) => {
      const form = { grant_type: 'client_credentials', resource: 'https://default.logto.app/api', scope };
      return (await (await expectStatus(200, agent.token(apps.job, form))).json()).access_token;
    };
    const call = (method, path, body, token) =>
      told(
        fetch(`${provider.endpoint}/api/one-time-tokens${path}`, {
          method,
          headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), 'content-type': 'application/json' },
          ...(body ? { body: JSON.stringify(body) } : {}),
        }),
      );
    const code = ({ status, body }) => [status, body.code];
    const token = await bearer('all');
    const create = (body) => call('POST', '', body, token);
    assert.deepEqual(code(await call('POST', '', { email: 'a@b.test' })), [401, 'auth.authorization_header_missing']);
    assert.deepEqual(code(await call('POST', '', { email: 'a@b.test' }, 'guess')), [401, 'auth.unauthorized']);
    assert.deepEqual(code(await call('POST', '', { email: 'a@b.test' }, await bearer('other'))), [
      403,
      'auth.forbidden',
    ]);
    for (const body of [{}, { email: 'nowhere' }, { email: 'a@b.test', expiresIn: 0 }, { email: 'a@b.test', more: 1 }])
      assert.deepEqual(code(await create(body)), [400, 'guard.invalid_input'], JSON.stringify(body));

    const made = await create({ email: 'alice@example.test', expiresIn: 60, context: { jitOrganizationIds: ['o1'] } });
    assert.equal(made.status, 201);
    assert.deepEqual([made.body.status, made.body.expiresAt - made.body.createdAt], ['active', 60_000]);
    assert.match(made.body.token, /^[0-9A-Za-z]{32}$/);
    const listed = (await call('GET', '', undefined, token)).body.find(({ id }) => id === made.body.id);
    assert.deepEqual([listed.email, listed.token], ['alice@example.test', undefined]);
    const check = { email: 'alice@example.test', token: made.body.token };
    assert.deepEqual(code(await call('POST', '/verify', { ...check, email: 'bob@example.test' }, token)), [
      400,
      'one_time_token.email_mismatch',
    ]);
    assert.equal((await call('POST', '/verify', check, token)).body.status, 'consumed');
    assert.deepEqual(code(await call('POST', '/verify', check, token)), [400, 'one_time_token.token_consumed']);
    assert.deepEqual(code(await call('PUT', `/${made.body.id}/status`, { status: 'active' }, token)), [
      400,
      'one_time_token.cannot_reactivate_token',
    ]);
    assert.deepEqual(code(await call('PUT', `/${made.body.id}/status`, { status: 'revoked' }, token)), [
      400,
      'one_time_token.token_consumed',
    ]);
    const other = (await create({ email: 'alice@example.test' })).body;
    assert.equal((await call('PUT', `/${other.id}/status`, { status: 'revoked' }, token)).body.status, 'revoked');
    assert.equal((await call('DELETE', `/${other.id}`, undefined, token)).status, 204);
    assert.equal((await call('DELETE', `/${other.id}`, undefined, token)).status, 404);
  });

  test('76: the public document', async () => {
    const document = await (await fetch(`${provider.endpoint}/api/.well-known/sign-in-exp`)).json();
    assert.deepEqual(document.forgotPassword, { email: true, phone: true });
    assert.deepEqual([document.socialConnectors, document.ssoConnectors], [[], []]);
    for (const inner of ['emailBlocklistPolicy', 'forgotPasswordMethods']) assert.ok(!(inner in document), inner);
    assert.deepEqual(document.signUp.identifiers, ['email']);
  });

  test('phrases in the language that is asked for', async () => {
    for (const [lng, tag, submit] of [
      ['de', 'de', 'Anmelden'],
      ['pt', 'pt-BR', 'Entrar'],
      ['xx fr', 'fr', 'Se connecter'],
      ['xx', 'en', 'Sign in'],
    ]) {
      const response = await fetch(`${provider.endpoint}/api/.well-known/phrases?lng=${encodeURIComponent(lng)}`, {
        headers: { 'accept-language': 'xx' },
      });
      assert.equal(response.headers.get('content-language'), tag, lng);
      assert.equal((await response.json())['signIn.submit'], submit, lng);
    }
  });

  test('bad input: 400 with the member named, and nothing changed', async () => {
    const agent = await begun();
    const state = async () => (await agent.api('GET', '/interaction')).json();
    const before = await state();
    const long = 'x'.repeat(9000);
    for (const [method, path, body, about] of [
      ['PUT', '', { interactionEvent: 'Dance' }, 'interactionEvent'],
      ['PUT', '', {}, 'interactionEvent'],
      ['PUT', '', { interactionEvent: 'SignIn', more: 1 }, 'more'],
      ['PUT', '/interaction-event', { interactionEvent: 7 }, 'interactionEvent'],
      ['POST', '/identification', { verificationId: 7 }, 'verificationId'],
      ['POST', '/identification', { verificationId: long }, 'verificationId'],
      ['POST', '/verification/password', { identifier: username('alice') }, 'password'],
      ['POST', '/verification/password', { identifier: username(long), password: 'x' }, 'identifier.value'],
      ['POST', '/verification/password', { identifier: { type: 'sms', value: 'x' }, password: 'x' }, 'identifier.type'],
      ['POST', '/verification/password', { identifier: { ...username('a'), also: 1 }, password: 'x' }, 'also'],
      ['POST', '/verification/password', { identifier: username('alice'), password: long }, 'password'],
      [
        'POST',
        '/verification/verification-code',
        { identifier: username('alice'), interactionEvent: 'SignIn' },
        'identifier.type',
      ],
      [
        'POST',
        '/verification/verification-code',
        { identifier: email('no address'), interactionEvent: 'SignIn' },
        'identifier.value',
      ],
      ['POST', '/verification/verification-code', { identifier: email('a@b.test') }, 'interactionEvent'],
      [
        'POST',
        '/verification/verification-code/verify',
        { identifier: email('a@b.test'), verificationId: 'x' },
        'code',
      ],
      ['POST', '/verification/one-time-token/verify', { identifier: email('a@b.test'), token: ['x'] }, 'token'],
      ['POST', '/verification/totp/verify', { code: 123456 }, 'code'],
      ['POST', '/verification/backup-code/verify', {}, 'code'],
      ['POST', '/profile', { type: 'shoes', value: 'x' }, 'type'],
      ['POST', '/profile', { type: 'username' }, 'value'],
      ['POST', '/profile', { type: 'username', value: 'x', more: true }, 'more'],
      ['PUT', '/profile/password', { password: null }, 'password'],
      ['POST', '/profile/mfa', { type: 'Key', verificationId: 'x' }, 'type'],
      ['POST', '/identification', [], 'object'],
    ]) {
      const { status, body: answer } = await told(agent.api(method, path, body));
      const what = `${method} ${path} ${JSON.stringify(body).slice(0, 80)}`;
      assert.deepEqual([status, answer.code], [400, 'guard.invalid_input'], what);
      // A tagged body can't say which of its members was odd, but it says what was.
      assert.ok(
        answer.details.includes(about) || (about === 'type' && /unknown variant/.test(answer.details)),
        `${what}: ${answer.details}`,
      );
    }
    assert.deepEqual(await state(), before);
  });

  test('the interaction belongs to its browser: other sites and other agents get nowhere', async () => {
    const agent = await begun();
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
      const answer = agent.api(
        'POST',
        '/verification/password',
        { identifier: username('alice'), password: PASSWORD },
        headers,
      );
      assert.deepEqual(await refused(answer), [403, 'auth.forbidden']);
    }
    // A verification of one interaction is worth nothing in another.
    const { verificationId } = await (
      await expectStatus(
        200,
        agent.api('POST', '/verification/password', { identifier: username('alice'), password: PASSWORD }),
      )
    ).json();
    assert.deepEqual(await refused((await begun()).api('POST', '/identification', { verificationId })), [
      404,
      'session.verification_session_not_found',
    ]);
    const page = await agent.fetch('/sign-in?app_id=spa');
    assert.match(page.headers.get('content-security-policy'), /frame-ancestors 'none'/);
  });

  test('the control interface answers programs with the token only', async () => {
    const inbox = (headers) => fetch(`${provider.endpoint}/control/inbox`, { headers });
    assert.equal((await inbox({})).status, 401);
    assert.equal((await inbox({ authorization: 'Bearer guess' })).status, 401);
    assert.equal((await inbox({ origin: provider.endpoint, authorization: 'Bearer guess' })).status, 403);
  });
});
