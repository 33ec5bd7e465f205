import type { PageWindow } from '$experience/router.svelte';

function memoryStorage(): Storage {
  const kept = new Map<string, string>();
  return {
    get length() {
      return kept.size;
    },
    clear: () => kept.clear(),
    getItem: (key) => kept.get(key) ?? null,
    key: (index) => [...kept.keys()][index] ?? null,
    removeItem: (key) => void kept.delete(key),
    setItem: (key, value) => void kept.set(key, value),
  };
}

/**
 * A window for the pages whose addresses are only noted: the frame itself stays where it is, and its steps are none of the
 * window around it. `leave` is told where the pages would go.
 */
export function previewWindow(path: string, leave: (address: string) => void): PageWindow {
  const listeners = new Set<() => void>();
  const { origin } = window.location;
  // The scheme of the desktop window is not one that addresses can be taken apart with everywhere.
  const pathOf = (address: string | URL | null | undefined) =>
    new URL(address ?? '', 'http://preview.invalid').pathname;
  const steps = [path];
  return {
    location: {
      get pathname() {
        return steps.at(-1) ?? path;
      },
      origin,
      replace: (address) => leave(String(address)),
      assign: (address) => leave(String(address)),
    },
    history: {
      pushState: (_state, _title, address) => void steps.push(pathOf(address)),
      replaceState: (_state, _title, address) => void steps.splice(-1, 1, pathOf(address)),
      back() {
        if (steps.length > 1) steps.pop();
        for (const listener of listeners) listener();
      },
    },
    navigator: { languages: [] },
    sessionStorage: memoryStorage(),
    addEventListener: (_type, listener) => void listeners.add(listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener),
  };
}
