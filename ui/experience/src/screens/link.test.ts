import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { beforeAll, describe, expect, it } from 'vitest';
import { experience, lines } from '../testing/fake';
import { button, heading, link, open } from '../testing/screen';

beforeAll(() => import('./steps'));

const E = '/api/experience';
const REDIRECT = 'http://localhost:3001/oidc/auth/abc';
const query = { loginHint: 'alice@example.test', oneTimeToken: 'token' };
const start = { path: '/one-time-token', query };
const unknown: [number, object] = [404, { code: 'user.user_not_exist', message: '' }];
const send = (name: string) => fireEvent.submit(button(name).closest('form') as HTMLFormElement);

describe('/one-time-token (sheet 2.6)', () => {
  it('signs in without anything to press', async () => {
    const { calls, leave } = open(start);
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(heading()).toBe('Signing you in');
    expect(screen.getByRole('status').textContent).toContain('Checking your link');
    expect(lines(calls)).toEqual([
      'PUT /',
      'POST /verification/one-time-token/verify',
      'POST /identification',
      'POST /submit',
    ]);
    expect(calls[1]?.body).toEqual({ identifier: { type: 'email', value: 'alice@example.test' }, token: 'token' });
  });

  it('registers somebody new', async () => {
    const { calls, leave } = open({
      ...start,
      script: { [`POST ${E}/identification`]: (_, before) => (before === 0 ? unknown : [201]) },
    });
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(lines(calls).slice(2)).toEqual([
      'POST /identification',
      'PUT /interaction-event',
      'POST /identification',
      'POST /submit',
    ]);
  });

  it('registers somebody new even where signing up is switched off', async () => {
    const { calls, leave } = open({
      ...start,
      script: {
        [`POST ${E}/identification`]: (_, before) => (before === 0 ? unknown : [201]),
        [`PUT ${E}/interaction-event`]: [403, { code: 'auth.forbidden', message: '' }],
      },
    });
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(calls.filter((call) => call.method === 'PUT').map((call) => call.body)).toEqual([
      { interactionEvent: 'SignIn' },
      { interactionEvent: 'Register' },
      { interactionEvent: 'Register' },
    ]);
  });

  it('asks somebody new to agree to terms where that takes a tick', async () => {
    const signInExperience = experience({ agreeToTermsPolicy: 'Manual', termsOfUseUrl: 'https://example.test/t' });
    const { leave } = open({
      ...start,
      data: { signInExperience },
      script: { [`POST ${E}/identification`]: (_, before) => (before === 0 ? unknown : [201]) },
    });
    await waitFor(() => expect(heading()).toBe('Create an account?'));
    await send('Create account');
    await waitFor(() => expect(screen.getByText('Agree to go on.')).toBeTruthy());
    expect(leave).not.toHaveBeenCalled();
    await fireEvent.click(screen.getByRole('checkbox'));
    await send('Create account');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
  });

  it.each([
    ['one_time_token.token_expired', 'The link has expired.'],
    ['one_time_token.token_consumed', 'works only once'],
    ['one_time_token.email_mismatch', 'another email address'],
  ])('%s leads to a page that says so', async (code, words) => {
    open({ ...start, script: { [`POST ${E}/verification/one-time-token/verify`]: [400, { code, message: '' }] } });
    await waitFor(() => expect(heading()).toBe('This link did not sign you in'));
    expect(window.location.pathname + window.location.search).toBe(
      '/one-time-token/error?app_id=shop&login_hint=alice%40example.test',
    );
    expect(screen.getByText(new RegExp(words))).toBeTruthy();
    expect(link('Go on to sign in')).toBeTruthy();
  });

  it('says that a link is incomplete, or what the server found wrong with it', async () => {
    const { calls } = open({ path: '/one-time-token', query: { loginHint: 'a@b.c' } });
    await waitFor(() => expect(screen.getByText(/The link is incomplete/)).toBeTruthy());
    expect(calls).toEqual([]);
    open({ path: '/one-time-token', query: { ...query, errorMessage: 'Token was revoked.' } });
    await waitFor(() => expect(screen.getByText(/The server said: Token was revoked/)).toBeTruthy());
  });

  it('can be tried again when there was no answer', async () => {
    open({
      ...start,
      script: {
        [`PUT ${E}`]: () => {
          throw new TypeError('refused');
        },
      },
    });
    expect((await screen.findByRole('alert')).textContent).toContain('Check that it is running');
    expect(link('Try again').getAttribute('href')).toContain('one_time_token=token');
  });
});

describe('/switch-account', () => {
  it('goes on to the link that was meant for somebody else', () => {
    open({ path: '/switch-account', query });
    expect(link('Switch and use the link').getAttribute('href')).toBe(
      '/one-time-token?app_id=shop&login_hint=alice%40example.test&one_time_token=token',
    );
  });

  it('signs in again without a link', () => {
    open({ path: '/switch-account' });
    expect(link('Sign in with another account').getAttribute('href')).toBe('/sign-in?app_id=shop');
  });
});
