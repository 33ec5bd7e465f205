import type { LiveSummary } from '$bindings/LiveSummary';

/** A summary with only what a test cares about. */
export function summary(part: Partial<LiveSummary> = {}): LiveSummary {
  return {
    id: 'lv1',
    seq: 1,
    startedAt: 1_000_000,
    updatedAt: 1_000_000,
    appId: 'k3v9',
    appName: 'Bookstore',
    userId: null,
    userName: null,
    interaction: null,
    status: 'done',
    outcome: 'tokens issued',
    headline: 'Alice Archer · password',
    chips: [],
    expiresAt: null,
    waitingFor: null,
    waitingOn: null,
    agent: null,
    steps: 1,
    uncounted: 0,
    ...part,
  };
}
