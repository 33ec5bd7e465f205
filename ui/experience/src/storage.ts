/** What outlives a page that is loaded anew, in this tab. */
export const keep = (storage: Storage, key: string, value: unknown): void =>
  storage.setItem(key, JSON.stringify(value));

/** What was kept; nothing where somebody else's pages at this address have put something of theirs. */
export function kept<T>(storage: Storage, key: string): T | undefined {
  try {
    return JSON.parse(storage.getItem(key) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}
