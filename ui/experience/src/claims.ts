import { isKey, type Translate } from './language';

export interface ClaimRow {
  name: string;
  value: string;
  /** The claim is there and says nothing. */
  empty: boolean;
  /** What the claim means, for those every developer meets. */
  meaning: string;
  /** The value as a time, when it is one. */
  time: string;
}

const TIMES = new Set(['iat', 'exp', 'nbf', 'auth_time', 'created_at', 'updated_at']);
/** Numbers above this are milliseconds: as seconds they would be past the year 5000. */
const MILLISECONDS = 1e11;

function timeOf(name: string, value: unknown, language: string): string {
  if (!TIMES.has(name) || typeof value !== 'number') return '';
  const date = new Date(value > MILLISECONDS ? value : value * 1000);
  return Number.isNaN(date.getTime())
    ? ''
    : date.toLocaleString(language, { dateStyle: 'medium', timeStyle: 'medium' });
}

/** On one line when it is short enough to be read there. */
function inWords(value: unknown): string {
  if (typeof value === 'string') return value;
  const line = JSON.stringify(value);
  return line.length <= 40 ? line : JSON.stringify(value, null, 2);
}

/** Claims as rows to read, in the order they came. */
export function claimRows(claims: object, t: Translate, language: string): ClaimRow[] {
  return Object.entries(claims).map(([name, value]: [string, unknown]) => {
    const empty = value === null || value === undefined || value === '';
    const key = `claim.${name}`;
    return {
      name,
      value: empty ? t('demo.none') : inWords(value),
      empty,
      meaning: isKey(key) ? t(key) : '',
      time: timeOf(name, value, language),
    };
  });
}
