import type { LiveSummary } from '$bindings/LiveSummary';

/** The keys of the filter, in the order in which they are offered. */
export const FILTER_KEYS = ['app', 'user', 'param', 'error', 'status', 'since'] as const;
export type FilterKey = (typeof FILTER_KEYS)[number];

export interface Term {
  /** `null` is free text. */
  key: FilterKey | null;
  value: string;
  /** `!app:x` or `-app:x`. */
  negated: boolean;
  /** For `since`: the earliest start, in milliseconds since the Unix epoch. */
  from?: number;
}

export interface Filter {
  terms: Term[];
  /** What could not be understood, in plain words. */
  problems: string[];
}

const WORD = /([!-]?)(?:([A-Za-z]+):)?(?:"([^"]*)"?|(\S+))/g;
const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const STATUSES = ['waiting', 'done', 'attention', 'failed', 'expired'];

/** Parses `app:bookstore "free text" !status:done since:10m`. `now` anchors `since`. */
export function parseFilter(text: string, now: number): Filter {
  const filter: Filter = { terms: [], problems: [] };
  for (const match of text.matchAll(WORD)) {
    const [whole, sign = '', rawKey, quoted, bare] = match;
    const value = quoted ?? bare ?? '';
    const key = FILTER_KEYS.find((known) => known === rawKey?.toLowerCase());
    if (rawKey !== undefined && key === undefined) {
      // `http://…` and `identifier:register` are text, not keys.
      filter.terms.push({ key: null, value: whole.slice(sign.length).replaceAll('"', ''), negated: sign !== '' });
      continue;
    }
    if (value === '') continue;
    const term: Term = { key: key ?? null, value, negated: sign !== '' };
    if (key === 'since') {
      const from = sinceWhen(value, now);
      if (from === null) {
        filter.problems.push(`since: takes 30s, 10m, 2h, 1d or a time such as 14:30, not “${value}”.`);
        continue;
      }
      term.from = from;
    }
    if (key === 'status' && !STATUSES.some((status) => status.startsWith(value.toLowerCase()))) {
      filter.problems.push(`status: is one of ${STATUSES.join(', ')}.`);
      continue;
    }
    filter.terms.push(term);
  }
  // A key whose value is still being typed filters nothing yet.
  filter.terms = filter.terms.filter(
    (term) => !(term.key === null && FILTER_KEYS.some((key) => term.value === `${key}:`)),
  );
  return filter;
}

function sinceWhen(value: string, now: number): number | null {
  const span = /^(\d+)([smhd])$/i.exec(value);
  if (span) return now - Number(span[1]) * (UNITS[span[2]?.toLowerCase() ?? ''] ?? 0);
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(value);
  if (!clock) return null;
  const [hour, minute, second] = [Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return null;
  const day = new Date(now);
  day.setHours(hour, minute, second, 0);
  // A time still to come today means yesterday's.
  return day.getTime() > now ? day.getTime() - 86_400_000 : day.getTime();
}

/** Whether a session passes every term. */
export function matches(filter: Filter, summary: LiveSummary): boolean {
  return filter.terms.every((term) => matchesTerm(term, summary) !== term.negated);
}

function matchesTerm(term: Term, summary: LiveSummary): boolean {
  const needle = term.value.toLowerCase();
  const has = (...texts: Array<string | null>) => texts.some((text) => text?.toLowerCase().includes(needle));
  const chips = summary.chips.map((chip) => chip.text);
  switch (term.key) {
    case 'app':
      return has(summary.appName, summary.appId);
    case 'user':
      return has(summary.userName, summary.userId);
    case 'param':
      return has(...chips);
    case 'error':
      return ['failed', 'attention', 'expired'].includes(summary.status) && has(summary.outcome, summary.headline);
    case 'status':
      return summary.status.startsWith(needle);
    case 'since':
      return summary.startedAt >= (term.from ?? 0);
    case null:
      return has(
        summary.appName,
        summary.userName,
        summary.outcome,
        summary.headline,
        summary.interaction,
        summary.id,
        summary.agent,
        ...chips,
      );
  }
}
