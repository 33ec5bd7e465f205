import { afterEach, describe, expect, it } from 'vitest';
import { matches, parseFilter } from '../src/lib/filter';
import { groupProblems } from '../src/lib/problems';
import { Shelf } from '../src/lib/shelf.svelte';
import { suggest, take, wordAt } from '../src/lib/suggestions';
import { summary } from './summaries';

const sessions = [
  summary({ id: 'a', appName: 'Bookstore', userName: 'Alice Archer' }),
  summary({ id: 'b', appName: 'Admin SPA', status: 'failed', outcome: 'redirect_uri rejected', startedAt: 3000 }),
  summary({ id: 'c', appName: 'Admin SPA', status: 'failed', outcome: 'redirect_uri rejected', startedAt: 5000 }),
  summary({ id: 'd', appName: 'Bookstore', status: 'failed', outcome: 'redirect_uri rejected', startedAt: 4000 }),
  summary({ id: 'e', appName: '', status: 'expired', outcome: '', startedAt: 1000 }),
];
const words = (query: string, caret = query.length) => suggest(query, caret, sessions).map(({ word }) => word);

describe('suggestions of the filter', () => {
  it('offers the keys first, then those that begin as typed', () => {
    expect(words('')).toEqual(['app:', 'user:', 'param:', 'error:', 'status:', 'since:', 'is:']);
    expect(words('app:x s')).toEqual(['status:', 'since:']);
    expect(words('!s')).toEqual(['!status:', '!since:']);
  });

  it('offers the values that there are, the most frequent first, quoted where they need it', () => {
    expect(suggest('app:', 4, sessions)).toEqual([
      { word: 'app:"Admin SPA"', note: '2 sessions', done: true },
      { word: 'app:Bookstore', note: '2 sessions', done: true },
    ]);
    expect(words('app:spa')).toEqual(['app:"Admin SPA"']);
    expect(words('error:')).toEqual(['error:"redirect_uri rejected"']);
    expect(words('status:wait')).toEqual(['status:waiting']);
    expect(words('is:')).toEqual(['is:pinned', 'is:marked']);
  });

  it('offers nothing for what is typed out or is no key', () => {
    expect(words('app:bookstore')).toEqual([]);
    expect(words('http://local')).toEqual([]);
  });

  it('takes a suggestion in the place of the word at the caret', () => {
    expect(wordAt('app:"Admin SPA" us', 8)).toEqual({ start: 0, end: 15, word: 'app:"Admin SPA"' });
    const offer = { word: 'app:Bookstore', note: '', done: true };
    expect(take('app:boo status:done', 7, offer)).toEqual({ query: 'app:Bookstore status:done', caret: 14 });
    expect(take('us', 2, { word: 'user:', note: '', done: false })).toEqual({ query: 'user:', caret: 5 });
  });
});

describe('problems', () => {
  it('are grouped by error and application, the newest first', () => {
    expect(
      groupProblems(sessions).map(({ outcome, appName, count, newest }) => [outcome, appName, count, newest]),
    ).toEqual([
      ['redirect_uri rejected', 'Admin SPA', 2, 5000],
      ['redirect_uri rejected', 'Bookstore', 1, 4000],
      ['expired', '', 1, 1000],
    ]);
  });

  it('carry a filter that finds exactly their sessions', () => {
    for (const group of groupProblems(sessions.filter(({ appName }) => appName !== ''))) {
      const filter = parseFilter(group.query, 10_000);
      expect(filter.problems).toEqual([]);
      expect(sessions.filter((session) => matches(filter, session))).toHaveLength(group.count);
    }
  });
});

describe('the shelf', () => {
  afterEach(() => window.localStorage.clear());

  it('keeps pins, marks and filters over a reload', () => {
    const shelf = new Shelf();
    expect(shelf.toggle('pinned', 'a')).toBe(true);
    shelf.toggle('marked', 'b');
    expect(shelf.saveFilter(' Broken ', 'status:failed')).toBeNull();
    const next = new Shelf();
    const stop = next.start();
    expect([Array.from(next.pinned), Array.from(next.marked)]).toEqual([['a'], ['b']]);
    expect(next.filters).toEqual([{ name: 'Broken', query: 'status:failed' }]);
    expect(next.toggle('pinned', 'a')).toBe(false);
    next.deleteFilter('Broken');
    stop();
    expect(window.localStorage.getItem('vestibule.sessions.filters')).toBeNull();
  });

  it('replaces a filter of the same name, and refuses one without', () => {
    const shelf = new Shelf();
    shelf.saveFilter('Mine', 'app:a');
    shelf.saveFilter('Mine', 'app:b');
    expect(shelf.filters).toEqual([{ name: 'Mine', query: 'app:b' }]);
    expect(shelf.saveFilter('  ', 'app:c')).toMatch(/needs a name/);
  });

  it('forgets pins of sessions that are gone, and reads nothing that is damaged', () => {
    window.localStorage.setItem('vestibule.sessions.pinned', '["a",7,"gone"]');
    window.localStorage.setItem('vestibule.sessions.marked', '{broken');
    window.localStorage.setItem('vestibule.sessions.filters', '[{"name":1},{"name":"x","query":"y"}]');
    const shelf = new Shelf();
    shelf.start()();
    shelf.prune((id) => id === 'a');
    expect(Array.from(shelf.pinned)).toEqual(['a']);
    expect(shelf.marked.size).toBe(0);
    expect(shelf.filters).toEqual([{ name: 'x', query: 'y' }]);
  });
});
