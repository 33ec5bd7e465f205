import type { ClaimNote } from '$bindings/ClaimNote';
import { exactTime } from './format';

/** Claims that are seconds since the epoch (RFC 7519, OIDC Core), and Logto's two that are milliseconds. */
const SECONDS = new Set(['exp', 'iat', 'nbf', 'auth_time']);
const MILLISECONDS = new Set(['updated_at', 'created_at']);

/** The moment that a claim names, in milliseconds, if it names one. */
export function claimTime(name: string, value: unknown): number | null {
  if (typeof value !== 'number') return null;
  if (SECONDS.has(name)) return value * 1000;
  if (MILLISECONDS.has(name)) return value > 1e11 ? value : value * 1000;
  return null;
}

/** A claim's value as text, and what it means when it is a time. */
export function claimText(name: string, value: unknown): { raw: string; human: string | null } {
  const at = claimTime(name, value);
  return { raw: typeof value === 'string' ? value : JSON.stringify(value), human: at === null ? null : exactTime(at) };
}

/** The sentence about a claim. */
export const noteOf = (notes: readonly ClaimNote[], claim: string): string | null =>
  notes.find((note) => note.claim === claim)?.note ?? null;
