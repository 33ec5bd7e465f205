import type { ConsoleProblem } from '$bindings/ConsoleProblem';
import type { ConsoleReply } from '$bindings/ConsoleReply';
import type { ConsoleRequest } from '$bindings/ConsoleRequest';
import type { LiveBatch } from '$bindings/LiveBatch';

/**
 * Everything the window can reach outside itself. `host.tauri.ts` carries it to the engine;
 * `host.memory.ts` answers from memory for tests and for the development page.
 */
export interface Host {
  /** Asks or orders something. Rejects with a {@link ConsoleProblem}; then nothing was changed. */
  call(request: ConsoleRequest): Promise<ConsoleReply>;
  /** Follows the live stream until the returned function is called. */
  watch(onBatch: (batch: LiveBatch) => void): () => void;
  /** Opens an address in the person's own browser, or in the one of {@link Host.browsers} with this id. */
  openExternal(url: string, browser?: string): Promise<void>;
  /** The browsers that can be chosen; none where only the person's own can be opened. */
  browsers(): Promise<Array<{ id: string; name: string }>>;
}

type Kind = ConsoleReply['reply'];
/** The value that a reply of this kind carries. */
export type ReplyValue<K extends Kind> = Extract<ConsoleReply, { reply: K }>['value'];

/** Calls and expects one kind of reply. */
export async function ask<K extends Kind>(host: Host, request: ConsoleRequest, kind: K): Promise<ReplyValue<K>> {
  const reply = await host.call(request);
  if (reply.reply !== kind) {
    const problem: ConsoleProblem = {
      code: 'console.unexpected_reply',
      message: `The provider answered “${reply.reply}” where “${kind}” was expected. Restart Vestibule.`,
      field: null,
    };
    throw problem;
  }
  return (reply as Extract<ConsoleReply, { reply: K }>).value as ReplyValue<K>;
}

/** Turns whatever was thrown into a problem that can be shown. */
export function asProblem(thrown: unknown): ConsoleProblem {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown) {
    const { code, message } = thrown;
    const field = 'field' in thrown && typeof thrown.field === 'string' ? thrown.field : null;
    return { code: String(code), message: String(message), field };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'console.unreachable', message: `The provider did not answer: ${message}`, field: null };
}
