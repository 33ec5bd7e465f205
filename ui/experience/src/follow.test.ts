import { describe, expect, it, vi } from 'vitest';
import { follow } from './follow';
import { fakeApp, type Script } from './testing/fake';

const PATH = '/auth/abc/wait';
const ASKED = `GET /oidc${PATH}`;
const ON = 'http://localhost:3001/oidc/auth/abc';

/** A page that is seen or not, and pauses that end at once but are written down. */
function following(script: Script, seen: () => boolean = () => true) {
  const made = fakeApp({ script });
  const rests: number[] = [];
  const page = {
    get visibilityState() {
      return seen() ? 'visible' : 'hidden';
    },
  } as Document;
  const rest = async (ms: number) => void rests.push(ms);
  return { ...made, rests, done: follow(made.app, PATH, { page, rest }) };
}

describe('a page that follows the window', () => {
  it('asks until something was decided, then goes on', async () => {
    const { done, leave, calls, rests } = following({
      [ASKED]: (_, before) => (before < 2 ? [204] : [200, { redirectTo: ON }]),
    });
    await done;
    expect(leave.mock.calls).toEqual([[ON]]);
    expect(calls).toHaveLength(3);
    // Answers that come at once are no reason to ask at once.
    expect(rests).toHaveLength(2);
    expect(Math.min(...rests)).toBeGreaterThan(1500);
  });

  it('says that the sign-in is over', async () => {
    const { done, app, leave } = following({ [ASKED]: [400, { code: 'session.not_found', message: '' }] });
    await done;
    expect(app.router.path).toBe('/unknown-session');
    expect(leave).not.toHaveBeenCalled();
  });

  it('asks without waiting while nobody sees it', async () => {
    let seen = false;
    const { done, calls } = following(
      {
        [`${ASKED}?hold=0`]: () => {
          seen = true;
          return [204];
        },
        [ASKED]: [200, { redirectTo: ON }],
      },
      () => seen,
    );
    await done;
    expect(calls.map(({ path }) => path)).toEqual([`/oidc${PATH}?hold=0`, `/oidc${PATH}`]);
  });

  it('stops when the page is left meanwhile, whatever is answered', async () => {
    for (const answer of [
      [200, { redirectTo: ON }],
      [400, { code: 'session.not_found', message: '' }],
      [204],
    ] as const) {
      let made: ReturnType<typeof following> | undefined;
      made = following({
        [ASKED]: async () => {
          // The page is left while the answer is on its way.
          await Promise.resolve();
          made?.app.leave('http://localhost:3000/callback');
          return [...answer];
        },
      });
      await made.done;
      expect(made.leave.mock.calls).toEqual([['http://localhost:3000/callback']]);
      expect(made.app.router.path).toBe('/sign-in');
    }
  });

  it('lets a provider be that does not answer, and one that does not offer it', async () => {
    const { done, rests, leave } = following({
      [ASKED]: (_, before) => {
        if (before === 0) throw new TypeError('fetch failed');
        return [200, { redirectTo: ON }];
      },
    });
    await done;
    expect(rests).toHaveLength(1);
    expect(rests[0]).toBeGreaterThan(9000);
    expect(leave).toHaveBeenCalledOnce();

    const off = following({ [ASKED]: [404, { code: 'oidc.invalid_request', message: '' }] });
    await off.done;
    expect(off.calls).toHaveLength(1);
    expect(off.leave).not.toHaveBeenCalled();
  });

  it('asks again as soon as somebody looks', async () => {
    vi.useFakeTimers();
    try {
      const { app, leave } = fakeApp({
        script: { [ASKED]: (_, before) => (before === 0 ? [204] : [200, { redirectTo: ON }]) },
      });
      const done = follow(app, PATH, { page: document });
      await vi.advanceTimersByTimeAsync(100);
      expect(leave).not.toHaveBeenCalled();
      document.dispatchEvent(new Event('visibilitychange'));
      await done;
      expect(leave).toHaveBeenCalledOnce();
    } finally {
      vi.useRealTimers();
    }
  });
});
