import { describe, expect, it, vi } from 'vitest';
import { memoryHost } from '$shared/host.memory';
import { finishedSession } from '$shared/host.memory.sessions';
import { Feed } from '../src/lib/feed.svelte';

async function started() {
  const host = memoryHost({ now: 1_800_000_000_000 });
  const feed = new Feed(host);
  feed.start();
  await vi.waitFor(() => expect(feed.loaded).toBe(true));
  return { host, feed };
}

describe('the feed', () => {
  it('shows a new session at the top while it follows', async () => {
    const { host, feed } = await started();
    const id = host.newSession();
    expect(feed.shown[0]).toBe(id);
    expect(feed.waiting).toEqual([]);
    expect(feed.announcement).toBe('New session: Bookstore.');
  });

  it('does not move the list while it is held, and counts what waits', async () => {
    const { host, feed } = await started();
    const before = feed.shown;
    feed.hold(true);
    const first = host.newSession();
    const second = host.newSession();
    expect(feed.shown).toBe(before);
    expect(feed.waiting).toEqual([second, first]);
    feed.release();
    expect(feed.shown.slice(0, 2)).toEqual([second, first]);
    expect(feed.held).toBe(true);
  });

  it('changes a row in place, and never back to an older state', async () => {
    const { host, feed } = await started();
    const known = feed.summaries.get('lv_waiting');
    if (!known) throw new Error('the example is there');
    const order = feed.shown;
    host.emit({
      events: [{ summary: { ...known, seq: known.seq + 1, status: 'done', outcome: 'tokens issued' }, step: null }],
    });
    host.emit({ events: [{ summary: known, step: null }] });
    expect(feed.summaries.get('lv_waiting')?.outcome).toBe('tokens issued');
    expect(feed.shown).toBe(order);
  });

  it('adds steps to the open session once, in order', async () => {
    const { host, feed } = await started();
    await feed.open('lv_finished');
    const count = feed.detail?.steps.length ?? 0;
    const step = finishedSession(1_800_000_000_000, 'lv_finished').steps[0];
    const summary = feed.detail?.summary;
    if (!step || !summary) throw new Error('the example has steps');
    const event = { summary: { ...summary, seq: step.seq }, step };
    host.emit({ events: [event, event] });
    expect(feed.detail?.steps).toHaveLength(count + 1);
    expect(feed.detail?.steps.at(-1)?.seq).toBe(step.seq);
  });

  it('reads the list again after it missed events', async () => {
    const { host, feed } = await started();
    const asked = host.requests.filter((request) => request.op === 'sessions').length;
    host.emit({ missed: 3 });
    await vi.waitFor(() =>
      expect(host.requests.filter((request) => request.op === 'sessions')).toHaveLength(asked + 1),
    );
    expect(feed.problem).toBeNull();
  });
});
