import type { ConnectorView } from '$bindings/ConnectorView';
import type { LiveSummary } from '$bindings/LiveSummary';
import type { PlaygroundRun } from '$bindings/PlaygroundRun';

/** The value of `direct_sign_in` that goes straight to a connector. */
export const directSignIn = (connector: ConnectorView): string =>
  connector.target === null ? `sso:${connector.id}` : `social:${connector.target}`;

/**
 * The live session of a test: the run knows it once the browser came back; until then it is the first one of the built-in
 * client that goes to this connector and began after the test.
 */
export function sessionOfRun(
  run: PlaygroundRun,
  connector: ConnectorView,
  summaries: Iterable<LiveSummary>,
): string | null {
  if (run.live !== null) return run.live;
  const chip = `direct_sign_in=${directSignIn(connector)}`;
  let found: LiveSummary | null = null;
  for (const summary of summaries) {
    const fits = summary.startedAt >= run.startedAt && summary.chips.some(({ text }) => text === chip);
    if (fits && (found === null || summary.startedAt < found.startedAt)) found = summary;
  }
  return found?.id ?? null;
}

export interface Verdict {
  tone: 'wait' | 'ok' | 'bad';
  title: string;
  detail: string;
}

/** What became of a test, in a sentence. */
export function verdict(run: PlaygroundRun, summary: LiveSummary | null): Verdict {
  if (run.problem !== null) return { tone: 'bad', title: 'The sign-in failed', detail: run.problem };
  if (run.callback !== null) {
    const who = summary?.userName ?? null;
    return {
      tone: 'ok',
      title: 'The sign-in works',
      detail:
        who === null ? 'The built-in client has its tokens.' : `${who} is signed in, and the client has its tokens.`,
    };
  }
  if (summary === null) return { tone: 'wait', title: 'Waiting for the browser', detail: 'Go on in the browser.' };
  if (summary.status === 'failed' || summary.status === 'attention' || summary.status === 'expired') {
    return { tone: 'bad', title: 'The sign-in did not get through', detail: summary.headline || summary.outcome };
  }
  return {
    tone: 'wait',
    title: 'Under way',
    detail: summary.waitingFor ?? summary.headline ?? 'Go on in the browser.',
  };
}
