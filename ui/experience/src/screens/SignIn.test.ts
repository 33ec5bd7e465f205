import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PageData, SignInExperience } from '../data';
import { experience, lines } from '../testing/fake';
import { button, descriptionOf, field, heading, link, open } from '../testing/screen';

const E = '/api/experience';
const REDIRECT = 'http://localhost:3001/oidc/auth/abc';
const having = (changes: Partial<SignInExperience>): Partial<PageData> => ({ signInExperience: experience(changes) });

const type = (element: HTMLInputElement, value: string) => fireEvent.input(element, { target: { value } });
const submit = () => fireEvent.submit(button(/^(Sign in|Continue)$/).closest('form') as HTMLFormElement);

async function signIn(identifier: string, password: string): Promise<void> {
  await type(field('Email or username'), identifier);
  await type(field('Password'), password);
  await submit();
}

describe('/sign-in', () => {
  afterEach(() => vi.useRealTimers());

  it('belongs to the application and starts at its heading', () => {
    open();
    expect(heading()).toBe('Sign in to Bookstore');
    expect(screen.getByText('to continue to localhost:3000')).toBeTruthy();
    expect(document.title).toBe('Sign in to Bookstore');
    expect(document.activeElement).toBe(screen.getByRole('heading', { level: 1 }));
  });

  it('tells password managers what the fields are', () => {
    open();
    expect(field('Email or username').autocomplete).toBe('username');
    expect(field('Password').autocomplete).toBe('current-password');
    expect(field('Password').type).toBe('password');
  });

  it('asks nothing of the server before it is sent', () => {
    expect(open().calls).toEqual([]);
  });

  it('signs in and leaves for where the server says', async () => {
    const { calls, leave } = open();
    await signIn('alice@example.test', 'right');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(calls[1]?.body).toEqual({ identifier: { type: 'email', value: 'alice@example.test' }, password: 'right' });
    expect(calls.every((call) => call.appId === 'shop')).toBe(true);
  });

  it('names what is empty beside the fields, ties it to them and goes to the first', async () => {
    const { calls } = open();
    await submit();
    const identifier = await waitFor(() => {
      expect(field('Email or username').getAttribute('aria-invalid')).toBe('true');
      return field('Email or username');
    });
    expect(descriptionOf(identifier)).toBe('Enter your email or username.');
    expect(descriptionOf(field('Password'))).toBe('Enter your password.');
    expect(screen.getAllByRole('alert')).toHaveLength(2);
    expect(document.activeElement).toBe(identifier);
    expect(calls).toEqual([]);
  });

  it('says above the form that nothing matches, marks both fields and keeps what was typed', async () => {
    const { leave } = open({
      script: { [`POST ${E}/verification/password`]: [422, { code: 'session.invalid_credentials', message: 'x' }] },
    });
    await signIn('alice', 'wrong');
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain("doesn't match an account");
    for (const name of ['Email or username', 'Password']) {
      expect(field(name).getAttribute('aria-invalid')).toBe('true');
      expect(descriptionOf(field(name))).toContain("doesn't match an account");
    }
    expect([field('Email or username').value, field('Password').value]).toEqual(['alice', 'wrong']);
    await waitFor(() => expect(document.activeElement).toBe(field('Password')));
    expect(leave).not.toHaveBeenCalled();
  });

  it('does not blame the fields when the server does not answer, and works the next time', async () => {
    const { leave } = open({
      script: {
        [`PUT ${E}`]: (_, before) => {
          if (before === 0) throw new TypeError('refused');
          return [204];
        },
      },
    });
    await signIn('alice', 'right');
    expect((await screen.findByRole('alert')).textContent).toContain('Check that it is running');
    expect(field('Password').getAttribute('aria-invalid')).toBeNull();
    await submit();
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('sends once, says so only when it takes long, and stays busy while leaving', async () => {
    vi.useFakeTimers();
    let answer: (value: [number]) => void = () => undefined;
    const { calls, leave } = open({
      script: { [`PUT ${E}`]: () => new Promise<[number]>((resolve) => (answer = resolve)) },
    });
    await signIn('alice', 'right');
    await submit();
    expect(calls).toHaveLength(1);
    expect(button('Sign in').getAttribute('aria-disabled')).toBe('true');
    await vi.advanceTimersByTimeAsync(99);
    expect(button('Sign in')).toBeTruthy();
    await vi.advanceTimersByTimeAsync(1);
    expect(button('Signing in')).toBeTruthy();
    answer([204]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(leave).toHaveBeenCalledOnce();
    expect(button('Signing in').getAttribute('aria-disabled')).toBe('true');
  });

  it.each([
    ['user.suspended', 'This account is suspended', '/account-suspended'],
    ['session.not_found', 'This sign-in is no longer active', '/unknown-session'],
  ])('%s leads to a page of its own', async (code, title, path) => {
    open({ script: { [`POST ${E}/verification/password`]: [401, { code, message: '' }] } });
    await signIn('alice', 'right');
    await waitFor(() => expect(heading()).toBe(title));
    expect(window.location.pathname + window.location.search).toBe(`${path}?app_id=shop`);
    expect(document.activeElement).toBe(screen.getByRole('heading', { level: 1 }));
  });

  it('shows and hides the password', async () => {
    open();
    await fireEvent.click(button('Show password'));
    expect(field('Password').type).toBe('text');
    await fireEvent.click(button('Hide password'));
    expect(field('Password').type).toBe('password');
  });

  it('offers an account and brings along what was typed', async () => {
    open();
    await type(field('Email or username'), 'newbie');
    await fireEvent.click(link('Create account'));
    await waitFor(() => expect(heading()).toBe('Create an account for Bookstore'));
    expect(field('Username').value).toBe('newbie');
  });

  it('offers neither an account nor a new password where there is none to be had', () => {
    open({ data: having({ signInMode: 'SignIn' }) });
    expect(screen.queryByRole('link')).toBeNull();
  });

  it('offers what the sign-in experience lists', () => {
    open({
      data: having({
        forgotPassword: { email: true, phone: false },
        socialConnectors: [{ id: 'c', target: 'google', name: { en: 'Google' } }],
        singleSignOnEnabled: true,
        ssoConnectors: [{ id: 'acme', connectorName: 'Acme' }],
      }),
    });
    expect(link('Forgot password?').getAttribute('href')).toBe('/forgot-password?app_id=shop');
    expect(button('Continue with Google').textContent?.trim()).toBe('Google');
    expect(link('Single sign-on').getAttribute('href')).toBe('/single-sign-on/email?app_id=shop');
  });

  it('says why there is no form when no method is switched on', () => {
    open({ data: having({ signIn: { methods: [] } }) });
    expect(screen.getByText(/No way to sign in is switched on/)).toBeTruthy();
    expect(screen.queryByRole('textbox')).toBeNull();
  });

  it('asks to agree to terms where that takes a tick', async () => {
    const { calls, leave } = open({
      data: having({ agreeToTermsPolicy: 'Manual', termsOfUseUrl: 'https://example.test/terms' }),
    });
    await signIn('alice', 'right');
    const tick = screen.getByRole('checkbox');
    await waitFor(() => expect(descriptionOf(tick)).toBe('Agree to go on.'));
    expect(calls).toEqual([]);
    await fireEvent.click(tick);
    await submit();
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
  });
});

describe('/identifier-sign-in', () => {
  const path = '/identifier-sign-in';

  it('shows only the identifiers that were asked for', () => {
    open({ path, query: { identifier: 'email fax' } });
    expect(field('Email').inputMode).toBe('email');
    expect(screen.queryByLabelText('Password')).toBeNull();
  });

  it('refuses what is not one of them', async () => {
    open({ path, query: { identifier: 'email', loginHint: 'alice' } });
    await submit();
    await waitFor(() => expect(descriptionOf(field('Email'))).toContain('name@example.com'));
  });

  it('asks for the password in a second step and keeps the identifier on the way back', async () => {
    const { calls, leave } = open({ path, query: { loginHint: 'alice@example.test' } });
    expect(field('Email or username').value).toBe('alice@example.test');
    await submit();
    await waitFor(() => expect(heading()).toBe('Enter your password'));
    expect(window.location.pathname).toBe('/sign-in/password');
    expect(screen.getByText('Signing in as alice@example.test')).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByRole('heading', { level: 1 }));
    await fireEvent.click(link('Change'));
    await waitFor(() => expect(field('Email or username').value).toBe('alice@example.test'));
    await submit();
    await waitFor(() => expect(heading()).toBe('Enter your password'));
    await type(field('Password'), 'right');
    await submit();
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(lines(calls)).toEqual(['PUT /', 'POST /verification/password', 'POST /identification', 'POST /submit']);
  });

  it('begins again when the second step is opened without the first', async () => {
    open({ path: '/sign-in/password' });
    await waitFor(() => expect(window.location.pathname).toBe('/sign-in'));
    expect(heading()).toBe('Sign in to Bookstore');
  });
});
