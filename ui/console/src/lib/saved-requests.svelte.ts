import type { Params } from './playground';

/** A request of the playground under a name. */
export interface SavedRequest {
  id: string;
  name: string;
  params: Params;
  pkce: boolean;
  stepByStep: boolean;
}

const KEY = 'vestibule.requests';
/** Most requests kept. */
export const MOST_REQUESTS = 200;

/** Good for one sign-in, or secret; they are not kept. */
const FLEETING = ['one_time_token', 'id_token_hint', 'google_one_tap_credential', 'state', 'nonce', 'code_challenge'];

/**
 * Requests that a person keeps. They belong to the window, not to the provider's data: they are about what one wants to
 * try, hold no secrets, and a fresh provider is the very thing to try them on.
 */
export class SavedRequests {
  list = $state.raw<SavedRequest[]>([]);

  constructor() {
    this.list = read();
  }

  /** Keeps a request under a name; the newest comes first. Answers it, and which parameters were left out. */
  add(name: string, request: Omit<SavedRequest, 'id' | 'name'>): { saved: SavedRequest; left: string[] } {
    const left = request.params.map(([param]) => param).filter((param) => FLEETING.includes(param));
    const params = request.params.filter(([param]) => !FLEETING.includes(param));
    const saved = { ...request, params, id: fresh(this.list), name: this.#free(name.trim()) };
    this.#keep([saved, ...this.list].slice(0, MOST_REQUESTS));
    return { saved, left };
  }

  /** Puts other parameters under a name that is there. */
  replace(id: string, request: Omit<SavedRequest, 'id' | 'name'>): void {
    const params = request.params.filter(([param]) => !FLEETING.includes(param));
    this.#keep(this.list.map((one) => (one.id === id ? { ...one, ...request, params } : one)));
  }

  rename(id: string, name: string): void {
    const others = this.list.filter((one) => one.id !== id);
    const free = this.#free(name.trim(), others);
    this.#keep(this.list.map((one) => (one.id === id ? { ...one, name: free } : one)));
  }

  duplicate(id: string): void {
    const known = this.list.find((one) => one.id === id);
    if (known) this.add(known.name, known);
  }

  /** Answers what undoes it. */
  remove(id: string): () => void {
    const before = this.list;
    this.#keep(before.filter((one) => one.id !== id));
    return () => this.#keep(before);
  }

  /** A name nobody has: "Direct sign-in (2)". */
  #free(name: string, others: readonly SavedRequest[] = this.list): string {
    const base = (name === '' ? 'Request' : name).slice(0, 80).replace(/ \(\d+\)$/, '');
    const taken = new Set(others.map((one) => one.name));
    if (!taken.has(name) && name !== '') return name.slice(0, 80);
    for (let number = 2; ; number++) {
      const candidate = taken.has(base) || number > 2 ? `${base} (${number})` : base;
      if (!taken.has(candidate)) return candidate;
    }
  }

  #keep(list: SavedRequest[]): void {
    this.list = list;
    try {
      window.localStorage.setItem(KEY, JSON.stringify(list));
    } catch {
      // No room, or storage is off: they live as long as the window.
    }
  }
}

const fresh = (list: readonly SavedRequest[]) =>
  String(list.reduce((highest, one) => Math.max(highest, Number(one.id) || 0), 0) + 1);

function read(): SavedRequest[] {
  try {
    const stored: unknown = JSON.parse(window.localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isSaved).slice(0, MOST_REQUESTS) : [];
  } catch {
    return [];
  }
}

/** What another release, or another hand, may have left there. */
function isSaved(value: unknown): value is SavedRequest {
  if (typeof value !== 'object' || value === null) return false;
  const { id, name, params, pkce, stepByStep } = value as Record<string, unknown>;
  const pair = (one: unknown) =>
    Array.isArray(one) && one.length === 2 && one.every((part) => typeof part === 'string');
  return (
    typeof id === 'string' &&
    typeof name === 'string' &&
    typeof pkce === 'boolean' &&
    typeof stepByStep === 'boolean' &&
    Array.isArray(params) &&
    params.every(pair)
  );
}
