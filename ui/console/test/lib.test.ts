import { describe, expect, it } from 'vitest';
import { finishedSession, refusedSession, waitingSession } from '$shared/host.memory.sessions';
import { authorizationUrl } from '../src/lib/authorize-url';
import { cardsOfSession, cardsOfStep } from '../src/lib/cards';
import { claimText } from '../src/lib/claims';
import { backticks, duration, expiry, offset, seconds } from '../src/lib/format';
import { shortParams } from '../src/lib/params';
import { emptyPlayground, playgroundParams } from '../src/lib/playground';
import { tree } from '../src/lib/snapshot';
import { tops, visible } from '../src/lib/virtual';

const AT = 1_800_000_000_000;

describe('the cards', () => {
  it('puts the refused, then the dropped, then the decided first, each in the order of the rules', () => {
    const waiting = waitingSession(AT);
    expect(cardsOfSession(waiting.steps).map((card) => card.because.outcome)).toEqual(['dropped', 'decided', 'passed']);
    const refused = refusedSession(AT);
    expect(cardsOfSession(refused.steps)[0]?.because.rule).toBe('authorize.redirect_uri');
    expect(refused.steps[0] && cardsOfStep(refused.steps[0])[0]?.because.rule).toBe('authorize.client');
  });
});

describe('the authorization URL', () => {
  it('is rebuilt from what was on the wire, without what the provider filled in', () => {
    const url = new URL(authorizationUrl('http://localhost:3001/oidc', refusedSession(AT).steps) ?? '');
    expect(url.pathname).toBe('/oidc/auth');
    expect(url.searchParams.get('redirect_uri')).toBe('http://localhost:5173/callback/');
    expect(url.searchParams.has('prompt')).toBe(false);
  });
  it('is not offered without an issuer or an authorization request', () => {
    expect(authorizationUrl(null, refusedSession(AT).steps)).toBeNull();
    expect(authorizationUrl('http://localhost:3001/oidc', finishedSession(AT).steps.slice(1))).toBeNull();
  });
});

describe('the session state', () => {
  it('marks what changed since the snapshot before', () => {
    const nodes = tree({ a: 1, b: { c: 'x', d: true } }, { a: 1, b: { c: 'y' }, gone: 2 });
    expect(nodes.map((node) => [node.name, node.change])).toEqual([
      ['a', 'same'],
      ['b', 'changed'],
      ['gone', 'removed'],
    ]);
    expect(nodes[1]?.children.map((node) => [node.name, node.change, node.before])).toEqual([
      ['c', 'changed', 'y'],
      ['d', 'added', undefined],
    ]);
  });
  it('marks nothing in the first snapshot', () => {
    expect(tree({ a: { b: [] } }, undefined)[0]?.change).toBe('same');
  });
});

describe('the windowed list', () => {
  it('draws only rows near the viewport, at the right place', () => {
    const edges = tops(10_000, (index) => (index % 2 === 0 ? 60 : 80));
    const range = visible(edges, 350_000, 600);
    expect(range.total).toBe(700_000);
    expect(range.end - range.start).toBeLessThan(30);
    expect(range.before).toBe(edges[range.start]);
    expect(edges[range.start]).toBeLessThanOrEqual(350_000);
    expect(edges[range.end]).toBeGreaterThanOrEqual(350_600);
  });
  it.each([0, 1, 3])('works for %i rows', (count) => {
    expect(
      visible(
        tops(count, () => 60),
        0,
        600,
      ),
    ).toEqual({ start: 0, end: count, before: 0, total: count * 60 });
  });
});

describe('the short list of parameters', () => {
  it('draws the challenge, nonce and state together and shows what is in effect', () => {
    const rows = shortParams(waitingSession(AT).steps[0]?.params ?? []);
    expect(rows.find((row) => row.name === 'code_challenge')?.value).toBe('S256 · Yp0l…c8E');
    expect(rows.find((row) => row.name === 'nonce / state')?.value).toBe('present / present');
    expect(rows.find((row) => row.name === 'identifier')?.value).toBe('email');
    expect(rows.find((row) => row.name === 'direct_sign_in')).toMatchObject({ dropped: true, logto: false });
  });
});

describe('words', () => {
  it('says times as a person would', () => {
    expect([3, 999, 4100, 38_000, 720_000, 7_500_000].map(duration)).toEqual([
      '3 ms',
      '999 ms',
      '4.1 s',
      '38 s',
      '12 min',
      '2 h 5 min',
    ]);
    expect([0, 52, 4100, 125_000].map(offset)).toEqual(['+0 ms', '+52 ms', '+4.1 s', '+2:05']);
    expect(expiry(AT + 3_540_000, AT)).toBe('expires in 59 min');
    expect([3600, 1_209_600, 61].map(seconds)).toEqual(['1 hour', '14 days', '61 seconds']);
  });
  it('splits backticks', () => {
    expect(backticks('says `a=b`.')).toEqual([
      { text: 'says ', code: false },
      { text: 'a=b', code: true },
      { text: '.', code: false },
    ]);
  });
  it('reads claims that are times: seconds, and the milliseconds that Logto sends', () => {
    expect(claimText('exp', 1_800_000_000).human).toBe(claimText('updated_at', 1_800_000_000_000).human);
    expect(claimText('sub', 'alice')).toEqual({ raw: 'alice', human: null });
  });
});

describe('the playground', () => {
  it('sends what was filled in, in order, and extra rows as they are', () => {
    const form = {
      ...emptyPlayground(),
      scope: [' openid '],
      prompt: ['none'],
      extra: [
        { name: 'acr_values', value: '' },
        { name: '', value: 'x' },
      ],
    };
    expect(playgroundParams(form)).toEqual([
      ['scope', 'openid'],
      ['prompt', 'none'],
      ['acr_values', ''],
    ]);
  });
});
