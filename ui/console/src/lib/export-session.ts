import type { LiveDetail } from '$bindings/LiveDetail';
import type { Wire } from '$bindings/Wire';
import { ask, type Host } from '$shared/host';
import { EXTENSION, FORMAT, NOTE, VERSION, type Bundle } from './bundle';
import { harOf, type Har } from './har';
import { cleanWire, secretsIn, type Net } from './redact';
import { cleanDetail } from './redact-session';

/** Where and when something is exported. */
export interface Origin {
  /** The version of Vestibule. */
  version: string;
  issuer: string | null;
  /** `http://localhost:3001`. */
  endpoint: string | null;
  /** Milliseconds since the Unix epoch. */
  now: number;
}

/** A session that may leave the machine. */
export interface CleanSession {
  detail: LiveDetail;
  wire: Wire[];
  redacted: Bundle['redacted'];
}

/**
 * Reads what is still in memory of a session's exchanges and takes every secret out. The exchanges are read as they were,
 * too: not to be exported, but to know what must not turn up in any text.
 */
export async function cleanSession(host: Host, detail: LiveDetail): Promise<CleanSession> {
  const read = async (reveal: boolean): Promise<Wire[]> => {
    const all = await Promise.all(
      detail.steps
        .filter((step) => step.wire)
        .map((step) => ask(host, { op: 'wire', id: detail.summary.id, seq: step.seq, reveal }, 'wire')),
    );
    return all.filter((wire) => wire !== null);
  };
  // First as they were: an exchange that is forgotten in between is then missing in the export, and not only in the net.
  const revealed = await read(true);
  const known = new Set(revealed.map(({ seq }) => seq));
  const replaced = (await read(false)).filter(({ seq }) => known.has(seq));
  const secrets = new Set(revealed.flatMap((wire) => Array.from(secretsIn(wire))));
  return clean(detail, replaced, secrets);
}

/** The pure part of {@link cleanSession}. `wire` is as the engine gives it with `reveal: false`. */
export function clean(detail: LiveDetail, wire: readonly Wire[], secrets: ReadonlySet<string>): CleanSession {
  const times = new Map<string, number>();
  const count = (what: string) => times.set(what, (times.get(what) ?? 0) + 1);
  const net: Net = { secrets: Array.from(secrets).sort((a, b) => b.length - a.length), seen: count };
  // What the engine replaced beforehand is listed with the rest.
  for (const what of wire.flatMap(({ redacted }) => redacted)) count(what);
  const cleaned = wire.map((one) => cleanWire(one, net));
  const session = cleanDetail(detail, net);
  const redacted = Array.from(times, ([what, often]) => ({ what, times: often }));
  return { detail: session, wire: cleaned, redacted: redacted.sort((a, b) => a.what.localeCompare(b.what)) };
}

export function bundleOf(session: CleanSession, origin: Origin): Bundle {
  return {
    format: FORMAT,
    version: VERSION,
    exportedAt: origin.now,
    exportedBy: origin.version,
    issuer: origin.issuer,
    redacted: session.redacted,
    note: NOTE,
    session: session.detail,
    wire: session.wire,
  };
}

/** The session's exchanges as an HTTP archive. */
export const archiveOf = (session: CleanSession, origin: Origin): Har => harOf(session.detail, session.wire, origin);

/** `bookstore-2026-11-21-143207.har`: what it is, and when the session began. */
export function fileName({ summary }: LiveDetail, extension: '.har' | typeof EXTENSION): string {
  const app = summary.appName
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
  const at = new Date(summary.startedAt);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
  return `${app || 'session'}-${day}-${time}${extension}`;
}
