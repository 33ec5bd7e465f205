import type { Because } from '$bindings/Because';
import type { ConsoleProblem } from '$bindings/ConsoleProblem';
import type { ConsoleReply } from '$bindings/ConsoleReply';
import type { ConsoleRequest } from '$bindings/ConsoleRequest';
import type { LiveBatch } from '$bindings/LiveBatch';
import type { LiveDetail } from '$bindings/LiveDetail';
import type { LiveSummary } from '$bindings/LiveSummary';
import type { Step } from '$bindings/Step';
import type { UserView } from '$bindings/UserView';

const DENIALS = [
  'access_denied',
  'login_required',
  'interaction_required',
  'account_selection_required',
  'consent_required',
  'temporarily_unavailable',
  'unmet_authentication_requirements',
  'server_error',
  'invalid_scope',
  'invalid_request',
  'unauthorized_client',
];

export type ActionRequest = Extract<
  ConsoleRequest,
  {
    op:
      'sessionActions' | 'continueAs' | 'allowConsent' | 'failAs' | 'expireSession' | 'pauseSession' | 'releaseSession';
  }
>;

interface Parts {
  now: () => number;
  sessions: readonly LiveDetail[];
  users: () => readonly UserView[];
  emit: (batch: Partial<LiveBatch>) => void;
}

/** Acting on live sessions, in memory: what the engine does of it that the window sees. */
export function memoryActions({ now, sessions, users, emit }: Parts) {
  const done = (value: string): ConsoleReply => ({ reply: 'done', value });
  const problem = (code: string, message: string): ConsoleProblem => ({ code, message, field: null });
  let seq = 9_000_000;

  function find(id: string): LiveDetail {
    const found = sessions.find((detail) => detail.summary.id === id);
    if (!found) throw problem('entity.not_found', 'This session is no longer kept.');
    return found;
  }

  /** The session goes on with a step of the window. */
  function leave(detail: LiveDetail, part: Partial<LiveSummary>, because: Pick<Because, 'rule' | 'title' | 'detail'>) {
    const step: Step = {
      seq: seq++,
      live: detail.summary.id,
      at: now(),
      micros: 400,
      kind: 'engine',
      method: '',
      path: '',
      status: 0,
      arrows: [{ from: 'interaction', to: 'interaction', label: because.title.replace(/^You |\.$/g, '') }],
      because: [{ ...because, outcome: 'decided', source: 'Vestibule window' }],
      params: [],
      tokens: [],
      wire: false,
    };
    detail.steps.push(step);
    detail.summary = { ...detail.summary, ...part, seq: step.seq, updatedAt: step.at, steps: detail.steps.length };
    emit({ events: [{ summary: detail.summary, step }] });
  }

  function waiting(id: string): LiveDetail {
    const detail = find(id);
    if (detail.summary.status !== 'waiting')
      throw problem('session.not_found', 'Nothing waits for a person in this session.');
    return detail;
  }

  function answer(request: ActionRequest): ConsoleReply {
    switch (request.op) {
      case 'sessionActions': {
        const { summary } = find(request.id);
        const waits = summary.status === 'waiting';
        const consent = waits && summary.outcome === 'consent';
        const why = waits ? null : 'Nothing waits for a person in this session.';
        return {
          reply: 'sessionActions',
          value: {
            waitsFor: consent ? 'consent' : waits ? 'signIn' : null,
            page: waits
              ? `http://localhost:3001/${consent ? 'consent' : 'sign-in'}?app_id=${summary.appId ?? ''}`
              : null,
            decided: summary.waitingFor === 'waiting for the browser to return',
            stays: null,
            noContinue: why,
            noEnd: why,
            noPause: summary.status === 'failed' ? 'This session is over; no request of it will come.' : null,
            denials: DENIALS,
          },
        };
      }
      case 'continueAs': {
        const detail = waiting(request.id);
        const user = users().find(({ id }) => id === request.userId);
        if (user?.isSuspended) throw problem('user.suspended', 'The chosen person is suspended. Restore them first.');
        const name = user ? (user.name ?? user.username ?? user.id) : 'Vera Lindgren';
        const part = {
          userName: name,
          outcome: 'signed in',
          headline: `${name} · continued in the window`,
          waitingFor: 'waiting for the browser to return',
          waitingOn: 'provider' as const,
        };
        leave(detail, part, {
          rule: 'window.continue_as',
          title: `You continued this sign-in as ${name} in the window.`,
          detail: 'No password was asked, as with the development sign-in of the page.',
        });
        return done(`Continued as ${name}. The browser goes on by itself.`);
      }
      case 'allowConsent': {
        const detail = waiting(request.id);
        leave(
          detail,
          { headline: 'consent given in the window', waitingFor: 'waiting for the browser to return' },
          { rule: 'window.consent', title: 'You gave consent in the window.', detail: 'As if Allow had been chosen.' },
        );
        return done(`Gave consent as ${detail.summary.userName ?? 'the person'}. The browser goes on by itself.`);
      }
      case 'failAs': {
        leave(
          waiting(request.id),
          { status: 'failed', outcome: request.error, headline: `${request.error} · decided in the window` },
          {
            rule: 'window.fail_as',
            title: `You let this sign-in fail with \`${request.error}\` in the window.`,
            detail: 'The browser goes back to the authorization request, which answers the application with the error.',
          },
        );
        return done(`Failed as ${request.error}. The browser goes on by itself.`);
      }
      case 'expireSession': {
        leave(
          waiting(request.id),
          { status: 'expired', outcome: 'expired', headline: 'expired in the window', waitingFor: null },
          {
            rule: 'window.expire',
            title: 'You let this sign-in expire in the window.',
            detail: 'Its interaction is gone, as it would be after an hour.',
          },
        );
        return done('Expired. The page’s next call gets session.not_found.');
      }
      case 'pauseSession': {
        const pause = { held: [], until: now() + 600_000 };
        leave(
          find(request.id),
          { pause },
          {
            rule: 'window.pause',
            title: 'You paused this session in the window.',
            detail: 'Its next request waits, before any rule looks at it, until you release it.',
          },
        );
        return done('Paused. The next request of this session waits.');
      }
      case 'releaseSession': {
        const detail = find(request.id);
        if (!detail.summary.pause) throw problem('session.not_paused', 'This session is not paused any more.');
        const rest = { ...detail.summary };
        delete rest.pause;
        detail.summary = rest;
        leave(detail, request.again ? { pause: { held: [], until: now() + 600_000 } } : {}, {
          rule: 'window.release',
          title: 'You released this session in the window.',
          detail: 'One request goes on.',
        });
        return done('One request goes on; the session is not paused any more.');
      }
    }
  }

  /** A request of a session comes, and waits if it is paused. */
  function hold(id: string, what: string): void {
    const detail = find(id);
    if (!detail.summary.pause) return;
    const pause = { ...detail.summary.pause, held: [...detail.summary.pause.held, { what, since: now() }] };
    detail.summary = { ...detail.summary, pause };
    emit({ events: [{ summary: detail.summary, step: null }] });
  }

  return { answer, hold };
}
