import type { LiveStatus } from '$bindings/LiveStatus';
import type { LiveSummary } from '$bindings/LiveSummary';

/** The keys of the filter, in the order in which they are offered. */
export const FILTER_KEYS = ['app', 'user', 'param', 'error', 'status', 'since', 'is'] as const;
export type FilterKey = (typeof FILTER_KEYS)[number];

/** What `status:` takes. */
export const STATUSES: readonly LiveStatus[] = ['waiting', 'done', 'attention', 'failed', 'expired'];
/** What `is:` takes: what somebody did to a row. */
export const FLAGS = ['pinned', 'marked'] as const;
export type Flag = (typeof FLAGS)[number];

/** States in which something went wrong. */
export const TROUBLE: ReadonlySet<LiveStatus> = new Set<LiveStatus>(['failed', 'attention', 'expired']);

export interface Term {
  /** `null` is free text. */
  key: FilterKey | null;
  value: string;
  /** `!app:x` or `-app:x`. */
  negated: boolean;
  /** `error:/scope|uri/`: a regular expression, which ignores case. */
  pattern?: RegExp;
  /** For `since`: the earliest start, in milliseconds since the Unix epoch. */
  from?: number;
}

export interface Filter {
  terms: Term[];
  /** What could not be understood, in plain words. */
  problems: string[];
}

/** A sign, a key, and a value: quoted, between slashes, or up to the next space. */
const WORD = /([!-]?)(?:([A-Za-z]+):)?(?:"([^"]*)"?|\/((?:\\.|[^/\\])+)\/(?=\s|$)|(\S+))/g;
const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Parses `app:bookstore "free text" !status:done error:/scope|uri/ since:10m`. `now` anchors `since`. */
export function parseFilter(text: string, now: number): Filter {
  const filter: Filter = { terms: [], problems: [] };
  for (const match of text.matchAll(WORD)) {
    const [whole, sign = '', rawKey, quoted, regex, bare] = match;
    const value = quoted ?? regex ?? bare ?? '';
    const key = FILTER_KEYS.find((known) => known === rawKey?.toLowerCase());
    if (rawKey !== undefined && key === undefined) {
      // `http://…` and `identifier:register` are text, not keys.
      filter.terms.push({ key: null, value: whole.slice(sign.length).replaceAll('"', ''), negated: sign !== '' });
      continue;
    }
    if (value === '') continue;
    const term: Term = { key: key ?? null, value, negated: sign !== '' };
    const problem = complete(term, regex !== undefined, now);
    if (problem === null) filter.terms.push(term);
    else filter.problems.push(problem);
  }
  // A key whose value is still being typed filters nothing yet.
  filter.terms = filter.terms.filter(
    (term) => !(term.key === null && FILTER_KEYS.some((key) => term.value === `${key}:`)),
  );
  return filter;
}

/** Fills in what a term needs; answers what is wrong with it. */
function complete(term: Term, regex: boolean, now: number): string | null {
  const { key, value } = term;
  const begins = (known: readonly string[]) => known.some((word) => word.startsWith(value.toLowerCase()));
  if (key === 'since') {
    const from = sinceWhen(value, now);
    if (from === null) return `since: takes 30s, 10m, 2h, 1d or a time such as 14:30, not “${value}”.`;
    term.from = from;
  } else if (key === 'status') {
    if (!begins(STATUSES)) return `status: is one of ${STATUSES.join(', ')}.`;
  } else if (key === 'is') {
    if (!begins(FLAGS)) return `is: takes ${FLAGS.join(' or ')}, not “${value}”.`;
  } else if (regex) {
    try {
      term.pattern = new RegExp(value, 'i');
    } catch {
      return `/${value}/ is not a regular expression: a bracket is open, or a sign repeats nothing.`;
    }
  }
  return null;
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

/** Which rows somebody pinned or marked. */
export type Flags = Record<Flag, ReadonlySet<string>>;
const NO_FLAGS: Flags = { pinned: new Set(), marked: new Set() };

/** Whether a session passes every term. */
export function matches(filter: Filter, summary: LiveSummary, flags: Flags = NO_FLAGS): boolean {
  return filter.terms.every((term) => matchesTerm(term, summary, flags) !== term.negated);
}

function matchesTerm(term: Term, summary: LiveSummary, flags: Flags): boolean {
  const needle = term.value.toLowerCase();
  switch (term.key) {
    case 'status':
      return summary.status.startsWith(needle);
    case 'since':
      return summary.startedAt >= (term.from ?? 0);
    case 'is':
      return FLAGS.some((flag) => flag.startsWith(needle) && flags[flag].has(summary.id));
    case 'error':
      if (!TROUBLE.has(summary.status)) return false;
  }
  const text = textOf(summary)[term.key ?? 'all'];
  return term.pattern ? term.pattern.test(text) : text.includes(needle);
}

type Texts = Record<'app' | 'user' | 'param' | 'error' | 'all', string>;
/** Ten thousand rows are asked again with every key that is typed: their words are drawn together once. */
const known = new WeakMap<LiveSummary, Texts>();

function textOf(summary: LiveSummary): Texts {
  let texts = known.get(summary);
  if (!texts) {
    const lines = (...parts: Array<string | null>) => parts.filter(Boolean).join('\n').toLowerCase();
    const app = lines(summary.appName, summary.appId);
    const user = lines(summary.userName, summary.userId);
    const param = lines(...summary.chips.map((chip) => chip.text));
    const error = lines(summary.outcome, summary.headline);
    const all = lines(summary.appName, user, error, summary.interaction, summary.id, summary.agent, param);
    texts = { app, user, param, error, all };
    known.set(summary, texts);
  }
  return texts;
}

/** A value as it has to be typed: quoted when it holds a space. */
export const quote = (value: string): string =>
  /[\s"]/.test(value) || value.startsWith('/') ? `"${value.replaceAll('"', '')}"` : value;
