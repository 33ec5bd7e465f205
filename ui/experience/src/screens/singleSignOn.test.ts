import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AT_ACME, TERMS, departures, having, lookUp, refused } from '../testing/connectors';
import { lines } from '../testing/fake';
import { button, descriptionOf, field, heading, link, open } from '../testing/screen';

// Screens that are fetched when they are needed are there at once.
beforeAll(() => import('./connectors'));
beforeEach(() => sessionStorage.clear());

const E = '/api/experience';
const REDIRECT = 'http://localhost:3001/oidc/auth/abc';
const shownPath = (): string => window.location.pathname + window.location.search;
const alert = async (): Promise<string> => (await screen.findByRole('alert')).textContent?.trim() ?? '';
const type = (name: RegExp | string, value: string) => fireEvent.input(field(name), { target: { value } });
const send = (name: RegExp | string) => fireEvent.submit(button(name).closest('form') as HTMLFormElement);
describe('single sign-on (sheet 6.5)', () => {
  const page = { path: '/single-sign-on', data: having() };

  it('asks for the address, filled in from the hint', async () => {
    open({ ...page, query: { loginHint: 'ann@acme.test' } });
    await waitFor(() => expect(heading()).toBe('Single sign-on'));
    expect(field('Email').value).toBe('ann@acme.test');
    expect(field('Email').autocomplete).toBe('email');
    open({ ...page, query: { loginHint: 'ann' } });
    await waitFor(() => expect(field('Email').value).toBe(''));
  });

  it('goes to the only connector in place of the step', async () => {
    const { calls, leave, visit } = open({ ...page, script: { ...departures, ...lookUp('ann@acme.test', 'acme') } });
    await waitFor(() => expect(field('Email')).toBeTruthy());
    await type('Email', 'ann@acme.test');
    await send('Continue');
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(AT_ACME));
    expect(visit).not.toHaveBeenCalled();
    expect(lines(calls)).toEqual([
      'PUT /',
      'GET /sso-connectors?email=ann%40acme.test',
      'POST /verification/sso/acme/authorization-uri',
    ]);
    // Back from there, the address is still there.
    open(page);
    await waitFor(() => expect(field('Email').value).toBe('ann@acme.test'));
  });

  it('lets people choose among several, and outlives a page that is loaded anew', async () => {
    const script = { ...departures, ...lookUp('ann@acme.test', 'birch', 'acme') };
    open({ ...page, script });
    await waitFor(() => expect(field('Email')).toBeTruthy());
    await type('Email', 'ann@acme.test');
    await send('Continue');
    await waitFor(() => expect(shownPath()).toBe('/single-sign-on/connectors?app_id=shop'));
    const again = open({ path: '/single-sign-on/connectors', data: having(), script });
    await waitFor(() => expect(button('Continue with Acme')).toBeTruthy());
    const names = screen
      .getAllByRole('button', { name: /^Continue with/ })
      .map((one) => one.getAttribute('aria-label'));
    expect(names).toEqual(['Continue with Birch', 'Continue with Acme']);
    await fireEvent.click(button('Continue with Acme'));
    await waitFor(() => expect(again.visit).toHaveBeenCalledExactlyOnceWith(AT_ACME));
  });

  it('says beside the field that there is none, and keeps what was typed', async () => {
    open({ ...page, script: lookUp('ann@nowhere.test') });
    await waitFor(() => expect(field('Email')).toBeTruthy());
    await type('Email', 'ann@nowhere.test');
    await send('Continue');
    await waitFor(() => expect(descriptionOf(field('Email'))).toContain('No company'));
    expect(field('Email').value).toBe('ann@nowhere.test');
    await waitFor(() => expect(document.activeElement).toBe(field('Email')));
  });

  it.each([
    ['', 'Enter your email address.'],
    ['ann', 'Enter a complete email address'],
  ])('refuses %j before anything is sent', async (typed, words) => {
    const { calls } = open(page);
    await waitFor(() => expect(field('Email')).toBeTruthy());
    await type('Email', typed);
    await send('Continue');
    await waitFor(() => expect(descriptionOf(field('Email'))).toContain(words));
    expect(calls).toEqual([]);
  });

  it('says the same when only the server finds it wrong', async () => {
    open({
      ...page,
      script: { [`GET ${E}/sso-connectors?email=a%40b..c`]: refused(400, 'guard.invalid_input') },
    });
    await waitFor(() => expect(field('Email')).toBeTruthy());
    await type('Email', 'a@b..c');
    await send('Continue');
    await waitFor(() => expect(descriptionOf(field('Email'))).toContain('Enter a complete email address'));
  });

  it('takes a tick where the terms do', async () => {
    const data = having({ agreeToTermsPolicy: 'Manual', termsOfUseUrl: TERMS });
    const { calls } = open({ path: '/single-sign-on', data, query: { loginHint: 'ann@acme.test' } });
    await waitFor(() => expect(field('Email')).toBeTruthy());
    await send('Continue');
    await waitFor(() => expect(descriptionOf(screen.getByRole('checkbox'))).toBe('Agree to go on.'));
    expect(calls).toEqual([]);
  });

  it('says when the only connector can not be reached, offers to try again and a way back', async () => {
    const { leave } = open({
      ...page,
      query: { loginHint: 'ann@acme.test' },
      script: {
        ...lookUp('ann@acme.test', 'acme'),
        [`POST ${E}/verification/sso/acme/authorization-uri`]: (_, before) =>
          before === 0 ? refused(500, 'connector.general') : [200, { authorizationUri: AT_ACME, verificationId: 'v' }],
      },
    });
    await waitFor(() => expect(field('Email')).toBeTruthy());
    await send('Continue');
    expect(await alert()).toContain('The sign-in with Acme did not work');
    expect(link('Back to sign in')).toBeTruthy();
    await fireEvent.click(button('Try again'));
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(AT_ACME));
  });

  it('is found out on the sign-in page as soon as an address is typed, before a password is', async () => {
    const { calls, leave } = open({ data: having(), script: { ...departures, ...lookUp('ann@acme.test', 'acme') } });
    await type('Email or username', 'ann@acme.test');
    field('Password').focus();
    await fireEvent.change(field('Email or username'));
    await waitFor(() => expect(screen.queryByLabelText('Password')).toBeNull());
    expect(screen.getByText(/uses single sign-on, so no password/)).toBeTruthy();
    await waitFor(() => expect(document.activeElement).toBe(button('Continue with single sign-on')));
    // Another address asks for a password again.
    await type('Email or username', 'ann');
    await waitFor(() => expect(field('Password')).toBeTruthy());
    await type('Email or username', 'ann@acme.test');
    await send('Continue with single sign-on');
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(AT_ACME));
    expect(lines(calls).filter((line) => line.startsWith('GET'))).toHaveLength(1);
  });

  it('is asked for once where an address is submitted at once', async () => {
    const { calls, leave } = open({ data: having(), script: { ...departures, ...lookUp('ann@acme.test', 'acme') } });
    await type('Email or username', 'ann@acme.test');
    await fireEvent.change(field('Email or username'));
    await send('Sign in');
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(AT_ACME));
    expect(lines(calls).filter((line) => line === 'PUT /')).toHaveLength(1);
    expect(lines(calls)).not.toContain('POST /verification/password');
  });

  it('does not stand in the way of other addresses', async () => {
    const { leave } = open({ data: having(), script: lookUp('ann@home.test') });
    await type('Email or username', 'ann@home.test');
    await type('Password', 'right');
    await send('Sign in');
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(REDIRECT));
  });

  it.each([
    ['/identifier-sign-in', having()],
    ['/register', having({ signUp: { identifiers: ['email'], password: false, verify: true } })],
  ])('%s goes there in place of a password or a code', async (path, data) => {
    const { calls, leave } = open({
      path,
      data,
      query: { loginHint: 'ann@acme.test' },
      script: { ...departures, ...lookUp('ann@acme.test', 'acme') },
    });
    await send('Continue');
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(AT_ACME));
    expect(lines(calls)).not.toContain('POST /verification/verification-code');
  });

  it('takes over when the server refuses a password for it', async () => {
    const ssoConnectors = [{ id: 'birch' }, { id: 'acme' }];
    open({
      data: having(),
      script: {
        ...lookUp('ann@acme.test'),
        [`POST ${E}/identification`]: refused(422, 'session.sso_enabled', { ssoConnectors }),
      },
    });
    await type('Email or username', 'ann@acme.test');
    await type('Password', 'right');
    await send('Sign in');
    await waitFor(() => expect(button('Continue with Birch')).toBeTruthy());
    expect(button('Continue with Acme')).toBeTruthy();
  });

  it('says so where the pages know none of the connectors', async () => {
    open({
      data: having(),
      script: {
        ...lookUp('ann@acme.test'),
        [`POST ${E}/identification`]: refused(422, 'session.sso_enabled', { ssoConnectors: [{ id: 'hidden' }] }),
      },
    });
    await type('Email or username', 'ann@acme.test');
    await type('Password', 'right');
    await send('Sign in');
    expect(await alert()).toContain('use single sign-on');
  });

  it('has nothing to choose from without an address', async () => {
    open({ path: '/single-sign-on/connectors', data: having() });
    await waitFor(() => expect(shownPath()).toBe('/single-sign-on/email?app_id=shop'));
  });
});
