import { apiClient, ApiProblem } from '$shared/api';
import { describe, expect, it } from 'vitest';
import { Flow, type Finished } from './flow';
import { fakeProvider, lines, type Script } from './testing/fake';

const E = '/api/experience';
const alice = { type: 'username', value: 'alice' } as const;
const username = { type: 'username', value: 'n' } as const;
const password = (value: string) => ({ type: 'password', value }) as const;
const REDIRECT = { redirectTo: 'http://localhost:3001/oidc/auth/abc' };

function flowWith(script: Script = {}) {
  const { calls, fetch } = fakeProvider(script);
  return { flow: new Flow(apiClient({ prefix: E, fetch })), calls };
}

const codeOf = (promise: Promise<Finished>): Promise<string> =>
  promise.then(
    () => 'finished',
    (problem: unknown) => (problem instanceof ApiProblem ? problem.code : 'other'),
  );

const missingOf = (finished: Finished) => {
  if (!('missing' in finished)) throw new Error('nothing is missing');
  return finished.missing;
};

describe('Flow', () => {
  it('signs in with four calls, the event just before the first verification', async () => {
    const { flow, calls } = flowWith();
    await expect(flow.signIn(alice, 'pw')).resolves.toEqual(REDIRECT);
    expect(lines(calls)).toEqual(['PUT /', 'POST /verification/password', 'POST /identification', 'POST /submit']);
    expect(calls.map((call) => call.body)).toEqual([
      { interactionEvent: 'SignIn' },
      { identifier: alice, password: 'pw' },
      { verificationId: 'v-password' },
      undefined,
    ]);
  });

  it('registers a username', async () => {
    const { flow, calls } = flowWith();
    await flow.register('newbie', 'pw');
    expect(calls[0]?.body).toEqual({ interactionEvent: 'Register' });
    expect(calls[1]).toMatchObject({
      path: `${E}/verification/new-password-identity`,
      body: { identifier: { type: 'username', value: 'newbie' }, password: 'pw' },
    });
  });

  it('does not set the event again after a wrong password, but does for another event', async () => {
    const { flow, calls } = flowWith({
      [`POST ${E}/verification/password`]: [422, { code: 'session.invalid_credentials', message: '' }],
    });
    expect(await codeOf(flow.signIn(alice, 'a'))).toBe('session.invalid_credentials');
    expect(await codeOf(flow.signIn(alice, 'b'))).toBe('session.invalid_credentials');
    await flow.register('newbie', 'pw');
    expect(calls.filter((call) => call.method === 'PUT').map((call) => call.body)).toEqual([
      { interactionEvent: 'SignIn' },
      { interactionEvent: 'Register' },
    ]);
  });

  it('starts over once when the server has forgotten the event', async () => {
    const { flow, calls } = flowWith({
      [`POST ${E}/verification/password`]: (_, before) => {
        if (before === 0) return [422, { code: 'session.invalid_credentials', message: '' }];
        return before === 1
          ? [404, { code: 'session.interaction_not_found', message: '' }]
          : [200, { verificationId: 'v' }];
      },
    });
    await codeOf(flow.signIn(alice, 'a'));
    await expect(flow.signIn(alice, 'b')).resolves.toEqual(REDIRECT);
    expect(lines(calls).slice(2, 5)).toEqual(['POST /verification/password', 'PUT /', 'POST /verification/password']);
  });

  it('gives up when a fresh event is not found either', async () => {
    const { flow, calls } = flowWith({
      [`POST ${E}/verification/password`]: [404, { code: 'session.interaction_not_found', message: '' }],
    });
    expect(await codeOf(flow.signIn(alice, 'a'))).toBe('session.interaction_not_found');
    expect(lines(calls)).toEqual(['PUT /', 'POST /verification/password']);
  });

  it('starts over for the next person once somebody was identified', async () => {
    const { flow, calls } = flowWith({ [`POST ${E}/submit`]: (_, before) => (before === 0 ? [500] : [200, REDIRECT]) });
    await codeOf(flow.continueAs({ userId: 'a' }));
    await flow.continueAs({ newPerson: true });
    expect(lines(calls).filter((line) => line === 'PUT /')).toHaveLength(2);
    expect(calls.filter((call) => call.path.endsWith('/development-sign-in')).map((call) => call.body)).toEqual([
      { userId: 'a' },
      { newPerson: true },
    ]);
  });

  it('starts over after a development sign-in that was refused, whatever it was to the server', async () => {
    const { flow, calls } = flowWith({
      [`POST ${E}/verification/development-sign-in`]: [403, { code: 'auth.forbidden', message: '' }],
    });
    expect(await codeOf(flow.continueAs({ newPerson: true }))).toBe('auth.forbidden');
    await flow.signIn(alice, 'pw');
    expect(lines(calls)[2]).toBe('PUT /');
  });

  it('registering: sends what is missing, then identifies again', async () => {
    const { flow, calls } = flowWith({
      [`POST ${E}/identification`]: (_, before) =>
        before === 0
          ? [422, { code: 'user.missing_profile', message: '', data: { missingProfile: ['username', 'password'] } }]
          : [201],
    });
    const missing = missingOf(await flow.register('newbie', 'pw'));
    expect(missing).toMatchObject({ event: 'Register', fields: ['username', 'password'] });
    await expect(missing.supply([username, password('p')])).resolves.toEqual(REDIRECT);
    expect(lines(calls).slice(3)).toEqual(['POST /profile', 'POST /profile', 'POST /identification', 'POST /submit']);
    expect(calls.slice(3, 5).map((call) => call.body)).toEqual([
      { type: 'username', value: 'n' },
      { type: 'password', value: 'p' },
    ]);
  });

  it('signing in: sends what is missing and submits without identifying again', async () => {
    const { flow, calls } = flowWith({
      [`POST ${E}/submit`]: (_, before) =>
        before === 0
          ? [422, { code: 'user.missing_profile', message: '', data: { missingProfile: ['username'] } }]
          : [200, REDIRECT],
    });
    await missingOf(await flow.signIn(alice, 'pw')).supply([username]);
    expect(lines(calls).slice(4)).toEqual(['POST /profile', 'POST /submit']);
  });

  it('does not send again what was accepted before a refusal', async () => {
    const { flow, calls } = flowWith({
      [`POST ${E}/submit`]: (_, before) =>
        before === 0
          ? [422, { code: 'user.missing_profile', message: '', data: { missingProfile: ['username', 'password'] } }]
          : [200, REDIRECT],
      [`POST ${E}/profile`]: (body) =>
        body['value'] === 'weak' ? [422, { code: 'password.rejected', message: '' }] : [204],
    });
    const missing = missingOf(await flow.signIn(alice, 'pw'));
    expect(await codeOf(missing.supply([username, password('weak')]))).toBe('password.rejected');
    await missing.supply([username, password('strong')]);
    expect(calls.filter((call) => call.path.endsWith('/profile')).map((call) => call.body)).toEqual([
      { type: 'username', value: 'n' },
      { type: 'password', value: 'weak' },
      { type: 'password', value: 'strong' },
    ]);
  });

  it('treats a refusal that names nothing missing as a problem', async () => {
    const { flow } = flowWith({ [`POST ${E}/submit`]: [422, { code: 'user.missing_profile', message: '' }] });
    expect(await codeOf(flow.signIn(alice, 'pw'))).toBe('user.missing_profile');
  });
});
