import type { Step } from '$bindings/Step';

/** The authorization URL as it was asked for, or `null` when it can't be told from the steps. */
export function authorizationUrl(issuer: string | null, steps: readonly Step[]): string | null {
  const step = steps.find((candidate) => candidate.kind === 'authorize');
  if (!issuer || !step) return null;
  const query = new URLSearchParams();
  for (const param of step.params) {
    // Defaults were filled in by the provider; they were not on the wire.
    if (param.origin === 'query' || param.origin === 'body') query.append(param.name, param.value);
  }
  // A pushed request has no other trace on the wire than its `request_uri`, which is used up.
  if (query.size === 0) return null;
  return `${issuer}/auth?${query.toString()}`;
}
