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

  it('lets go of what the provider has forgotten, and of nothing else', async () => {
    const host = memoryHost({ now: Date.now() - 60_000, many: 300 });
    const feed = new Feed(host);
    feed.start();
    await vi.waitFor(() => expect(feed.loaded).toBe(true));
    const known = feed.shown.length;
    const call = host.call.bind(host);
    // The provider keeps 300: those that begin push the oldest out.
    host.call = async (request) => {
      const reply = await call(request);
      return reply.reply === 'sessions' ? { ...reply, value: reply.value.slice(0, 300) } : reply;
    };
    feed.hold(true);
    const begun = Array.from({ length: 250 }, () => host.newSession());
    await vi.waitFor(() => expect(feed.summaries.size).toBe(300));
    expect(feed.waiting).toEqual([...begun].reverse());
    expect(feed.shown).toHaveLength(50);
    expect(feed.shown.length).toBeLessThan(known);
    expect([...feed.shown, ...feed.waiting].every((id) => feed.summaries.has(id))).toBe(true);
  });

  it('loads the last of sessions that are opened in quick succession', async () => {
    const { host, feed } = await started();
    await feed.open('lv_finished');
    for (const id of feed.shown) void feed.open(id);
    await feed.open('lv_waiting');
    await vi.waitFor(() => expect(feed.detail?.summary.id).toBe('lv_waiting'));
    const loaded = host.requests.flatMap((request) => (request.op === 'session' ? [request.id] : []));
    expect(loaded).toEqual(['lv_finished', 'lv_waiting']);
  });
});
