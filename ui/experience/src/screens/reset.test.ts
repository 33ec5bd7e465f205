import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { beforeAll, describe, expect, it } from 'vitest';
import { experience, lines, type Script } from '../testing/fake';
import { button, descriptionOf, field, heading, link, open } from '../testing/screen';

beforeAll(() => import('./steps'));

const E = '/api/experience';
const REDIRECT = 'http://localhost:3001/oidc/auth/abc';
const type = (element: HTMLInputElement, value: string) => fireEvent.input(element, { target: { value } });
const send = (name: string) => fireEvent.submit(button(name).closest('form') as HTMLFormElement);
const path = () => window.location.pathname;
const data = {
  signInExperience: experience({
    forgotPassword: { email: true, phone: true },
    passwordPolicy: { length: { min: 10, max: 64 }, characterTypes: { min: 3 } },
  }),
};
const done: Script = { [`POST ${E}/submit`]: (_, before) => (before === 0 ? [200] : [200, { redirectTo: REDIRECT }]) };

async function toNewPassword(script: Script = {}) {
  const made = open({ path: '/reset-password', query: { loginHint: 'alice@example.test' }, data, script });
  await waitFor(() => expect(heading()).toBe('Reset your password'));
  await send('Send a code');
  await waitFor(() => expect(path()).toBe('/forgot-password/verification-code'));
  await waitFor(() => expect(heading()).toBe('Check your email'));
  await type(field('6-digit code'), '123456');
  await waitFor(() => expect(heading()).toBe('Choose a new password'));
  return made;
}

describe('resetting a password', () => {
  it('confirms a code, sets the password and leads to signing in with it', async () => {
    const { calls, leave } = await toNewPassword(done);
    expect(path()).toBe('/forgot-password/reset');
    expect(screen.getByText('For the account alice@example.test')).toBeTruthy();
    expect(field('New password').autocomplete).toBe('new-password');
    expect(descriptionOf(field('New password'))).toBe(
      'At least 10 characters, and 3 of these: lower case, upper case, digits, symbols',
    );
    await type(field('New password'), 'a fine new password');
    await send('Save the new password');
    await waitFor(() => expect(path()).toBe('/sign-in'));
    await waitFor(() => expect(screen.getByRole('status').textContent).toContain('Your new password is saved'));
    expect(field('Email or username').value).toBe('alice@example.test');
    expect(lines(calls)).toEqual([
      'PUT /',
      'POST /verification/verification-code',
      'POST /verification/verification-code/verify',
      'POST /identification',
      'PUT /profile/password',
      'POST /submit',
    ]);
    expect([calls[0]?.body, calls[4]?.body]).toEqual([
      { interactionEvent: 'ForgotPassword' },
      { password: 'a fine new password' },
    ]);
    // The interaction is over, so signing in begins another.
    await type(field('Password'), 'a fine new password');
    await send('Sign in');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(calls[6]?.body).toEqual({ interactionEvent: 'SignIn' });
  });

  it('says what is wrong with the new password beside it', async () => {
    await toNewPassword({
      [`PUT ${E}/profile/password`]: (_, before) =>
        before === 0
          ? [422, { code: 'user.same_password', message: '' }]
          : [422, { code: 'password.rejected', data: { issues: [{ code: 'password_rejected.pwned' }] } }],
    });
    await send('Save the new password');
    await waitFor(() => expect(descriptionOf(field('New password'))).toBe('Choose a password.'));
    await type(field('New password'), 'the old one');
    await send('Save the new password');
    await waitFor(() => expect(descriptionOf(field('New password'))).toContain('the password you had before'));
    await waitFor(() => expect(document.activeElement).toBe(field('New password')));
    await send('Save the new password');
    await waitFor(() => expect(descriptionOf(field('New password'))).toContain('known from data breaches'));
  });

  it('takes only the identifiers that were asked for, on the landing', async () => {
    open({ path: '/reset-password', query: { identifier: 'phone username' }, data });
    await waitFor(() => expect(field('Phone').inputMode).toBe('tel'));
    open({ path: '/forgot-password', query: { identifier: 'phone' }, data });
    await waitFor(() => expect(field('Email or phone')).toBeTruthy());
  });

  it('does not bring a username along, and leaves it on the page it came from', async () => {
    const { calls } = open({ data });
    await type(field('Email or username'), 'alice');
    await fireEvent.click(link('Forgot password?'));
    await waitFor(() => expect(field('Email or phone').value).toBe(''));
    await send('Send a code');
    await waitFor(() => expect(descriptionOf(field('Email or phone'))).toBe('Enter your email or phone.'));
    expect(calls).toEqual([]);
    await fireEvent.click(link('Back to sign in'));
    await waitFor(() => expect(field('Email or username').value).toBe('alice'));
  });

  it('needs its first step', async () => {
    open({ path: '/forgot-password/reset', data });
    await waitFor(() => expect(path()).toBe('/forgot-password'));
    await waitFor(() => expect(heading()).toBe('Reset your password'));
  });
});
