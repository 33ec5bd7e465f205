import { SvelteSet } from 'svelte/reactivity';
import type { Flags } from './filter';

/** A filter under a name of its own. */
export interface SavedFilter {
  name: string;
  query: string;
}

const KEYS = { pinned: 'vestibule.sessions.pinned', marked: 'vestibule.sessions.marked' } as const;
const FILTERS = 'vestibule.sessions.filters';
/** Bounds of what is kept. */
const MOST_FLAGGED = 200;
const MOST_FILTERS = 30;
const LONGEST_NAME = 40;

/** What somebody keeps beside the sessions: pins, marks and filters. It survives a reload, and stays on this machine. */
export class Shelf {
  readonly pinned = new SvelteSet<string>();
  readonly marked = new SvelteSet<string>();
  filters = $state.raw<SavedFilter[]>([]);

  start(): () => void {
    const read = () => {
      for (const flag of ['pinned', 'marked'] as const) {
        this[flag].clear();
        for (const id of stored(KEYS[flag])) if (typeof id === 'string') this[flag].add(id);
      }
      this.filters = stored(FILTERS).filter(isFilter).slice(0, MOST_FILTERS);
    };
    read();
    // Another window of the console keeps the same shelf.
    const changed = (event: StorageEvent) => {
      if (event.key === null || event.key.startsWith('vestibule.sessions.')) read();
    };
    window.addEventListener('storage', changed);
    return () => window.removeEventListener('storage', changed);
  }

  get flags(): Flags {
    return { pinned: this.pinned, marked: this.marked };
  }

  /** Sets or takes away a pin or a mark; answers whether it is there now. */
  toggle(flag: keyof Flags, id: string): boolean {
    const set = this[flag];
    if (!set.delete(id)) set.add(id);
    this.#bound(set);
    keep(KEYS[flag], Array.from(set));
    return set.has(id);
  }

  /** Forgets pins and marks of sessions that are no longer kept. */
  prune(exists: (id: string) => boolean): void {
    for (const flag of ['pinned', 'marked'] as const) {
      const gone = Array.from(this[flag]).filter((id) => !exists(id));
      if (gone.length === 0) continue;
      for (const id of gone) this[flag].delete(id);
      keep(KEYS[flag], Array.from(this[flag]));
    }
  }

  /** Keeps a filter; a name that is there already gets the new query. Answers a problem, or `null`. */
  saveFilter(name: string, query: string): string | null {
    const [title, text] = [name.trim().slice(0, LONGEST_NAME), query.trim()];
    if (title === '') return 'A saved filter needs a name.';
    const others = this.filters.filter((filter) => filter.name !== title);
    if (others.length >= MOST_FILTERS) return `At most ${MOST_FILTERS} filters are kept. Delete one first.`;
    this.filters = [...others, { name: title, query: text }];
    keep(FILTERS, this.filters);
    return null;
  }

  deleteFilter(name: string): void {
    this.filters = this.filters.filter((filter) => filter.name !== name);
    keep(FILTERS, this.filters);
  }

  #bound(set: SvelteSet<string>): void {
    for (const oldest of set) {
      if (set.size <= MOST_FLAGGED) return;
      set.delete(oldest);
    }
  }
}

const isFilter = (value: unknown): value is SavedFilter =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  'query' in value &&
  typeof value.name === 'string' &&
  typeof value.query === 'string';

/** What was kept under a key: a list, or nothing where it can't be read. */
function stored(key: string): unknown[] {
  try {
    const value: unknown = JSON.parse(window.localStorage.getItem(key) ?? '[]');
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function keep(key: string, value: unknown[]): void {
  try {
    if (value.length === 0) window.localStorage.removeItem(key);
    else window.localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A full or forbidden storage costs the memory of it over a reload, nothing else.
  }
}
