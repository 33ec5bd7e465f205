import type { LiveBatch } from '$bindings/LiveBatch';
import type { LiveDetail } from '$bindings/LiveDetail';
import type { LiveSummary } from '$bindings/LiveSummary';
import { ask, type Host } from '$shared/host';
import { SvelteMap } from 'svelte/reactivity';
import { Inbox } from './inbox.svelte';

/** More than anybody scrolls; the list draws only what is seen. */
const LIMIT = 10_000;

/**
 * The live sessions of the window. New sessions appear at once while the list follows; when it is
 * held (somebody scrolled or selected) they are counted and wait, so that nothing jumps.
 */
export class Feed {
  /** Every known session. Rows read from here, so they change in place. */
  readonly summaries = new SvelteMap<string, LiveSummary>();
  /** Ids shown, newest first. */
  shown = $state.raw<string[]>([]);
  /** Ids of sessions that began while the list was held, newest first. */
  waiting = $state.raw<string[]>([]);
  held = $state(false);
  /** The session whose steps are loaded. */
  detail = $state.raw<LiveDetail | null>(null);
  /** Why the list or the session could not be read. */
  problem = $state<string | null>(null);
  loaded = $state(false);
  /** Rises when applications, people or settings changed elsewhere. */
  configuration = $state(0);
  /** Rises with every batch, for pages that wait for something to happen. */
  beat = $state(0);
  /** Spoken politely: sessions that began. */
  announcement = $state('');
  /** Messages come with the same stream. */
  readonly inbox: Inbox;

  #host: Host;
  #open: string | null = null;

  constructor(host: Host) {
    this.#host = host;
    this.inbox = new Inbox(host);
  }

  /** Reads the list and follows the stream until the returned function is called. */
  start(): () => void {
    const stop = this.#host.watch((batch) => this.receive(batch));
    void this.reload();
    void this.inbox.reload();
    return stop;
  }

  async reload(): Promise<void> {
    try {
      const list = await ask(this.#host, { op: 'sessions', limit: LIMIT }, 'sessions');
      const ids = new Set(list.map((summary) => summary.id));
      for (const id of this.summaries.keys()) if (!ids.has(id)) this.summaries.delete(id);
      for (const summary of list) this.#keep(summary);
      this.shown = list.map((summary) => summary.id);
      this.waiting = [];
      this.problem = null;
      this.loaded = true;
    } catch (thrown) {
      this.problem = thrown instanceof Error ? thrown.message : 'The list of sessions could not be read.';
    }
    if (this.#open) await this.open(this.#open);
  }

  /** Takes a batch of the live stream in. */
  receive(batch: LiveBatch): void {
    this.beat++;
    if (batch.configurationChanged) this.configuration++;
    this.inbox.receive(batch.messages);
    if (batch.missed > 0) {
      void this.reload();
      void this.inbox.reload();
      return;
    }
    const fresh: string[] = [];
    for (const { summary, step } of batch.events) {
      if (!this.summaries.has(summary.id)) fresh.unshift(summary.id);
      this.#keep(summary);
      if (this.detail?.summary.id === summary.id) this.#extend(summary, step);
    }
    if (fresh.length === 0) return;
    if (this.held) this.waiting = [...fresh, ...this.waiting];
    else this.shown = [...fresh, ...this.shown];
    const names = fresh.map((id) => this.summaries.get(id)?.appName).filter(Boolean);
    this.announcement =
      fresh.length === 1 ? `New session: ${names[0] ?? 'unknown app'}.` : `${fresh.length} new sessions.`;
  }

  /** Shows what waited. The list stays held when something is selected by hand. */
  release(): void {
    if (this.waiting.length === 0) return;
    this.shown = [...this.waiting, ...this.shown];
    this.waiting = [];
  }

  /** Holds or follows; following shows what waited. */
  hold(held: boolean): void {
    this.held = held;
    if (!held) this.release();
  }

  /** Loads the steps of a session; what arrives meanwhile is not lost, steps are known by `seq`. */
  async open(id: string | null): Promise<void> {
    this.#open = id;
    if (id === null) {
      this.detail = null;
      return;
    }
    try {
      const detail = await ask(this.#host, { op: 'session', id }, 'session');
      if (this.#open !== id) return;
      this.detail = detail;
      const known = this.summaries.get(id);
      if (detail && known && known.seq > detail.summary.seq) void this.open(id);
    } catch {
      if (this.#open === id) this.detail = null;
    }
  }

  async clear(): Promise<void> {
    await ask(this.#host, { op: 'clearSessions' }, 'done');
    await this.open(null);
    this.hold(false);
    await this.reload();
  }

  /** Forgets the sessions that came with the demo data; answers what was done. */
  async removeExamples(): Promise<string> {
    const done = await ask(this.#host, { op: 'removeExamples' }, 'done');
    await this.reload();
    return done;
  }

  #keep(summary: LiveSummary): void {
    const known = this.summaries.get(summary.id);
    if (!known || known.seq <= summary.seq) this.summaries.set(summary.id, summary);
  }

  #extend(summary: LiveSummary, step: LiveDetail['steps'][number] | null): void {
    if (!this.detail) return;
    const steps = this.detail.steps;
    const isNew = step !== null && !steps.some((known) => known.seq === step.seq);
    this.detail = { summary, steps: isNew ? [...steps, step].sort((a, b) => a.seq - b.seq) : steps };
  }
}
