// What a newcomer finds: two sessions that the provider made by signing in to itself when it planted the demo data.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Agent } from './agent.mjs';
import { scope, startProvider } from './support.mjs';

describe('the demo data', () => {
  const until = scope();
  let provider;
  before(async () => {
    provider = await startProvider(until, null);
  });
  const ask = (op, more = {}) => provider.control({ op, ...more });

  /** Asks again until the examples are there; the suite's own limit ends it. */
  const examples = async () => {
    for (;;) {
      const status = await ask('status');
      if (status.examples.length > 0) return status.examples;
    }
  };

  test('come with one session that finished and one that was refused', async () => {
    const ids = await examples();
    const sessions = await ask('sessions', { limit: 10 });
    assert.deepEqual(
      sessions.map(({ id }) => id),
      ids.toReversed(),
    );
    assert.deepEqual(
      sessions.map(({ appName, status, outcome, agent }) => [appName, status, outcome, agent]),
      [
        ['Bookstore', 'done', 'tokens issued', 'Vestibule-example'],
        ['Admin SPA', 'failed', 'redirect_uri rejected', 'Vestibule-example'],
      ],
    );
    const finished = await ask('session', { id: ids[1] });
    const tokens = finished.steps.flatMap((step) => step.tokens);
    assert.ok(tokens.length >= 3, 'an access token, a refresh token and an ID token');
    const refused = await ask('session', { id: ids[0] });
    const repair = refused.steps.flatMap(({ because }) => because).find((because) => because.repair)?.repair;
    assert.equal(repair.uri, 'http://localhost:5173/callback/');
  });

  test('lose the examples with one request, and nothing else', async () => {
    await examples();
    const agent = new Agent(provider);
    await agent.authorize({ client_id: 'bookstore', response_type: 'code', scope: 'openid' });
    assert.equal((await ask('sessions', { limit: 10 })).length, 3);
    assert.match(await ask('removeExamples'), /^Removed the examples/);
    assert.deepEqual((await ask('status')).examples, []);
    const left = await ask('sessions', { limit: 10 });
    assert.equal(left.length, 1);
    assert.notEqual(left[0].agent, 'Vestibule-example');
  });

  test('are not there with a configuration, nor are examples', async () => {
    const other = await startProvider(until, '');
    assert.deepEqual((await other.control({ op: 'status' })).examples, []);
    assert.deepEqual(await other.control({ op: 'sessions', limit: 10 }), []);
  });
});
