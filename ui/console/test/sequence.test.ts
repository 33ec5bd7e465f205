import { describe, expect, it } from 'vitest';
import { fallbackSession, finishedSession, refusedSession, waitingSession } from '$shared/host.memory.sessions';
import { layOut, type ArrowRow } from '../src/lib/sequence';

const AT = 1_800_000_000_000;
const arrows = (rows: ReturnType<typeof layOut>['rows']) => rows.filter((row): row is ArrowRow => 'seq' in row);

describe('the layout of the diagram', () => {
  it('draws one row per arrow and shows the upstream lane only when it is used', () => {
    const waiting = waitingSession(AT);
    const { lanes, rows } = layOut(waiting.summary, waiting.steps);
    expect(lanes).toEqual(['client', 'provider', 'interaction', 'experience']);
    expect(arrows(rows).map((row) => [row.kind, row.from, row.to, row.label, row.offset])).toEqual([
      ['arrow', 0, 1, 'GET /oidc/auth', '+0 ms'],
      ['arrow', 1, 2, 'create interaction', ''],
      ['arrow', 1, 3, '303 /register', '+2 ms'],
      ['note', 3, 3, 'registration page', '+41 ms'],
      ['arrow', 3, 2, 'PUT interaction: Register', '+52 ms'],
    ]);
    const fallback = fallbackSession(AT);
    expect(layOut(fallback.summary, fallback.steps).lanes).toContain('upstream');
  });

  it('ends a waiting session with what it waits for, without doubling the word', () => {
    const waiting = waitingSession(AT);
    expect(layOut(waiting.summary, waiting.steps).rows.at(-1)).toMatchObject({
      kind: 'waiting',
      lane: 3,
      text: 'waiting for an e-mail address',
    });
    const short = { ...waiting.summary, waitingFor: 'the code' };
    expect(layOut(short, waiting.steps).rows.at(-1)).toMatchObject({ text: 'waiting for the code' });
  });

  it('folds idle time between steps and names who was slow', () => {
    const finished = finishedSession(AT);
    const gaps = layOut(finished.summary, finished.steps).rows.filter((row) => row.kind === 'gap');
    expect(gaps.map((gap) => 'text' in gap && gap.text)).toEqual(['5.9 s: the person was thinking']);
    const fallback = fallbackSession(AT);
    expect(layOut(fallback.summary, fallback.steps).rows).toContainEqual(
      expect.objectContaining({ kind: 'gap', text: '38 s: the app took its time' }),
    );
  });

  it('marks the answer of a refused step with its status and error', () => {
    const refused = refusedSession(AT);
    const [request, answer] = arrows(layOut(refused.summary, refused.steps).rows);
    expect(request).toMatchObject({ failed: false, error: null });
    expect(answer).toMatchObject({ failed: true, error: 'invalid_redirect_uri', label: '400 error page' });
  });

  it('keeps the keys of rows when a step is added, so that nothing is drawn again', () => {
    const finished = finishedSession(AT);
    const before = layOut(finished.summary, finished.steps.slice(0, 3)).rows.map((row) => row.key);
    const after = layOut(finished.summary, finished.steps).rows.map((row) => row.key);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(new Set(after).size).toBe(after.length);
  });

  it('shows a step without arrows as a note', () => {
    const finished = finishedSession(AT);
    const [first] = finished.steps;
    if (!first) throw new Error('the example has steps');
    const { rows } = layOut(finished.summary, [{ ...first, arrows: [] }]);
    expect(rows).toMatchObject([{ kind: 'note', label: 'GET /oidc/auth' }]);
  });
});
