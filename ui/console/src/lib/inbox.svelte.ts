import type { InboxMessage } from '$bindings/InboxMessage';
import { ask, asProblem, type Host } from '$shared/host';
import { announce } from './messages';

/** As many as the engine answers. */
const LIMIT = 5_000;
const KEY = 'vestibule.inbox.seen';

/** The messages to people, newest first: e-mails and texts that Vestibule would have sent. */
export class Inbox {
  messages = $state.raw<InboxMessage[]>([]);
  loaded = $state(false);
  problem = $state<string | null>(null);
  /** When the newest message was written that somebody has looked at. */
  seen = $state(0);
  /** Spoken politely: messages that arrived. */
  announcement = $state('');
  /** How many came since the page was last looked at. */
  readonly fresh = $derived(this.messages.filter((message) => message.createdAt > this.seen).length);

  #host: Host;
  /** What came by the stream while the list was being asked for: the answer may be older. */
  #arrived: InboxMessage[] | null = null;

  constructor(host: Host) {
    this.#host = host;
    this.seen = Number(window.localStorage.getItem(KEY)) || 0;
  }

  async reload(): Promise<void> {
    const arrived: InboxMessage[] = [];
    this.#arrived = arrived;
    try {
      this.messages = merge(arrived, await ask(this.#host, { op: 'inbox', limit: LIMIT }, 'inbox'));
      this.problem = null;
      this.loaded = true;
    } catch (thrown) {
      this.problem = asProblem(thrown).message;
    }
    if (this.#arrived === arrived) this.#arrived = null;
  }

  /** Takes messages of the live stream in. One comes again once it is known how delivering it went. */
  receive(messages: readonly InboxMessage[]): void {
    if (messages.length === 0) return;
    const known = new Set(this.messages.map((message) => message.id));
    const fresh = messages.filter((message) => !known.has(message.id));
    this.#arrived?.push(...messages);
    this.messages = merge(messages, this.messages);
    if (fresh.length > 0) this.announcement = announce(fresh);
  }

  /** Everything there is has been looked at. */
  look(): void {
    const newest = this.messages[0]?.createdAt ?? 0;
    if (newest <= this.seen) return;
    this.seen = newest;
    window.localStorage.setItem(KEY, String(newest));
  }

  /** Throws every message away; answers what was done. */
  async clear(): Promise<string> {
    const done = await ask(this.#host, { op: 'clearInbox' }, 'done');
    await this.reload();
    return done;
  }
}

/** Newest first, each once, as it came last. */
function merge(arrived: readonly InboxMessage[], known: readonly InboxMessage[]): InboxMessage[] {
  const all = new Map([...known, ...arrived].map((message) => [message.id, message]));
  return [...all.values()].sort((a, b) => b.createdAt - a.createdAt).slice(0, LIMIT);
}
