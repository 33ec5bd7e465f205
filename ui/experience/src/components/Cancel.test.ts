import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import type { Script } from '../testing/fake';
import { button, heading, open } from '../testing/screen';

const ABORT = 'POST /api/interaction/abort';
const BACK = 'http://localhost:3001/oidc/auth/abc';
const name = 'Cancel and return to Bookstore';

describe('the way out of the pages', () => {
  it.each(['/sign-in', '/register', '/identifier-sign-in'])('on %s it ends the sign-in and leaves', async (path) => {
    const { calls, leave } = open({ path, script: { [ABORT]: [200, { redirectTo: BACK }] } });
    await fireEvent.click(button(name));
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(BACK));
    expect(calls).toEqual([{ method: 'POST', path: '/api/interaction/abort', body: {}, appId: 'shop' }]);
  });

  it('is not there without an application to return to', () => {
    open({ data: { application: null } });
    expect(screen.queryByRole('button', { name: /Cancel/ })).toBeNull();
  });

  it('says what went wrong and can be pressed again', async () => {
    const { leave } = open({
      script: {
        [ABORT]: (_, before) => {
          if (before === 0) throw new TypeError('refused');
          return [200, { redirectTo: BACK }];
        },
      },
    });
    await fireEvent.click(button(name));
    expect((await screen.findByRole('alert')).textContent).toContain('Check that it is running');
    await fireEvent.click(button(name));
    await waitFor(() => expect(leave).toHaveBeenCalledWith(BACK));
  });

  it('shows the page of a sign-in that is over', async () => {
    open({ script: { [ABORT]: [400, { code: 'session.not_found', message: '' }] } });
    await fireEvent.click(button(name));
    await waitFor(() => expect(heading()).toBe('This sign-in is no longer active'));
  });
});

describe('Cancel on the consent page', () => {
  const info = {
    application: { id: 'shop', name: 'shop' },
    user: { id: 'u1' },
    redirectUri: 'http://localhost:3000/callback',
  };
  const script = (more: object): Script => ({
    'GET /api/interaction/consent': [200, { ...info, ...more }],
    [ABORT]: [200, { redirectTo: BACK }],
  });

  it.each<[object, string]>([
    [{}, info.redirectUri],
    [{ cancelAborts: true }, BACK],
  ])('with %j goes to %s', async (more, wanted) => {
    const { leave } = open({ path: '/consent', script: script(more) });
    await fireEvent.click(await screen.findByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(wanted));
  });
});
