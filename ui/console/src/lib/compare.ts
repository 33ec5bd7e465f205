import type { LiveDetail } from '$bindings/LiveDetail';
import type { Param } from '$bindings/Param';
import type { Step } from '$bindings/Step';
import type { TokenView } from '$bindings/TokenView';
import { OUTCOME_LABELS } from './cards';
import { claimText } from './claims';
import { align } from './diff';
import { duration } from './format';
import { shortPath, stepName } from './step-names';

/**
 * How two values stand to each other. `each` differs in every sign-in and says nothing: a moment, a `state`, a hash.
 */
export type Change = 'same' | 'changed' | 'onlyA' | 'onlyB' | 'each';

export interface CompareRow {
  key: string;
  name: string;
  a: string | null;
  b: string | null;
  change: Change;
}

export interface CompareSection {
  title: string;
  /** Whether the names are those of the protocol, and not words. */
  code: boolean;
  rows: CompareRow[];
}

/** Values that are new in every sign-in. */
const NEW_EACH_TIME: ReadonlySet<string> = new Set(
  (
    'state nonce code_challenge request_uri request id_token_hint one_time_token ' +
    'iat exp nbf auth_time jti sid at_hash c_hash s_hash sessionUid grantId'
  ).split(' '),
);

/** Two sessions side by side: what was asked, what was done, what was decided, what was issued. */
export function compareSessions(a: LiveDetail, b: LiveDetail): CompareSection[] {
  const sections = [
    { title: 'Outcome', code: false, rows: facts(a, b) },
    { title: 'Parameters', code: true, rows: params(a.steps, b.steps) },
    { title: 'Steps', code: false, rows: steps(a.steps, b.steps) },
    { title: 'Decisions', code: true, rows: decisions(a.steps, b.steps) },
    ...tokens(a.steps, b.steps),
  ];
  return sections.filter((section) => section.rows.length > 0);
}

/** How many rows say something: `each` is no difference. */
export const differences = (rows: readonly CompareRow[]): number =>
  rows.filter((row) => row.change !== 'same' && row.change !== 'each').length;

function row(key: string, name: string, a: string | null, b: string | null): CompareRow {
  let change: Change = 'changed';
  if (a === b) change = 'same';
  else if (a === null) change = 'onlyB';
  else if (b === null) change = 'onlyA';
  else if (NEW_EACH_TIME.has(name)) change = 'each';
  return { key, name, a, b, change };
}

function facts(a: LiveDetail, b: LiveDetail): CompareRow[] {
  const of = ({ summary, steps: list }: LiveDetail) => ({
    Application: summary.appName || null,
    Outcome: summary.outcome || summary.status,
    Headline: summary.headline || null,
    Person: summary.userName ?? summary.userId,
    Error: list.find((step) => step.error)?.error?.error ?? null,
    'Answered by': summary.agent,
    Took: duration(summary.updatedAt - summary.startedAt),
  });
  const [left, right] = [of(a), of(b)];
  return (Object.keys(left) as Array<keyof typeof left>)
    .map((name): CompareRow => {
      const shown = name === 'Answered by' ? 'Browser or library' : name;
      const fact = row(name, shown, left[name], right[name]);
      // No two sign-ins take the same time.
      return name === 'Took' && fact.change === 'changed' ? { ...fact, change: 'each' } : fact;
    })
    .filter((fact) => fact.a !== null || fact.b !== null);
}

function params(a: readonly Step[], b: readonly Step[]): CompareRow[] {
  const [left, right] = [paramsOf(a), paramsOf(b)];
  return union(left.keys(), right.keys()).map((name) => {
    const [one, other] = [left.get(name), right.get(name)];
    return row(name, name, one ? paramText(one) : null, other ? paramText(other) : null);
  });
}

/** The parameters of the first request that has some; a name sent twice has a number. */
function paramsOf(steps: readonly Step[]): Map<string, Param> {
  const found = new Map<string, Param>();
  for (const param of steps.find((step) => step.params.length > 0)?.params ?? []) {
    let name = param.name;
    for (let again = 2; found.has(name); again++) name = `${param.name} (${again})`;
    found.set(name, param);
  }
  return found;
}

function paramText(param: Param): string {
  const value = param.effective === undefined ? param.value : `${param.value} → ${param.effective || '(nothing)'}`;
  return param.fate === 'used' ? value : `${value} (${param.fate})`;
}

/** The steps in order, those that both have beside each other. */
function steps(a: readonly Step[], b: readonly Step[]): CompareRow[] {
  const kind = (step: Step) => `${step.kind} ${step.method} ${step.kind === 'experience' ? shortPath(step.path) : ''}`;
  const text = (step: Step) => `${step.method} ${shortPath(step.path)} → ${step.status || '–'}`.trim();
  return align(a.map(kind), b.map(kind)).map(([i, j], index) => {
    const [one, other] = [i === null ? undefined : a[i], j === null ? undefined : b[j]];
    const either = one ?? other;
    const name = either ? stepName(either) : '';
    return row(`${index}`, name, one ? text(one) : null, other ? text(other) : null);
  });
}

function decisions(a: readonly Step[], b: readonly Step[]): CompareRow[] {
  const of = (list: readonly Step[]) => list.flatMap((step) => step.because);
  const [left, right] = [of(a), of(b)];
  const text = (card: (typeof left)[number]) =>
    `${OUTCOME_LABELS[card.outcome]}: ${card.title}${card.input === undefined ? '' : `\n${card.input}`}`.replaceAll(
      '`',
      '',
    );
  return align(
    left.map((card) => card.rule),
    right.map((card) => card.rule),
  ).map(([i, j], index) => {
    const [one, other] = [i === null ? undefined : left[i], j === null ? undefined : right[j]];
    const rule = (one ?? other)?.rule ?? '';
    return row(`${index}`, rule, one ? text(one) : null, other ? text(other) : null);
  });
}

/** One section for each token; a token issued again has a number. */
function tokens(a: readonly Step[], b: readonly Step[]): CompareSection[] {
  const [left, right] = [tokensOf(a), tokensOf(b)];
  return union(left.keys(), right.keys()).map((name) => {
    const [one, other] = [claimsOf(left.get(name)), claimsOf(right.get(name))];
    const rows = union(one.keys(), other.keys()).map((claim) =>
      row(claim, claim, one.get(claim) ?? null, other.get(claim) ?? null),
    );
    return { title: `Claims of ${name}`, code: true, rows };
  });
}

function tokensOf(steps: readonly Step[]): Map<string, TokenView> {
  const found = new Map<string, TokenView>();
  for (const token of steps.flatMap((step) => step.tokens)) {
    let name = token.name;
    for (let again = 2; found.has(name); again++) name = `${token.name} (${again})`;
    found.set(name, token);
  }
  return found;
}

function claimsOf(token: TokenView | undefined): Map<string, string> {
  return new Map(Object.entries(token?.claims ?? {}).map(([name, value]) => [name, claimText(name, value).raw]));
}

const union = (a: Iterable<string>, b: Iterable<string>): string[] => Array.from(new Set([...a, ...b]));
