import type { LiveBatch } from '$bindings/LiveBatch';
import type { LiveDetail } from '$bindings/LiveDetail';
import type { LiveSummary } from '$bindings/LiveSummary';
import { ask, type Host } from '$shared/host';
import { SvelteMap } from 'svelte/reactivity';
import { Inbox } from './inbox.svelte';

/** More than anybody scrolls; the list draws only what is seen. */
const LIMIT = 10_000;
/** After so many new sessions it is time to let go of those that the provider has forgotten. */
const TIDY = 250;
/** Sessions are opened at most once in this time, in milliseconds: under load the newest changes thirty times a second. */
const PAUSE = 250;

/**
 * The live sessions of the window. New sessions appear at once while the list follows; when it is
 * held (somebody scrolled or selected) they are counted and wait, so that nothing jumps.
 */
export class Feed {
  /** Every known session. Rows read from here, so they change in place. */
  readonly summaries = new SvelteMap<string, LiveSummary>();
  /** The same without signals: whoever looks at all ten thousand reads here, and follows {@link beat}. */
  readonly plain: ReadonlyMap<string, LiveSummary>;
  /** Those whose requests wait until they are released. */
  readonly paused = new SvelteMap<string, LiveSummary>();
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
  readonly #all = new Map<string, LiveSummary>();
  #loadedAt = Number.NEGATIVE_INFINITY;
  #later: ReturnType<typeof setTimeout> | undefined;
  /** Sessions that began since the list was last compared with the provider's. */
  #begun = 0;

  constructor(host: Host) {
    this.plain = this.#all;
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
      for (const id of this.#all.keys()) if (!ids.has(id)) this.#drop(id);
      for (const summary of list) this.#keep(summary);
      this.shown = list.map((summary) => summary.id);
      this.waiting = [];
      this.#begun = 0;
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
      if (!this.#all.has(summary.id)) fresh.unshift(summary.id);
      this.#keep(summary);
      if (this.detail?.summary.id === summary.id) this.#extend(summary, step);
    }
    if (fresh.length === 0) return;
    if (this.held) this.#wait([...fresh, ...this.waiting]);
    else this.shown = this.#bounded([...fresh, ...this.shown]);
    const names = fresh.map((id) => this.summaries.get(id)?.appName).filter(Boolean);
    this.announcement =
      fresh.length === 1 ? `New session: ${names[0] ?? 'unknown app'}.` : `${fresh.length} new sessions.`;
    this.#begun += fresh.length;
    if (this.#begun >= TIDY) void this.#tidy();
  }

  /** Sessions that wait, as many as the list would hold. */
  #wait(ids: string[]): void {
    for (const id of ids.slice(LIMIT)) this.#drop(id);
    this.waiting = ids.slice(0, LIMIT);
  }

  /** Shows what waited. The list stays held when something is selected by hand. */
  release(): void {
    if (this.waiting.length === 0) return;
    this.shown = this.#bounded([...this.waiting, ...this.shown]);
    this.waiting = [];
  }

  /** The provider forgets its oldest sessions, and so does the list: it would grow for as long as the window lives. */
  #bounded(ids: string[]): string[] {
    for (const id of ids.slice(LIMIT)) this.#drop(id);
    return ids.slice(0, LIMIT);
  }

  /** Holds or follows; following shows what waited. */
  hold(held: boolean): void {
    this.held = held;
    if (!held) this.release();
  }

  /**
   * Loads the steps of a session; what arrives meanwhile is not lost, steps are known by `seq`. Of sessions opened in quick
   * succession the last one is loaded.
   */
  async open(id: string | null): Promise<void> {
    this.#open = id;
    if (id === null) {
      this.detail = null;
      return;
    }
    const rest = this.#loadedAt + PAUSE - performance.now();
    if (rest <= 0) return this.#load(id);
    if (this.#later !== undefined) return;
    this.#later = setTimeout(() => {
      this.#later = undefined;
      if (this.#open !== null) void this.#load(this.#open);
    }, rest);
  }

  async #load(id: string): Promise<void> {
    this.#loadedAt = performance.now();
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

  /** Lets go of what the provider has forgotten: sessions that began before the oldest one it keeps. */
  async #tidy(): Promise<void> {
    this.#begun = 0;
    try {
      const list = await ask(this.#host, { op: 'sessions', limit: LIMIT }, 'sessions');
      const kept = new Set(list.map((summary) => summary.id));
      const oldest = list.reduce((first, summary) => Math.min(first, summary.startedAt), Number.POSITIVE_INFINITY);
      const gone = new Set<string>();
      for (const [id, summary] of this.#all) if (!kept.has(id) && summary.startedAt < oldest) gone.add(id);
      if (gone.size === 0) return;
      const stays = (id: string) => !gone.has(id);
      this.shown = this.shown.filter(stays);
      this.waiting = this.waiting.filter(stays);
      for (const id of gone) this.#drop(id);
    } catch {
      // The next sessions bring another try.
    }
  }

  /** Forgets the sessions that came with the demo data; answers what was done. */
  async removeExamples(): Promise<string> {
    const done = await ask(this.#host, { op: 'removeExamples' }, 'done');
    await this.reload();
    return done;
  }

  #keep(summary: LiveSummary): void {
    const known = this.#all.get(summary.id);
    if (known && known.seq > summary.seq) return;
    this.#all.set(summary.id, summary);
    this.summaries.set(summary.id, summary);
    if (summary.pause) this.paused.set(summary.id, summary);
    else this.paused.delete(summary.id);
  }

  #drop(id: string): void {
    this.#all.delete(id);
    this.summaries.delete(id);
    this.paused.delete(id);
  }

  #extend(summary: LiveSummary, step: LiveDetail['steps'][number] | null): void {
    if (!this.detail) return;
    const steps = this.detail.steps;
    const isNew = step !== null && !steps.some((known) => known.seq === step.seq);
    this.detail = { summary, steps: isNew ? [...steps, step].sort((a, b) => a.seq - b.seq) : steps };
  }
}
