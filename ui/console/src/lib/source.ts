import type { Wire } from '$bindings/Wire';
import { ask, type Host } from '$shared/host';
import { getContext, setContext } from 'svelte';
import type { Bundle } from './bundle';

/** Where the parts of a session come from that are not in its steps: the engine, or a file. */
export interface Source {
  /** A session from a file: nothing can be done about it, and its secrets are gone. */
  readOnly: boolean;
  /** An exchange as it was on the wire, or `null` when it is not in memory any more. */
  wire: (seq: number, reveal: boolean) => Promise<Wire | null>;
}

const KEY = Symbol('source');

export const engineSource = (host: Host, id: string): Source => ({
  readOnly: false,
  wire: (seq, reveal) => ask(host, { op: 'wire', id, seq, reveal }, 'wire'),
});

export const fileSource = (bundle: Bundle): Source => ({
  readOnly: true,
  wire: async (seq) => bundle.wire.find((wire) => wire.seq === seq) ?? null,
});

export const provideSource = (source: Source): Source => setContext(KEY, source);
/** The source of the session that this is part of; `undefined` outside of one. */
export const findSource = (): Source | undefined => getContext<Source | undefined>(KEY);
export const useSource = (): Source => getContext<Source>(KEY);
