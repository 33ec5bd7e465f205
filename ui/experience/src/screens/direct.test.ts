import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AT_ACME, AT_GOOGLE, TERMS, departures, having, refused } from '../testing/connectors';
import { lines } from '../testing/fake';
import { button, field, heading, link, open } from '../testing/screen';

// Screens that are fetched when they are needed are there at once.
beforeAll(() => import('./connectors'));
beforeEach(() => sessionStorage.clear());
afterEach(() => vi.useRealTimers());

const E = '/api/experience';
const alert = async (): Promise<string> => (await screen.findByRole('alert')).textContent?.trim() ?? '';
const type = (name: RegExp | string, value: string) => fireEvent.input(field(name), { target: { value } });
const send = (name: RegExp | string) => fireEvent.submit(button(name).closest('form') as HTMLFormElement);
describe('the buttons of social connectors', () => {
  it('stand in the order of the document, with single sign-on last, on both first screens', () => {
    for (const path of ['/sign-in', '/register']) {
      open({ path, data: having() });
      const names = screen.getAllByRole('button', { name: /^Continue with/ }).map((one) => one.textContent?.trim());
      expect(names).toEqual(['Google', 'GitHub', 'Intranet']);
      expect(link('Single sign-on').getAttribute('href')).toBe('/single-sign-on/email?app_id=shop');
    }
  });

  it('are not on the identifier pages, and single sign-on is nowhere while it has no connectors', () => {
    open({ path: '/identifier-sign-in', data: having() });
    expect(screen.queryByRole('button', { name: /^Continue with/ })).toBeNull();
    open({ path: '/sign-in', data: having({ ssoConnectors: [] }) });
    expect(screen.queryByRole('link', { name: 'Single sign-on' })).toBeNull();
  });

  it('are all there is where no identifier signs in', () => {
    open({ data: having({ signIn: { methods: [] } }) });
    expect(button('Continue with Google')).toBeTruthy();
    expect(screen.queryByText(/No way to sign in/)).toBeNull();
    expect(screen.queryByText('or')).toBeNull();
  });

  it('leave for the provider with a state of their own, so that going back shows this page', async () => {
    const { calls, visit, leave } = open({ data: having(), script: departures });
    await fireEvent.click(button('Continue with Google'));
    await waitFor(() => expect(visit).toHaveBeenCalledExactlyOnceWith(AT_GOOGLE));
    expect(leave).not.toHaveBeenCalled();
    expect(lines(calls)).toEqual(['PUT /', 'POST /verification/social/c1/authorization-uri']);
    expect(calls[0]?.body).toEqual({ interactionEvent: 'SignIn' });
    const { state, redirectUri } = Object(calls[1]?.body) as { state: string; redirectUri: string };
    expect(redirectUri).toBe(`${window.location.origin}/callback/c1`);
    expect(state).toMatch(/^[\w-]{22}$/);
    expect(JSON.parse(sessionStorage.getItem('connector:c1') ?? '')).toEqual({
      family: 'social',
      id: 'c1',
      name: 'Google',
      state,
      verificationId: 'v-social',
    });
  });

  it('never use a state twice', async () => {
    const states = new Set<unknown>();
    for (let time = 0; time < 3; time += 1) {
      const { calls, visit } = open({ data: having(), script: departures });
      await fireEvent.click(button('Continue with Google'));
      await waitFor(() => expect(visit).toHaveBeenCalled());
      states.add((calls[1]?.body as { state: string } | undefined)?.state);
    }
    expect(states.size).toBe(3);
    expect(states).not.toContain(undefined);
  });

  it('say what went wrong above them, and keep what was typed', async () => {
    const { visit } = open({
      path: '/register',
      data: having(),
      script: { [`POST ${E}/verification/social/c1/authorization-uri`]: refused(400, 'connector.invalid_config') },
    });
    await type('Username', 'newbie');
    await fireEvent.click(button('Continue with Google'));
    expect(await alert()).toContain('The sign-in with Google is not set up right.');
    expect(field('Username').value).toBe('newbie');
    expect(visit).not.toHaveBeenCalled();
    expect(sessionStorage.getItem('connector:c1')).toBeNull();
    expect(button('Continue with Google').getAttribute('aria-disabled')).toBe('false');
  });

  it('ask to agree to the terms first where that takes a tick, unless it was ticked', async () => {
    const data = having({ agreeToTermsPolicy: 'Manual', termsOfUseUrl: TERMS });
    const { visit, calls } = open({ data, script: departures });
    await fireEvent.click(button('Continue with Google'));
    const dialog = await screen.findByRole('dialog', { name: 'Before you go on' });
    expect(dialog.querySelector('a')?.href).toBe(TERMS);
    await fireEvent.click(button('Cancel'));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(calls).toEqual([]);
    await fireEvent.click(button('Continue with Google'));
    await screen.findByRole('dialog');
    await send('Agree and continue');
    await waitFor(() => expect(visit).toHaveBeenCalledWith(AT_GOOGLE));

    const second = open({ data, script: departures });
    await fireEvent.click(screen.getByRole('checkbox'));
    await fireEvent.click(button('Continue with Google'));
    await waitFor(() => expect(second.visit).toHaveBeenCalledWith(AT_GOOGLE));
    expect(screen.queryByRole('dialog')).toBeNull();
  });
});

