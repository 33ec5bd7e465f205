import type { Step } from '$bindings/Step';

/** A parameter of a request that is sent again; rows without a name or switched off are left out. */
export interface ReplayRow {
  name: string;
  value: string;
  /** Its value was a secret, which is not kept. */
  secret: boolean;
  sent: boolean;
}

/** What the engine writes in place of a secret value. */
const MASK = '••••';

/** What the built-in client draws anew for each run, so that it recognises the answer. */
const DRAWN = new Set(['client_id', 'state', 'nonce', 'code_challenge', 'code_challenge_method']);

/** The parameters of a session's authorization request as they were received, or nothing when it had none. */
export function replayRows(steps: readonly Step[]): ReplayRow[] {
  const named = (kind: Step['kind']) => steps.find((step) => step.kind === kind && step.params.length > 0);
  const step = named('authorize') ?? named('pushedRequest');
  return (step?.params ?? [])
    .filter((param) => param.origin !== 'default' && param.name !== 'request_uri')
    .map(({ name, value }) => ({
      name,
      value: value === MASK ? '' : value,
      secret: value === MASK,
      sent: value !== MASK,
    }));
}

/** What is sent, in order. */
export function replayParams(rows: readonly ReplayRow[]): Array<[string, string]> {
  return rows
    .filter((row) => row.sent && row.name.trim() !== '')
    .map((row): [string, string] => [row.name.trim(), row.value]);
}

/** The address that asks again. */
export function replayUrl(issuer: string, rows: readonly ReplayRow[]): string {
  return `${issuer}/auth?${new URLSearchParams(replayParams(rows))}`;
}

/** What the built-in client is started with: everything that it does not draw itself. */
export function runParams(rows: readonly ReplayRow[]): Array<[string, string]> {
  return replayParams(rows).filter(([name]) => !DRAWN.has(name));
}

/** What changed since the request was received: `prompt`, `scope`. */
export function changedNames(before: readonly ReplayRow[], after: readonly ReplayRow[]): Set<string> {
  const group = (rows: readonly ReplayRow[]) => {
    const values = new Map<string, string>();
    for (const [name, value] of replayParams(rows)) values.set(name, `${values.get(name) ?? ''}\n${value}`);
    return values;
  };
  const [old, fresh] = [group(before), group(after)];
  return new Set([...old.keys(), ...fresh.keys()].filter((name) => old.get(name) !== fresh.get(name)));
}
