import type { LiveSummary } from '$bindings/LiveSummary';
import { describe, expect, it } from 'vitest';
import { matches, parseFilter } from '../src/lib/filter';
import { summary } from './summaries';

const NOW = new Date(2026, 10, 21, 14, 0, 0).getTime();

const sessions: Record<string, LiveSummary> = {
  books: summary({
    appName: 'Bookstore',
    userName: 'Alice Archer',
    status: 'done',
    startedAt: NOW - 5 * 60_000,
    chips: [{ text: 'direct_sign_in=social:google', logto: true }],
  }),
  admin: summary({
    appName: 'Admin SPA',
    status: 'failed',
    outcome: 'redirect_uri rejected',
    headline: 'one character differs from a registered URI',
    startedAt: NOW - 3 * 3_600_000,
  }),
  mobile: summary({
    appName: 'Mobile demo',
    status: 'waiting',
    outcome: 'choosing account',
    headline: '',
    startedAt: NOW - 1000,
  }),
};

describe('the filter', () => {
  it.each([
    ['', ['books', 'admin', 'mobile']],
    ['app:book', ['books']],
    ['APP:BOOK', ['books']],
    ['app:"admin spa"', ['admin']],
    ['user:alice', ['books']],
    ['param:direct_sign_in', ['books']],
    ['param:social:google', ['books']],
    ['error:redirect_uri', ['admin']],
    ['error:tokens', []],
    ['status:fail', ['admin']],
    ['!status:done', ['admin', 'mobile']],
    ['-app:bookstore', ['admin', 'mobile']],
    ['since:10m', ['books', 'mobile']],
    ['since:1d', ['books', 'admin', 'mobile']],
    ['since:13:30', ['books', 'mobile']],
    ['since:14:30', ['books', 'admin', 'mobile']],
    ['character differs', ['admin']],
    ['"character differs"', ['admin']],
    ['app:', ['books', 'admin', 'mobile']],
    ['app:book status:failed', []],
    ['direct_sign_in=social:google', ['books']],
    ['app:/^admin|MOBILE/', ['admin', 'mobile']],
    ['error:/uri.rejected|scope/', ['admin']],
    ['!app:/book/', ['admin', 'mobile']],
    ['/callback/', []],
    ['/oidc/auth', []],
  ])('%s', (text, expected) => {
    const filter = parseFilter(text, NOW);
    expect(filter.problems).toEqual([]);
    expect(Object.keys(sessions).filter((name) => matches(filter, sessions[name] ?? summary()))).toEqual(expected);
  });

  it.each([
    ['since:yesterday', /since: takes/],
    ['since:25:00', /since: takes/],
    ['status:nonsense', /status: is one of/],
    ['app:/(/', /not a regular expression/],
    ['is:purple', /is: takes pinned or marked/],
  ])('says what it does not understand: %s', (text, message) => {
    const filter = parseFilter(text, NOW);
    expect(filter.problems[0]).toMatch(message);
    expect(filter.terms).toEqual([]);
  });

  it('finds what somebody pinned or marked', () => {
    const flags = { pinned: new Set(['lv1']), marked: new Set<string>() };
    const passes = (text: string) => matches(parseFilter(text, NOW), summary({ id: 'lv1' }), flags);
    expect([passes('is:pinned'), passes('is:pin'), passes('is:marked'), passes('!is:marked')]).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });
});