describe('/direct (sheet 2.5)', () => {
  it.each([
    ['sign-in', '/sign-in'],
    ['register', '/register'],
    ['reset-password', '/reset-password'],
    ['identifier-sign-in', '/identifier-sign-in'],
    ['identifier-register', '/identifier-register'],
    ['single-sign-on', '/single-sign-on'],
    ['//evil.example', '/sign-in'],
  ])(
    'an unknown connector falls back to %s by replacing the page, with nothing but the application',
    async (fallback, path) => {
      const { leave, calls } = open({
        path: '/direct/social/nowhere',
        data: having(),
        query: { fallback, loginHint: 'a' },
      });
      await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(`${path}?app_id=shop`));
      expect(screen.queryByRole('heading')).toBeNull();
      expect([calls, sessionStorage.length]).toEqual([[], 0]);
    },
  );

  it.each(['/direct/social', '/direct/sso/nobody', '/direct/magic/google', '/direct/sso/google', '/direct/sso/c1'])(
    '%s falls back',
    async (path) => {
      const { leave } = open({ path, data: having() });
      await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith('/sign-in?app_id=shop'));
    },
  );

  it('falls back while single sign-on is switched off', async () => {
    const { leave } = open({ path: '/direct/sso/acme', data: having({ singleSignOnEnabled: false }) });
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith('/sign-in?app_id=shop'));
  });

  it.each([
    ['/direct/social/google', AT_GOOGLE],
    ['/direct/sso/acme', AT_ACME],
  ])('%s goes to the provider in place of this page', async (path, address) => {
    const { leave, visit } = open({ path, data: having(), script: departures });
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(address));
    expect(visit).not.toHaveBeenCalled();
  });

  it('shows that it is under way only when that takes long', async () => {
    vi.useFakeTimers();
    open({
      path: '/direct/social/google',
      data: having(),
      script: { [`PUT ${E}`]: () => new Promise<[number]>(() => undefined) },
    });
    await vi.advanceTimersByTimeAsync(90);
    expect(screen.queryByRole('heading')).toBeNull();
    await vi.advanceTimersByTimeAsync(60);
    expect(heading()).toBe('Sign in with Google');
    expect(screen.getByRole('status').textContent).toContain('Going to Google');
  });

  it.each([
    ['connector.invalid_config', 'is not set up right'],
    ['connector.general', 'no usable answer came back'],
    ['odd.one', 'The server said: In words.'],
  ])('%s falls back to the first screen, which says why, once', async (code, words) => {
    const { leave } = open({
      path: '/direct/social/google',
      data: having(),
      query: { fallback: 'register' },
      script: { [`POST ${E}/verification/social/c1/authorization-uri`]: refused(400, code) },
    });
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith('/register?app_id=shop'));
    // The next page is loaded anew.
    open({ path: '/register', data: having() });
    expect(screen.getByRole('alert').textContent).toContain(words);
    await fireEvent.click(link('Sign in'));
    await waitFor(() => expect(heading()).toBe('Sign in to Bookstore'));
    expect(screen.queryByRole('alert')).toBeNull();
    open({ path: '/register', data: having() });
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('says why on the page that the fall-back itself falls back to', () => {
    sessionStorage.setItem(
      'notice',
      JSON.stringify({ path: '/reset-password', problem: { at: 'form', text: 'It broke.' } }),
    );
    open({ path: '/reset-password', data: having() });
    expect(heading()).toBe('Sign in to Bookstore');
    expect(screen.getByRole('alert').textContent?.trim()).toBe('It broke.');
  });

  it('is not put out by what other pages have kept under the same names', () => {
    for (const name of ['notice', 'social-link', 'sso-connectors', 'sso-email'])
      sessionStorage.setItem(name, '{not ours');
    open({ path: '/sign-in', data: having() });
    expect(heading()).toBe('Sign in to Bookstore');
  });

  it('can be tried again when there was no answer', async () => {
    const { leave } = open({
      path: '/direct/social/google',
      data: having(),
      script: {
        ...departures,
        [`PUT ${E}`]: (_, before) => {
          if (before === 0) throw new TypeError('refused');
          return [204];
        },
      },
    });
    expect(await alert()).toContain('Check that it is running');
    await fireEvent.click(button('Try again'));
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(AT_GOOGLE));
  });

  it('asks to agree to the terms first for social, and falls back when somebody does not', async () => {
    const data = having({ agreeToTermsPolicy: 'Manual', termsOfUseUrl: TERMS });
    const { leave, calls } = open({ path: '/direct/social/google', data, query: { fallback: 'register' } });
    await screen.findByRole('dialog');
    await fireEvent.click(button('Cancel'));
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith('/register?app_id=shop'));
    expect(calls).toEqual([]);

    const agreed = open({ path: '/direct/social/google', data, script: departures });
    await screen.findByRole('dialog');
    await send('Agree and continue');
    await waitFor(() => expect(agreed.leave).toHaveBeenCalledExactlyOnceWith(AT_GOOGLE));

    const sso = open({ path: '/direct/sso/acme', data, script: departures });
    await waitFor(() => expect(sso.leave).toHaveBeenCalledExactlyOnceWith(AT_ACME));
  });

  it('leads to a page of its own when the sign-in is over, and is no step to come back to', async () => {
    const before = window.history.length;
    open({
      path: '/direct/social/google',
      data: having(),
      script: { [`PUT ${E}`]: refused(400, 'session.not_found') },
    });
    await waitFor(() => expect(heading()).toBe('This sign-in is no longer active'));
    expect(window.history.length).toBe(before);
  });
});
