import type { LiveSummary } from '$bindings/LiveSummary';
import { FILTER_KEYS, FLAGS, quote, STATUSES, TROUBLE, type FilterKey } from './filter';

/** One line that the filter offers. */
export interface Suggestion {
  /** The word as it stands in the filter afterwards. */
  word: string;
  /** What it means, or how many sessions have it. */
  note: string;
  /** A key waits for its value; a value is done. */
  done: boolean;
}

const EXAMPLES: Record<FilterKey, string> = {
  app: 'application',
  user: 'person',
  param: 'parameter or its value',
  error: 'what failed',
  status: 'waiting, done, failed…',
  since: '10m, 2h or 14:30',
  is: 'pinned or marked',
};
const SPANS: ReadonlyArray<[string, string]> = [
  ['1m', 'the last minute'],
  ['10m', 'the last ten minutes'],
  ['1h', 'the last hour'],
  ['1d', 'the last day'],
];
/** More are not read. */
const MOST = 8;

/** The word at the caret: where it begins and ends, its sign, key and value so far. */
export function wordAt(query: string, caret: number): { start: number; end: number; word: string } {
  let start = 0;
  let quoted = false;
  for (let index = 0; index < caret; index++) {
    if (query[index] === '"') quoted = !quoted;
    else if (query[index] === ' ' && !quoted) start = index + 1;
  }
  let end = caret;
  while (end < query.length && (quoted || query[end] !== ' ')) {
    if (query[end] === '"') quoted = !quoted;
    end++;
  }
  return { start, end, word: query.slice(start, end) };
}

/** What could stand at the caret: keys first, then the values that the sessions have, the most frequent first. */
export function suggest(query: string, caret: number, summaries: Iterable<LiveSummary>): Suggestion[] {
  const { word } = wordAt(query, caret);
  const [, sign = '', rawKey, rest = ''] = /^([!-]?)(?:([A-Za-z]+):)?(.*)$/.exec(word) ?? [];
  const key = FILTER_KEYS.find((known) => known === rawKey?.toLowerCase());
  if (key === undefined) {
    if (rawKey !== undefined) return [];
    return FILTER_KEYS.filter((known) => known.startsWith(rest.toLowerCase())).map((known) => ({
      word: `${sign}${known}:`,
      note: EXAMPLES[known],
      done: false,
    }));
  }
  const typed = rest.replaceAll('"', '').toLowerCase();
  const offered = values(key, summaries).filter(([value]) => value.toLowerCase().includes(typed));
  // What is typed out already needs no offer.
  if (offered.length === 1 && offered[0]?.[0].toLowerCase() === typed) return [];
  return offered.slice(0, MOST).map(([value, note]) => ({ word: `${sign}${key}:${quote(value)}`, note, done: true }));
}

/** Puts a suggestion in the place of the word at the caret; answers the query and where the caret is then. */
export function take(query: string, caret: number, suggestion: Suggestion): { query: string; caret: number } {
  const { start, end } = wordAt(query, caret);
  const after = query.slice(end).replace(/^ /, '');
  const word = suggestion.done ? `${suggestion.word} ` : suggestion.word;
  return { query: `${query.slice(0, start)}${word}${after}`, caret: start + word.length };
}

function values(key: FilterKey, summaries: Iterable<LiveSummary>): Array<[value: string, note: string]> {
  if (key === 'since') return [...SPANS];
  if (key === 'is') return FLAGS.map((flag) => [flag, flag === 'pinned' ? 'kept on top' : 'marked by you']);
  const counts = new Map<string, number>();
  const count = (value: string | null) => {
    if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
  };
  if (key === 'status') for (const status of STATUSES) counts.set(status, 0);
  for (const summary of summaries) {
    if (key === 'app') count(summary.appName);
    else if (key === 'user') count(summary.userName);
    else if (key === 'status') count(summary.status);
    else if (key === 'error') count(TROUBLE.has(summary.status) ? summary.outcome : null);
    else for (const chip of summary.chips) count(chip.text);
  }
  return Array.from(counts)
    .sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))
    .map(([value, times]) => [value, `${times.toLocaleString('en')} session${times === 1 ? '' : 's'}`]);
}
