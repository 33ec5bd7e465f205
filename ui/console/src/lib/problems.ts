import type { LiveStatus } from '$bindings/LiveStatus';
import type { LiveSummary } from '$bindings/LiveSummary';
import { quote, TROUBLE } from './filter';

/** Sessions that went wrong in the same way at the same application. */
export interface ProblemGroup {
  key: string;
  outcome: string;
  status: LiveStatus;
  appName: string;
  /** What happened in the newest of them. */
  headline: string;
  count: number;
  /** When the newest and the oldest began. */
  newest: number;
  oldest: number;
  /** The filter that shows them. */
  query: string;
}

/** Groups what went wrong; the groups with the newest session come first. */
export function groupProblems(summaries: Iterable<LiveSummary>): ProblemGroup[] {
  const groups = new Map<string, ProblemGroup>();
  for (const summary of summaries) {
    if (!TROUBLE.has(summary.status)) continue;
    const outcome = summary.outcome || summary.status;
    const key = `${summary.status}\n${outcome}\n${summary.appId}\n${summary.appName}`;
    const group = groups.get(key);
    if (!group) {
      const app = summary.appName === '' ? '' : ` app:${quote(summary.appName)}`;
      const error = summary.outcome === '' ? '' : `error:${quote(summary.outcome)} `;
      groups.set(key, {
        key,
        outcome,
        status: summary.status,
        appName: summary.appName,
        headline: summary.headline,
        count: 1,
        newest: summary.startedAt,
        oldest: summary.startedAt,
        query: `${error}status:${summary.status}${app}`,
      });
      continue;
    }
    group.count++;
    group.oldest = Math.min(group.oldest, summary.startedAt);
    if (summary.startedAt > group.newest) {
      group.newest = summary.startedAt;
      group.headline = summary.headline;
    }
  }
  return Array.from(groups.values()).sort((a, b) => b.newest - a.newest);
}
