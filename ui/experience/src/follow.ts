import { ApiProblem } from '$shared/api';
import type { App } from './context.svelte';

/** The least time between two questions, in milliseconds: an answer that comes at once must not become a storm. */
const PACE = 2000;
/** How long to let a provider be that does not answer, in milliseconds. */
const UNREACHABLE = 10_000;

interface Surroundings {
  page: Document;
  /** Resolves after so many milliseconds, or as soon as the page is looked at again. */
  rest?: (ms: number) => Promise<void>;
}

function resting(page: Document): (ms: number) => Promise<void> {
  return (ms) =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        page.removeEventListener('visibilitychange', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      page.addEventListener('visibilitychange', end);
    });
}

/**
 * Follows what the developer decides about this sign-in in Vestibule's window, until the page is left: goes on when it was
 * finished or failed there, and says so when it is over. Only in development; `path` is bound to this browser's interaction.
 *
 * While the page is seen, one request waits for the answer. A page in the background asks now and then instead, so that
 * many open tabs leave connections for the others.
 */
export async function follow(app: App, path: string, { page, rest = resting(page) }: Surroundings): Promise<void> {
  while (!app.leaving) {
    const asked = performance.now();
    const query = page.visibilityState === 'visible' ? '' : '?hold=0';
    let pause = PACE;
    try {
      const answer = await app.oidc.get<{ redirectTo: string } | undefined>(path + query);
      if (app.leaving) return;
      if (answer) {
        app.leave(answer.redirectTo);
        return;
      }
    } catch (problem) {
      if (app.leaving) return;
      if (problem instanceof ApiProblem && problem.code === 'session.not_found') {
        app.go('/unknown-session', { replace: true });
        return;
      }
      if (!(problem instanceof ApiProblem) || problem.code !== 'network') return;
      pause = UNREACHABLE;
    }
    const left = pause - (performance.now() - asked);
    if (left > 0) await rest(left);
  }
}
