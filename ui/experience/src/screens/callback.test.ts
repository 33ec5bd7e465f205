import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SignInExperience } from '../data';
import { AT_ACME, TERMS, departures, having, refused } from '../testing/connectors';
import { lines, type Script } from '../testing/fake';
import { button, heading, link, open } from '../testing/screen';

// Screens that are fetched when they are needed are there at once.
beforeAll(() => Promise.all([import('./connectors'), import('./steps'), import('./factors')]));
beforeEach(() => sessionStorage.clear());

const E = '/api/experience';
const REDIRECT = 'http://localhost:3001/oidc/auth/abc';
const shownPath = (): string => window.location.pathname + window.location.search;
const alert = async (): Promise<string> => (await screen.findByRole('alert')).textContent?.trim() ?? '';
const send = (name: RegExp | string) => fireEvent.submit(button(name).closest('form') as HTMLFormElement);
describe('/callback (sheet 2.6)', () => {
  const back = { code: 'abc', state: 'right', iss: 'https://google.test' };
  const VERIFY = `POST ${E}/verification/social/c1/verify`;
  const VERIFY_SSO = `POST ${E}/verification/sso/acme/verify`;
  const answers: Script = {
    [VERIFY]: [200, { verificationId: 'v-social' }],
    [VERIFY_SSO]: [200, { verificationId: 'v-sso' }],
  };
  const keep = (id: string, changes: object = {}): void => {
    const way = id === 'acme' ? { family: 'sso', name: 'Acme' } : { family: 'social', name: 'Google' };
    sessionStorage.setItem(
      `connector:${id}`,
      JSON.stringify({ id, ...way, state: 'right', verificationId: 'v-social', ...changes }),
    );
  };
  interface Arrival {
    id?: string;
    sent?: Record<string, string>;
    script?: Script;
    changes?: Partial<SignInExperience>;
    left?: object | undefined;
  }
  const come = ({ id = 'c1', sent = back, script = {}, changes = {}, left = {} }: Arrival = {}) => {
    keep(id, left);
    return open({
      path: `/callback/${id}`,
      data: having(changes),
      query: { callback: sent },
      script: { ...answers, ...script },
    });
  };
  const identification = (...first: [number, object?][]): Script => ({
    [`POST ${E}/identification`]: (_, before) => first[before] ?? [201],
  });
  const unknown = refused(404, 'user.identity_not_exist');
  const related = refused(404, 'user.identity_not_exist', { relatedUser: { type: 'email', value: 'a@b.c' } });

  it('hands in everything that came back, without starting over, and signs in', async () => {
    const { calls, leave } = come();
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(REDIRECT));
    expect(lines(calls)).toEqual(['POST /verification/social/c1/verify', 'POST /identification', 'POST /submit']);
    expect(calls[0]?.body).toEqual({ connectorData: back, verificationId: 'v-social' });
    expect(calls[1]?.body).toEqual({ verificationId: 'v-social' });
    expect(sessionStorage.getItem('connector:c1')).toBeNull();
  });

  it('takes the longer path and single sign-on as well', async () => {
    keep('c1');
    const social = open({
      path: '/callback/social/c1',
      data: having(),
      query: { callback: back },
      script: answers,
    });
    await waitFor(() => expect(social.leave).toHaveBeenCalledWith(REDIRECT));
    const { calls, leave } = come({ id: 'acme', left: { verificationId: 'v-sso' } });
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(lines(calls)[0]).toBe('POST /verification/sso/acme/verify');
  });

  it.each<[string, Arrival, string]>([
    ['another state', { sent: { ...back, state: 'wrong' } }, 'wrong'],
    ['no state', { sent: { code: 'abc' } }, ''],
    ['an error with another state', { sent: { error: 'access_denied', state: 'wrong' } }, 'wrong'],
  ])('%s: says so on /sign-in, signs nobody in, and lets the server refuse it', async (_, arrival, state) => {
    const { calls, leave } = come({
      ...arrival,
      script: { [VERIFY]: refused(400, 'session.connector_validation_session_not_found') },
    });
    await waitFor(() => expect(heading()).toBe('Sign in to Bookstore'));
    expect(shownPath()).toBe('/sign-in?app_id=shop');
    expect(await alert()).toContain('does not belong to this sign-in');
    expect(lines(calls)).toEqual(['POST /verification/social/c1/verify']);
    expect(calls[0]?.body).toMatchObject({ connectorData: { state }, verificationId: 'v-social' });
    expect(leave).not.toHaveBeenCalled();
    expect(sessionStorage.getItem('connector:c1')).toBeNull();
  });

  it('delivered to another tab or browser: hides the state, so that nothing can be taken', async () => {
    const { calls, leave } = open({
      path: '/callback/acme',
      data: having(),
      query: { callback: back },
      // Whatever it answers.
      script: answers,
    });
    expect(await alert()).toContain('does not belong to this sign-in');
    expect(lines(calls)).toEqual(['POST /verification/sso/acme/verify']);
    expect(calls[0]?.body).toEqual({ connectorData: { ...back, state: '' } });
    expect(leave).not.toHaveBeenCalled();
  });

  it('replayed: counts once', async () => {
    const first = come();
    await waitFor(() => expect(first.leave).toHaveBeenCalled());
    const { leave } = open({ path: '/callback/c1', data: having(), query: { callback: back } });
    expect(await alert()).toContain('does not belong to this sign-in');
    expect(leave).not.toHaveBeenCalled();
  });

  it('of another connector than the one that was left for: is foreign', async () => {
    keep('c2');
    const { calls } = open({ path: '/callback/c1', data: having(), query: { callback: back } });
    expect(await alert()).toContain('does not belong to this sign-in');
    expect(lines(calls)).toEqual(['POST /verification/social/c1/verify']);
    expect(calls[0]?.body).toEqual({ connectorData: { ...back, state: '' } });
    expect(sessionStorage.getItem('connector:c2')).not.toBeNull();
  });

  it('denied: the server is told, and /sign-in says so, whatever the first screen was', async () => {
    const sent = { error: 'access_denied', error_description: 'No.', state: 'right' };
    const { calls } = come({ sent, script: { [VERIFY]: refused(401, 'connector.authorization_failed') } });
    expect(await alert()).toBe(
      'The sign-in with Google was cancelled or refused there. Try again, or choose another way.',
    );
    expect(shownPath()).toBe('/sign-in?app_id=shop');
    expect(lines(calls)).toEqual(['POST /verification/social/c1/verify']);
    expect(calls[0]?.body).toEqual({ connectorData: sent, verificationId: 'v-social' });
  });

  it.each([
    ['connector.social_auth_code_invalid', 'could not be trusted'],
    ['connector.social_invalid_access_token', 'could not be trusted'],
    ['connector.social_invalid_id_token', 'could not be trusted'],
    ['connector.insufficient_request_parameters', 'no usable answer'],
    ['connector.invalid_response', 'no usable answer'],
    ['connector.general', 'no usable answer'],
    ['connector.invalid_config', 'not set up right'],
    ['entity.not_found', 'not there any more'],
    ['connector.not_found', 'not there any more'],
    ['session.verification_session_not_found', 'This step has expired'],
  ])('%s at verification is said on /sign-in', async (code, words) => {
    const { calls } = come({ script: { [VERIFY]: refused(400, code) } });
    expect(await alert()).toContain(words);
    expect(shownPath()).toBe('/sign-in?app_id=shop');
    expect(lines(calls)).toEqual(['POST /verification/social/c1/verify']);
  });

  it('says so on /register where nobody signs in', async () => {
    come({ script: { [VERIFY]: refused(500, 'connector.general') }, changes: { signInMode: 'Register' } });
    expect(await alert()).toContain('no usable answer');
    expect(shownPath()).toBe('/register?app_id=shop');
  });

  it('tries again without verifying twice when there was no answer', async () => {
    const { calls, leave } = come({
      script: {
        [`POST ${E}/identification`]: (_, before) => {
          if (before === 0) throw new TypeError('refused');
          return [204];
        },
      },
    });
    expect(await alert()).toContain('Check that it is running');
    await fireEvent.click(button('Try again'));
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(REDIRECT));
    expect(lines(calls).filter((line) => line.endsWith('/verify'))).toHaveLength(1);
  });

  it('registers somebody unknown', async () => {
    const { calls, leave } = come({ script: identification(unknown) });
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(REDIRECT));
    expect(lines(calls).slice(1)).toEqual([
      'POST /identification',
      'PUT /interaction-event',
      'POST /identification',
      'POST /submit',
    ]);
    expect(calls[2]?.body).toEqual({ interactionEvent: 'Register' });
    expect(calls[3]?.body).toEqual({ verificationId: 'v-social' });
  });

  it('registers at once where nobody signs in', async () => {
    const { calls, leave } = come({ changes: { signInMode: 'Register' } });
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(REDIRECT));
    expect(lines(calls).slice(1, 3)).toEqual(['PUT /interaction-event', 'POST /identification']);
  });

  it('says that the account is there already where nobody signs in', async () => {
    come({
      script: identification(refused(422, 'user.identity_already_in_use')),
      changes: { signInMode: 'Register' },
    });
    expect(await alert()).toContain('belongs to an account here already');
  });

  it.each(['ManualRegistrationOnly', 'Manual'] as const)(
    'asks somebody unknown to agree to the terms under %s',
    async (agreeToTermsPolicy) => {
      const changes = { agreeToTermsPolicy, privacyPolicyUrl: TERMS };
      const { calls } = come({ script: identification(unknown), changes });
      await screen.findByRole('dialog');
      await fireEvent.click(button('Cancel'));
      await waitFor(() => expect(shownPath()).toBe('/sign-in?app_id=shop'));
      expect(screen.queryByRole('alert')).toBeNull();
      expect(lines(calls)).not.toContain('PUT /interaction-event');

      const { leave } = come({ script: identification(unknown), changes });
      await screen.findByRole('dialog');
      await send('Agree and continue');
      await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(REDIRECT));
    },
  );

  it('asks nobody for terms that are not there, or who has an account', async () => {
    const none = come({ script: identification(unknown), changes: { agreeToTermsPolicy: 'Manual' } });
    await waitFor(() => expect(none.leave).toHaveBeenCalledWith(REDIRECT));
    const known = come({ changes: { agreeToTermsPolicy: 'Manual', termsOfUseUrl: TERMS } });
    await waitFor(() => expect(known.leave).toHaveBeenCalledWith(REDIRECT));
  });

  it.each([
    ['c1', 'user.identity_not_exist'],
    ['acme', 'user.sso_identity_not_exist'],
  ])('%s: says that there is no account where none can be made (%s)', async (id, code) => {
    const { calls } = come({ id, script: identification(refused(404, code)), changes: { signInMode: 'SignIn' } });
    expect(await alert()).toContain('creating accounts is switched off');
    expect(shownPath()).toBe('/sign-in?app_id=shop');
    expect(lines(calls)).not.toContain('PUT /interaction-event');
  });

  it('registers somebody unknown through single sign-on', async () => {
    const { calls, leave } = come({ id: 'acme', script: identification(refused(404, 'user.sso_identity_not_exist')) });
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(REDIRECT));
    expect(lines(calls)).toContain('PUT /interaction-event');
  });

  it.each([
    [['email'], '/continue/email', 'Add your email address'],
    [['username', 'password'], '/continue/username', 'One more thing'],
  ])('goes on to ask for %j', async (missingProfile, path, title) => {
    const before = window.history.length;
    come({ script: identification(unknown, refused(422, 'user.missing_profile', { missingProfile })) });
    await waitFor(() => expect(heading()).toBe(title));
    expect(shownPath()).toBe(`${path}?app_id=shop`);
    expect(window.history.length).toBe(before);
  });

  it.each<[[number, object], string, string]>([
    [refused(401, 'user.suspended'), '/account-suspended', 'This account is suspended'],
    [refused(400, 'session.not_found'), '/unknown-session', 'This sign-in is no longer active'],
    [
      refused(403, 'session.mfa.require_mfa_verification', { availableFactors: ['Totp'] }),
      '/mfa-verification/Totp',
      'Enter the code from your app',
    ],
  ])('%j has a page of its own, in place of this one', async (answer, path, title) => {
    const before = window.history.length;
    come({ script: identification(answer) });
    await waitFor(() => expect(heading()).toBe(title));
    expect(shownPath().startsWith(path)).toBe(true);
    expect(window.history.length).toBe(before);
  });

  it('goes to the company when the address is one of its own', async () => {
    const ssoConnectors = [{ id: 'acme', connectorName: 'Acme', logo: null, darkLogo: null }];
    const { leave } = come({
      script: { ...departures, ...identification(refused(422, 'session.sso_enabled', { ssoConnectors })) },
    });
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(AT_ACME));
    expect(window.location.pathname).toBe('/single-sign-on/connectors');
  });

  describe('with an account that has the address', () => {
    const arrive = async (arrival: Arrival = {}) => {
      const made = come({ ...arrival, script: { ...identification(related), ...arrival.script } });
      await waitFor(() => expect(heading()).toBe('Is this account yours?'));
      return made;
    };

    it('asks whether to link the two, and names what was related', async () => {
      const before = window.history.length;
      const { leave } = await arrive();
      expect(shownPath()).toBe('/social/link/c1?app_id=shop');
      expect(window.history.length).toBe(before);
      expect(screen.getByText(/You signed in with Google, which knows you as a@b\.c\./)).toBeTruthy();
      expect(link('Back to sign in').getAttribute('href')).toBe('/sign-in?app_id=shop');
      expect(leave).not.toHaveBeenCalled();
    });

    it('links them', async () => {
      const { calls, leave } = await arrive();
      await send('Link to a@b.c');
      await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(REDIRECT));
      expect(lines(calls).slice(2)).toEqual(['POST /identification', 'POST /submit']);
      expect(calls[2]?.body).toEqual({ verificationId: 'v-social', linkSocialIdentity: true });
    });

    it('makes another account', async () => {
      const { calls, leave } = await arrive();
      await fireEvent.click(button('Create a new account'));
      await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(REDIRECT));
      expect(lines(calls).slice(2)).toEqual(['PUT /interaction-event', 'POST /identification', 'POST /submit']);
      expect(calls[3]?.body).toEqual({ verificationId: 'v-social' });
    });

    it('asks to agree to the terms before it makes one', async () => {
      const { calls } = await arrive({
        changes: { agreeToTermsPolicy: 'ManualRegistrationOnly', termsOfUseUrl: TERMS },
      });
      await fireEvent.click(button('Create a new account'));
      await screen.findByRole('dialog');
      await fireEvent.click(button('Cancel'));
      await waitFor(() => expect(shownPath()).toBe('/sign-in?app_id=shop'));
      expect(lines(calls)).not.toContain('PUT /interaction-event');
    });

    it('offers no new account where none can be made', async () => {
      await arrive({ changes: { signInMode: 'SignIn' } });
      expect(button('Link to a@b.c')).toBeTruthy();
      expect(screen.queryByRole('button', { name: 'Create a new account' })).toBeNull();
    });

    it('says on the page what is in the way of linking', async () => {
      await arrive({ script: identification(related, refused(422, 'user.social_account_exists_in_profile')) });
      await send('Link to a@b.c');
      expect(await alert()).toContain('linked to another account of the same provider');
    });

    it('outlives a page that is loaded anew', async () => {
      await arrive();
      const { leave } = open({ path: '/social/link/c1', data: having() });
      await waitFor(() => expect(heading()).toBe('Is this account yours?'));
      await send('Link to a@b.c');
      await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(REDIRECT));
    });

    it('is not asked without one, nor for another connector', async () => {
      open({ path: '/social/link/c1', data: having() });
      await waitFor(() => expect(shownPath()).toBe('/sign-in?app_id=shop'));
      await arrive();
      open({ path: '/social/link/c2', data: having() });
      await waitFor(() => expect(shownPath()).toBe('/sign-in?app_id=shop'));
    });
  });
});
