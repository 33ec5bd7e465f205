import type { ConsoleRequest } from '$bindings/ConsoleRequest';
import { ask, asProblem } from '$shared/host';
import { copy, type Console } from '../../lib/console';
import { authorizationUrl } from '../../lib/authorize-url';

/** What is asked about before it is done. */
export type Question = 'continue' | 'fail' | 'expire' | 'replay';

/** Which question about which session is open; one at a time in the window. */
class Acting {
  open = $state.raw<{ question: Question; id: string } | null>(null);

  ask(question: Question, id: string): void {
    this.open = { question, id };
  }

  close(): void {
    this.open = null;
  }
}

export const acting = new Acting();

type Order = Extract<
  ConsoleRequest,
  { op: 'continueAs' | 'allowConsent' | 'failAs' | 'expireSession' | 'pauseSession' | 'releaseSession' }
>;

/** Carries an order out and says what was done, or why not. Whether it was done. */
export async function order({ host, toasts }: Console, request: Order): Promise<boolean> {
  try {
    toasts.ok(await ask(host, request, 'done'));
    return true;
  } catch (thrown) {
    toasts.bad(asProblem(thrown).message);
    return false;
  }
}

/** Copies the authorization request of a session as it was received. Secret values are masked by the engine. */
export async function copyRequest({ host, status, toasts }: Console, id: string): Promise<void> {
  try {
    const detail = await ask(host, { op: 'session', id }, 'session');
    const url = authorizationUrl(status.issuer, detail?.steps ?? []);
    if (url) await copy(toasts, url, 'the authorization URL');
    else toasts.bad('This session did not begin with an authorization request in a browser, so there is no URL.');
  } catch (thrown) {
    toasts.bad(asProblem(thrown).message);
  }
}
