import { describe, expect, it } from 'vitest';
import { finishedSession, refusedSession, waitingSession } from '$shared/host.memory.sessions';
import { layOutTime, type BarRow } from '../src/lib/waterfall';

const AT = 1_800_000_000_000;
const bars = (rows: ReturnType<typeof layOutTime>['rows']) => rows.filter((row): row is BarRow => row.kind === 'bar');

describe('the waterfall', () => {
  it('folds the time in which a person thought, and says so between the steps', () => {
    const { summary, steps } = finishedSession(AT);
    const { rows, stretches } = layOutTime(summary, steps);
    expect(stretches.map(({ folded }) => folded)).toEqual([false, true, false]);
    expect(rows.map(({ kind }) => kind)).toEqual(['bar', 'fold', 'bar', 'bar', 'bar', 'bar', 'bar']);
    expect(rows[1]).toMatchObject({ text: '5.9 s: the person was thinking' });
    // Six seconds take less room on the axis than the second in which something happened.
    expect(stretches[1]?.width).toBeLessThan(0.1);
    expect(stretches.reduce((sum, { width }) => sum + width, 0)).toBeCloseTo(1);
  });

  it('draws bars in order, inside the axis, in one scale', () => {
    const { summary, steps } = finishedSession(AT);
    const all = bars(layOutTime(summary, steps).rows);
    for (const [index, bar] of all.entries()) {
      expect(bar.left).toBeGreaterThanOrEqual(all[index - 1]?.left ?? 0);
      expect(bar.left + bar.width).toBeLessThanOrEqual(1.0001);
    }
    // 61 ms of password hashing are the longest bar, whatever stretch the others are in.
    const longest = all.reduce((a, b) => (b.width > a.width ? b : a));
    expect(longest.took).toBe('61 ms');
    expect(longest.line).toBe('POST …/verification/password → 200');
  });

  it('names errors and gives even one step a place', () => {
    const { summary, steps } = refusedSession(AT);
    const { rows, ticks } = layOutTime(summary, steps);
    expect(rows).toMatchObject([
      { kind: 'bar', left: 0, error: 'invalid_redirect_uri', begins: '+0 ms', took: '3 ms' },
    ]);
    expect(ticks[0]).toEqual({ at: 0, label: '+0 ms' });
    expect(layOutTime(summary, []).rows).toEqual([]);
  });

  it('ends a waiting session with what it waits for', () => {
    const { summary, steps } = waitingSession(AT);
    expect(layOutTime(summary, steps).rows.at(-1)).toMatchObject({
      kind: 'wait',
      text: 'waiting for an e-mail address',
    });
  });

  it('keeps room for the work when a session is mostly pauses', () => {
    const { summary, steps } = finishedSession(AT);
    const [first] = steps;
    if (!first) throw new Error('the example has steps');
    const many = Array.from({ length: 60 }, (_, index) => ({ ...first, seq: index, at: AT + index * 60_000 }));
    const { stretches, rows } = layOutTime(summary, many);
    expect(stretches.filter(({ folded }) => folded)).toHaveLength(59);
    expect(stretches.reduce((sum, { folded, width }) => sum + (folded ? width : 0), 0)).toBeLessThan(0.41);
    for (const bar of bars(rows)) expect(bar.width).toBeGreaterThan(0);
  });
});
