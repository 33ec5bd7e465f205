import type { TokenView } from '$bindings/TokenView';
import type { Wire } from '$bindings/Wire';
import { header, pairsOf } from './wire';

/** The token itself, out of the answer that carried it: a JSON member, or a parameter of the redirect. */
export function tokenText(token: TokenView, wire: Wire): string | null {
  const body = jsonOf(wire.responseBody)?.[token.name];
  if (typeof body === 'string') return body;
  const location = header(wire.responseHeaders, 'location') ?? '';
  const at = location.search(/[?#]/);
  const found = at < 0 ? undefined : pairsOf(location.slice(at + 1)).find(([name]) => name === token.name);
  return found?.[1] ?? null;
}

function jsonOf(body: string): Record<string, unknown> | null {
  if (!/^\s*{/.test(body)) return null;
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** How much of its life a token has behind it, from 0 to 1; `null` when nobody knows when it began. */
export function spent(token: TokenView, now: number): number | null {
  const issued = token.claims['iat'];
  if (typeof issued !== 'number' || token.expiresAt <= issued * 1000) return null;
  return Math.min(1, Math.max(0, (now - issued * 1000) / (token.expiresAt - issued * 1000)));
}

/** `59:12`, `1:00:05`, `13 days`: what is left, by the second where seconds matter. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds >= 2 * 86_400) return `${Math.floor(seconds / 86_400)} days`;
  const two = (n: number) => String(n).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const rest = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}
