// Second factors on the wire, and passkeys with Chromium's virtual authenticator: a second implementation of what the
// provider checks. Only the Experience API is spoken; the pages have their own tests.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { Agent } from './agent.mjs';
import { house } from './house.mjs';
import { PASSWORD } from './support.mjs';

const KEY = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const CODES = ['0123456789', 'abcdef0123'];

/** A code of RFC 6238, so many steps from now. */
function totp(base32, steps = 0) {
  const bits = [...base32]
    .map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

const settings = (factors, policy, passkeys = false) => `
[[users]]
id = "doradouble01"
username = "dora"
primaryEmail = "dorothea@example.test"
password = "${PASSWORD}"
mfaVerifications = [
  { type = "Totp", key = "${KEY}" },
  { type = "BackupCode", codes = ${JSON.stringify(CODES)} },
]

[signInExperience.mfa]
factors = ${JSON.stringify(factors)}
policy = "${policy}"

[signInExperience.passkeySignIn]
enabled = ${passkeys}
`;

describe('second factors', () => {
  const at = house();
  before(() => at.open(() => settings(['Totp', 'WebAuthn', 'BackupCode'], 'Mandatory')));

  /** A sign-in up to identification, and its calls as status and body. */
  async function identified(username) {
    const agent = new Agent(at.provider);
    await agent.follow(at.start());
    const call = async (method, path, body) => {
      const response = await agent.api(method, path, body);
      const text = await response.text();
      return [response.status, text === '' ? undefined : JSON.parse(text)];
    };
    const post = (path, body) => call('POST', path, body);
    assert.deepEqual(await call('PUT', '', { interactionEvent: 'SignIn' }), [204, undefined]);
    const password = {
      identifier: { type: 'username', value: username },
      password: PASSWORD,
    };
    const [, verified] = await post('/verification/password', password);
    assert.deepEqual(await post('/identification', verified), [204, undefined]);
    return {
      agent,
      post,
      state: async () => (await call('GET', '/interaction'))[1],
    };
  }

  test('71: whoever has a factor must prove it, and a code counts once', async () => {
    const { agent, post } = await identified('dora');
    const [status, { code, data }] = await post('/submit');
    assert.deepEqual([status, code], [403, 'session.mfa.require_mfa_verification']);
    assert.deepEqual(data, {
      availableFactors: ['Totp', 'BackupCode'],
      maskedIdentifiers: {},
    });
    const wrong = await post('/verification/totp/verify', { code: '000000' });
    assert.deepEqual([wrong[0], wrong[1].code], [400, 'session.mfa.invalid_totp_code']);
    const typed = totp(KEY);
    const [accepted, { verificationId }] = await post('/verification/totp/verify', { code: typed });
    assert.equal(accepted, 200);
    assert.match(verificationId, /^[0-9a-z]{21}$/);
    const again = await post('/verification/totp/verify', { code: typed });
    assert.deepEqual([again[0], again[1].code], [400, 'session.mfa.invalid_totp_code']);
    const [done, { redirectTo }] = await post('/submit');
    assert.equal(done, 200);
    assert.equal((await agent.follow(redirectTo)).left.origin, at.app.origin);
  });

  test('a backup code works once', async () => {
    for (const accepted of [true, false]) {
      const { post } = await identified('dora');
      const [status, body] = await post('/verification/backup-code/verify', {
        code: CODES[1],
      });
      assert.equal(status, accepted ? 200 : 400);
      if (!accepted) assert.equal(body.code, 'session.mfa.invalid_backup_code');
      assert.equal((await post('/submit'))[0], accepted ? 200 : 403);
    }
  });

  test('71: whoever has none binds one, and backup codes after it', async () => {
    const { post, state } = await identified('alice');
    const [status, { code, data }] = await post('/submit');
    assert.deepEqual([status, code], [422, 'user.missing_mfa']);
    assert.deepEqual(data, { availableFactors: ['WebAuthn', 'Totp'] });
    const skipped = await post('/profile/mfa/mfa-skipped');
    assert.deepEqual([skipped[0], skipped[1].code], [422, 'session.mfa.mfa_policy_not_user_controlled']);

    const [, generated] = await post('/verification/backup-code/generate');
    assert.equal(generated.codes.length, 10);
    for (const one of generated.codes) assert.match(one, /^[0-9a-f]{10}$/);
    const paper = {
      type: 'BackupCode',
      verificationId: generated.verificationId,
    };
    const alone = await post('/profile/mfa', paper);
    assert.deepEqual([alone[0], alone[1].code], [422, 'session.mfa.backup_code_can_not_be_alone']);

    const [, { secret, secretQrCode, verificationId }] = await post('/verification/totp/secret');
    assert.match(secret, /^[A-Z2-7]{32}$/);
    assert.match(secretQrCode, /^data:image\/png;base64,iVBOR/);
    assert.equal(
      (
        await post('/verification/totp/verify', {
          code: totp(secret),
          verificationId,
        })
      )[0],
      200,
    );
    assert.deepEqual(await post('/profile/mfa', { type: 'Totp', verificationId }), [204, undefined]);
    const next = await post('/submit');
    assert.deepEqual([next[0], next[1].code], [422, 'session.mfa.backup_code_required']);
    assert.deepEqual(await post('/profile/mfa', paper), [204, undefined]);
    const shown = JSON.stringify(await state());
    assert.ok(shown.includes('"totp":{"type":"Totp"}'));
    for (const hidden of [secret, ...generated.codes]) assert.ok(!shown.includes(hidden));
    assert.equal((await post('/submit'))[0], 200);

    const later = await identified('alice');
    assert.equal((await later.post('/submit'))[0], 403);
    const code2 = { code: totp(secret, 1) };
    assert.equal((await later.post('/verification/totp/verify', code2))[0], 200);
    assert.equal((await later.post('/submit'))[0], 200);
  });

  test('the window of one step either side', async () => {
    const { post } = await identified('dora');
    for (const steps of [-3, 3])
      assert.equal((await post('/verification/totp/verify', { code: totp(KEY, steps) }))[0], 400, `${steps} steps`);
  });
});

describe('optional second factors', () => {
  const at = house();
  before(() => at.open(() => settings(['Totp'], 'PromptAtSignInAndSignUp')));

  test('suggested, declined, and not suggested again', async () => {
    for (const first of [true, false]) {
      const agent = new Agent(at.provider);
      await agent.follow(at.start());
      if (!first) {
        await agent.follow(await agent.signIn('alice'));
        continue;
      }
      await assert.rejects(agent.signIn('alice'), /422/);
      const refused = await (await agent.api('POST', '/submit')).json();
      assert.equal(refused.code, 'user.suggest_mfa');
      assert.equal((await agent.api('POST', '/profile/mfa/mfa-enabled')).status, 204);
      const missing = await (await agent.api('POST', '/submit')).json();
      assert.deepEqual(
        [missing.code, missing.data],
        ['user.missing_mfa', { availableFactors: ['Totp'], skippable: true }],
      );
      assert.equal((await agent.api('POST', '/profile/mfa/mfa-skipped')).status, 204);
      assert.equal((await agent.api('POST', '/submit')).status, 200);
    }
  });
});

describe('passkeys', () => {
  const at = house();
  before(() => at.open(() => settings(['WebAuthn'], 'PromptOnlyAtSignIn', true)));

  /** A page of the provider with a sign-in in hand, whose browser has an authenticator. */
  async function device() {
    const { context, page } = await at.browser.open();
    const cdp = await context.newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    const begin = async () => {
      await page.context().clearCookies();
      await page.goto(at.start());
      await call('PUT', '', { interactionEvent: 'SignIn' });
    };
    const call = (method, path, body) =>
      page.evaluate(
        async ([method, path, body]) => {
          const init = {
            method,
            headers: { 'content-type': 'application/json' },
          };
          if (body !== undefined) init.body = JSON.stringify(body);
          const response = await fetch(`/api/experience${path}`, init);
          const text = await response.text();
          return [response.status, text === '' ? undefined : JSON.parse(text)];
        },
        [method, path, body],
      );
    const post = (path, body) => call('POST', path, body);
    const create = (options) =>
      page.evaluate(async (options) => {
        const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
        return (await navigator.credentials.create({ publicKey })).toJSON();
      }, options);
    const get = (options) =>
      page.evaluate(async (options) => {
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
        return (await navigator.credentials.get({ publicKey })).toJSON();
      }, options);
    const password = async (value) => {
      const body = {
        identifier: { type: 'username', value },
        password: PASSWORD,
      };
      const [, verified] = await post('/verification/password', body);
      assert.equal((await post('/identification', verified))[0], 204);
    };
    const finish = async () => {
      const [status, body] = await post('/submit');
      assert.equal(status, 200, JSON.stringify(body));
      await page.goto(body.redirectTo);
      return at.whoCame(page);
    };
    return { cdp, authenticatorId, begin, post, create, get, password, finish };
  }

  test('made at a sign-in, used as second factor, then alone', async () => {
    const my = await device();
    await my.begin();
    await my.password('alice');
    const offered = await my.post('/submit');
    assert.deepEqual([offered[0], offered[1].code], [422, 'user.passkey_preferred']);
    const [, made] = await my.post('/verification/web-authn/registration');
    assert.equal(made.registrationOptions.rp.id, new URL(at.provider.endpoint).hostname);
    const payload = await my.create(made.registrationOptions);
    const verify = { verificationId: made.verificationId, payload };
    assert.deepEqual(await my.post('/verification/web-authn/registration/verify', verify), [
      200,
      { verificationId: made.verificationId },
    ]);
    const replayed = await my.post('/verification/web-authn/registration/verify', verify);
    assert.deepEqual([replayed[0], replayed[1].code], [400, 'session.mfa.pending_info_not_found']);
    const { verificationId } = made;
    assert.equal((await my.post('/profile/mfa', { type: 'WebAuthn', verificationId }))[0], 204);
    assert.equal((await my.finish()).sub, 'alicearcher1');

    // As second factor.
    await my.begin();
    await my.password('alice');
    const needed = await my.post('/submit');
    assert.deepEqual([needed[0], needed[1].data.availableFactors], [403, ['WebAuthn']]);
    const [, asked] = await my.post('/verification/web-authn/authentication');
    const answer = {
      verificationId: asked.verificationId,
      payload: await my.get(asked.authenticationOptions),
    };
    const spoilt = structuredClone(answer);
    spoilt.payload.response.signature = `${spoilt.payload.response.signature.slice(0, -4)}AAAA`;
    const refused = await my.post('/verification/web-authn/authentication/verify', spoilt);
    assert.deepEqual([refused[0], refused[1].code], [400, 'session.mfa.webauthn_verification_failed']);
    assert.equal((await my.post('/verification/web-authn/authentication/verify', answer))[0], 200);
    assert.equal((await my.finish()).sub, 'alicearcher1');

    // Alone: with an identifier, and by autofill with a challenge from before the sign-in began.
    for (const identifier of [{ type: 'username', value: 'alice' }, undefined]) {
      await my.begin();
      const [status, begun] = identifier
        ? await my.post('/verification/sign-in-passkey/authentication', {
            identifier,
          })
        : await my.post('/preflight/sign-in-passkey/authentication');
      assert.equal(status, 200);
      const body = {
        verificationId: begun.verificationId,
        payload: await my.get(begun.authenticationOptions),
      };
      const [accepted, verified] = await my.post('/verification/sign-in-passkey/authentication/verify', body);
      assert.equal(accepted, 200, JSON.stringify(verified));
      assert.equal((await my.post('/identification', verified))[0], 204);
      assert.equal((await my.finish()).sub, 'alicearcher1');
    }

    // Nobody, and somebody without a passkey, look the same.
    await my.begin();
    const ask = (value) =>
      my.post('/verification/sign-in-passkey/authentication', {
        identifier: { type: 'username', value },
      });
    const answers = [await ask('bob'), await ask('nobody_at_all')];
    assert.deepEqual(answers[0], answers[1]);
    assert.equal(answers[0][0], 404);
  });

  test('an authenticator that does not verify the person is not enough', async () => {
    const my = await device();
    await my.begin();
    await my.password('bob');
    const [, made] = await my.post('/verification/web-authn/registration');
    // What a browser would refuse is asked for here, so that the provider's own check is met.
    made.registrationOptions.authenticatorSelection.userVerification = 'discouraged';
    await my.cdp.send('WebAuthn.setUserVerified', {
      authenticatorId: my.authenticatorId,
      isUserVerified: false,
    });
    const payload = await my.create(made.registrationOptions).catch(() => undefined);
    if (payload === undefined) return; // this browser refuses by itself
    const verify = { verificationId: made.verificationId, payload };
    const refused = await my.post('/verification/web-authn/registration/verify', verify);
    assert.deepEqual([refused[0], refused[1].code], [400, 'session.mfa.webauthn_verification_failed']);
  });
});
