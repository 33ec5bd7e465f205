import type { ConsoleReply } from '$bindings/ConsoleReply';
import type { LiveBatch } from '$bindings/LiveBatch';
import type { ConsoleKey } from '$bindings/ConsoleKey';
import type { ConsoleProblem } from '$bindings/ConsoleProblem';
import { asProblem, type Host } from './host';
import { browserAbilities } from './host.browser';

/** Where the key of this tab is kept: not in the cookie, which other ports of this host see as well. */
const KEY = 'vestibule.console.key';
/** How long to wait before the stream is opened anew, in milliseconds. Doubled each time, up to the last. */
const AGAIN = [1000, 15_000] as const;

const SIGNED_OUT = 'control.signed_out';

/** The problem of a browser that was not let in. */
export function isSignedOut(thrown: unknown): boolean {
  return asProblem(thrown).code === SIGNED_OUT;
}

const signedOut = (message: string): ConsoleProblem => ({ code: SIGNED_OUT, message, field: null });

/** What a refusal says; something plain where it says nothing. */
async function problemOf(response: Response): Promise<ConsoleProblem> {
  const said: unknown = await response.json().catch(() => null);
  if (typeof said === 'object' && said !== null && 'code' in said && 'message' in said) return asProblem(said);
  return {
    code: 'console.unexpected_reply',
    message: `The provider answered with status ${response.status}.`,
    field: null,
  };
}

/**
 * Lets this tab in: with the code behind the `#` of the address that `vestibule ctl open` prints, or with the key that the
 * tab got for it before. Rejects with a problem for which {@link isSignedOut} holds when it has neither.
 */
export async function enter(page: Window = window): Promise<string> {
  const code = /^#code=([\w-]+)$/.exec(page.location.hash)?.[1];
  if (code === undefined) {
    const key = page.sessionStorage.getItem(KEY);
    if (key === null) throw signedOut('This address is not enough to come in.');
    return key;
  }
  // Used up by the next call, and nobody's business in the history.
  page.history.replaceState(null, '', page.location.pathname);
  const response = await page.fetch('/control/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  });
  if (!response.ok) throw signedOut((await problemOf(response)).message);
  const { key } = (await response.json()) as ConsoleKey;
  page.sessionStorage.setItem(KEY, key);
  return key;
}

/** What the page around the console has to know. */
export interface Connection {
  /** The program no longer knows this tab, because it was started again. */
  signedOut(problem: ConsoleProblem): void;
  /** The live stream broke off and is tried again, or it is there again. */
  away(isAway: boolean): void;
}

/** The host in an ordinary browser: the control interface of the program that served this page. */
export function httpHost(key: string, connection: Connection): Host {
  async function send(path: string, init: RequestInit, headers: Record<string, string> = {}): Promise<Response> {
    const response = await fetch(path, { ...init, headers: { 'vestibule-console': key, ...headers } });
    if (response.ok) return response;
    const problem = await problemOf(response);
    if (problem.code === SIGNED_OUT) {
      window.sessionStorage.removeItem(KEY);
      connection.signedOut(problem);
    }
    throw problem;
  }

  return {
    ...browserAbilities,
    async call(request) {
      const body = JSON.stringify(request);
      const response = await send('/control', { method: 'POST', body }, { 'content-type': 'application/json' });
      return (await response.json()) as ConsoleReply;
    },
    watch(onBatch) {
      const stop = new AbortController();
      const open = (last: string | null) =>
        send(
          '/control/events',
          { signal: stop.signal, cache: 'no-store' },
          last === null ? {} : { 'last-event-id': last },
        );
      void follow(stop.signal, open, onBatch, connection.away);
      return () => stop.abort();
    },
  };
}

/**
 * Follows server-sent events, and opens them anew when they break off; what was missed meanwhile comes as a count.
 * `EventSource` can't send the key.
 */
async function follow(
  signal: AbortSignal,
  open: (last: string | null) => Promise<Response>,
  onBatch: (batch: LiveBatch) => void,
  onAway: Connection['away'],
): Promise<void> {
  let last: string | null = null;
  let wait: number = AGAIN[0];
  while (!signal.aborted) {
    try {
      const { body } = await open(last);
      if (!body) return;
      wait = AGAIN[0];
      onAway(false);
      for await (const event of serverSentEvents(body)) {
        last = event.id ?? last;
        if (event.data !== null) onBatch(JSON.parse(event.data) as LiveBatch);
      }
    } catch (thrown) {
      if (signal.aborted || isSignedOut(thrown)) return;
    }
    onAway(true);
    await pause(wait, signal);
    wait = Math.min(wait * 2, AGAIN[1]);
  }
}

const pause = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });

/** One server-sent event; an `id` alone says where the stream begins. */
export interface ServerSentEvent {
  id: string | null;
  data: string | null;
}

/** Reads the events of a stream (HTML 9.2.6). */
export async function* serverSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      const events = rest.split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) {
        const fields = event.split('\n').map((line) => /^(\w+): ?(.*)$/.exec(line));
        const of = (name: string) => fields.filter((field) => field?.[1] === name).map((field) => field?.[2] ?? '');
        const [data, id] = [of('data'), of('id').at(-1) ?? null];
        if (data.length > 0 || id !== null) yield { id, data: data.length > 0 ? data.join('\n') : null };
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
