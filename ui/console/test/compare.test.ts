import { describe, expect, it } from 'vitest';
import { finishedSession, refusedSession, waitingSession } from '$shared/host.memory.sessions';
import { compareSessions, differences } from '../src/lib/compare';
import { align, diffChars } from '../src/lib/diff';

const AT = 1_800_000_000_000;

describe('the comparison of two sessions', () => {
  const section = (title: string, a = finishedSession(AT), b = waitingSession(AT + 60_000)) =>
    compareSessions(a, b).find((one) => one.title === title)?.rows ?? [];

  it('finds nothing between a session and the same sign-in an hour later', () => {
    const again = finishedSession(AT + 3_600_000, 'lv_again');
    for (const step of again.steps) {
      for (const param of step.params) if (param.name === 'state') param.value = 'another';
    }
    const sections = compareSessions(finishedSession(AT), again);
    expect(sections.reduce((sum, { rows }) => sum + differences(rows), 0)).toBe(1);
    // The one that is left is a claim about the person.
    const id = sections.find(({ title }) => title === 'Claims of id_token')?.rows ?? [];
    expect(id.find(({ name }) => name === 'updated_at')?.change).toBe('changed');
    expect(id.find(({ name }) => name === 'exp')?.change).toBe('each');
    const state = sections.find(({ title }) => title === 'Parameters')?.rows.find(({ name }) => name === 'state');
    expect(state?.change).toBe('each');
  });

  it('tells what was sent differently, and what became of it', () => {
    const rows = section('Parameters');
    expect(rows.find(({ name }) => name === 'client_id')?.change).toBe('same');
    expect(rows.find(({ name }) => name === 'identifier')).toMatchObject({
      a: 'email username',
      b: 'email fax → email (narrowed)',
      change: 'changed',
    });
    expect(rows.find(({ name }) => name === 'theme')).toMatchObject({ a: null, b: 'ocean (ignored)', change: 'onlyB' });
  });

  it('puts the same rule beside each other, and outcome and steps, too', () => {
    expect(section('Decisions').find(({ name }) => name === 'authorize.redirect_uri')?.change).toBe('same');
    expect(section('Decisions').find(({ name }) => name === 'consent.first_party')?.change).toBe('onlyA');
    expect(section('Outcome')[0]).toMatchObject({ name: 'Application', change: 'same' });
    expect(
      section('Outcome', finishedSession(AT), refusedSession(AT)).find(({ name }) => name === 'Error'),
    ).toMatchObject({ a: null, b: 'invalid_redirect_uri', change: 'onlyB' });
    expect(section('Steps')[0]).toMatchObject({ name: 'Authorization request', change: 'same' });
  });

  it('shows the claims of tokens that only one has', () => {
    const rows = section('Claims of access_token');
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({ change }) => change === 'onlyA')).toBe(true);
  });
});

describe('alignment', () => {
  it('pairs what is the same in order', () => {
    expect(align(['a', 'b', 'c'], ['a', 'c', 'd'])).toEqual([
      [0, 0],
      [1, null],
      [2, 1],
      [null, 2],
    ]);
  });

  it('gives up on texts that are too long instead of filling the memory', () => {
    const long = 'x'.repeat(100_000);
    expect(diffChars(long, `${long}y`).map(({ kind }) => kind)).toEqual(['onlyReceived', 'onlyRegistered']);
  });
});
