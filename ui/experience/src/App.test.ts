import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PageData } from './data';
import { experience, lines } from './testing/fake';
import { button, descriptionOf, field, heading, link, open } from './testing/screen';

const E = '/api/experience';
const REDIRECT = 'http://localhost:3001/oidc/auth/abc';
const type = (element: HTMLInputElement, value: string) => fireEvent.input(element, { target: { value } });
const send = (name: string) => fireEvent.submit(button(name).closest('form') as HTMLFormElement);

// Screens that are fetched when they are needed are there at once.
beforeAll(() => import('./screens/steps'));

describe('pages without an interaction', () => {
  it.each<[PageData['page'], string]>([
    ['no-interaction', 'A sign-in starts in an app'],
    ['unknown-session', 'This sign-in is no longer active'],
  ])('%s says how a sign-in starts', (page, title) => {
    open({ path: '/sign-in', data: { page, application: null } });
    expect(heading()).toBe(title);
    expect(screen.getByText(/http:\/\/localhost:3001\/oidc\/auth/)).toBeTruthy();
    expect(field('Issuer').value).toBe('http://localhost:3001/oidc');
    expect(button('Copy Issuer')).toBeTruthy();
    expect(link('Start a test sign-in').getAttribute('href')).toBe('/demo-app?start=1');
  });
});

describe('custom content (sheet 5.5)', () => {
  it('stands on the page of its path and on no other', () => {
    const customContent = { '/sign-in': '<p>Ask at the desk.</p>' };
    const data = { signInExperience: experience({ customContent }) };
    open({ path: '/sign-in', data });
    expect(screen.getByText('Ask at the desk.').parentElement?.className).toContain('logto_custom-content');
    open({ path: '/register', data });
    expect(screen.queryByText('Ask at the desk.')).toBeNull();
  });
});

describe('fall-backs', () => {
  it('replaces the address and keeps the hint', async () => {
    open({ path: '/single-sign-on', query: { loginHint: 'alice' } });
    await waitFor(() => expect(window.location.pathname).toBe('/sign-in'));
    expect(window.location.search).toBe('?app_id=shop&login_hint=alice');
    expect(field('Email or username').value).toBe('alice');
  });

  it('says that an address belongs to nothing', () => {
    open({ path: '/elsewhere' });
    expect(heading()).toBe('There is no page here');
  });
});

describe('/register', () => {
  it('creates an account', async () => {
    const { calls, leave } = open({ path: '/register' });
    expect(field('Password').autocomplete).toBe('new-password');
    expect(descriptionOf(field('Password'))).toBe('At least 8 characters');
    await type(field('Username'), 'newbie');
    await type(field('Password'), 'a fine password');
    await send('Create account');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(lines(calls)[1]).toBe('POST /verification/new-password-identity');
  });

  it('puts refusals beside the fields', async () => {
    open({
      path: '/register',
      query: { loginHint: 'taken' },
      script: {
        [`POST ${E}/verification/new-password-identity`]: (body) =>
          (body['identifier'] as { value: string }).value === 'taken'
            ? [422, { code: 'user.username_already_in_use', message: '' }]
            : [
                422,
                { code: 'password.rejected', message: '', data: { issues: [{ code: 'password_rejected.pwned' }] } },
              ],
      },
    });
    await type(field('Password'), 'password');
    await send('Create account');
    await waitFor(() => expect(descriptionOf(field('Username'))).toContain('That username is taken'));
    await waitFor(() => expect(document.activeElement).toBe(field('Username')));
    await type(field('Username'), 'newbie');
    await send('Create account');
    await waitFor(() => expect(descriptionOf(field('Password'))).toContain('known from data breaches'));
    expect(field('Username').getAttribute('aria-invalid')).toBeNull();
  });

  it('refuses a username of the wrong form before anything is sent', async () => {
    const { calls } = open({ path: '/identifier-register', query: { loginHint: 'a@b.c' } });
    await send('Continue');
    await waitFor(() => expect(descriptionOf(field('Username'))).toContain('letters, digits and underscores'));
    expect(calls).toEqual([]);
  });

  it.each([
    [['username', 'password'], 'One more thing', /Username/],
    [['email'], 'Add your email address', /Email/],
    [['phone'], 'Add your phone number', /Phone/],
    [['emailOrPhone'], 'Add your email address or phone number', /Email or phone/],
    [['password', 'email'], 'One more thing', /Password/],
    [['somethingNew'], 'One more thing', /does not know how to ask/],
  ])('asks for %j when that is missing', async (missingProfile, title, text) => {
    open({
      path: '/register',
      query: { loginHint: 'newbie' },
      script: {
        [`POST ${E}/identification`]: [422, { code: 'user.missing_profile', message: '', data: { missingProfile } }],
      },
    });
    await type(field('Password'), 'a fine password');
    await send('Create account');
    await waitFor(() => expect(heading()).toBe(title));
    expect(window.location.pathname).toBe(`/continue/${missingProfile[0]}`);
    expect(screen.getAllByText(text).length).toBeGreaterThan(0);
  });
});

describe('development sign-in', () => {
  const developmentSignIn = {
    people: [
      { id: 'u1', name: 'Alice Archer', initials: 'AA', suspended: false },
      { id: 'u2', name: 'Carol', initials: 'CL', suspended: true },
    ],
    password: 'demo password',
  };

  it('is absent unless the server sends it', () => {
    open();
    expect(screen.queryByText('Development sign-in.')).toBeNull();
  });

  it('continues at once as somebody', async () => {
    const { calls, leave } = open({ data: { developmentSignIn } });
    expect(screen.getByText('demo password')).toBeTruthy();
    expect(button(/Carol.*suspended/)).toBeTruthy();
    await fireEvent.click(button(/Alice Archer/));
    await fireEvent.click(button(/Carol/));
    await waitFor(() => expect(leave).toHaveBeenCalledExactlyOnceWith(REDIRECT));
    expect(lines(calls)).toEqual([
      'PUT /',
      'POST /verification/development-sign-in',
      'POST /identification',
      'POST /submit',
    ]);
    expect(calls[1]?.body).toEqual({ userId: 'u1' });
  });

  it('offers only what the sign-in mode allows', () => {
    open({ data: { developmentSignIn, signInExperience: experience({ signInMode: 'SignIn' }) } });
    expect(screen.queryByRole('button', { name: /New person/ })).toBeNull();
    open({ path: '/register', data: { developmentSignIn, signInExperience: experience({ signInMode: 'Register' }) } });
    expect(screen.queryByRole('button', { name: /Alice Archer/ })).toBeNull();
    expect(button(/New person/)).toBeTruthy();
  });

  it('continues as somebody new', async () => {
    const { calls, leave } = open({ data: { developmentSignIn } });
    await fireEvent.click(button(/New person/));
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(calls[1]?.body).toEqual({ newPerson: true });
  });
});

describe('/consent', () => {
  const CONSENT = '/api/interaction/consent';
  const info = {
    application: { id: 'x', name: 'Third', displayName: 'Third party' },
    user: { id: 'u1', name: 'Alice' },
    missingOIDCScope: ['email'],
    missingResourceScopes: [],
    redirectUri: 'https://third.example/callback',
  };

  it('shows who asks whom for what, and allows it', async () => {
    const { calls, leave } = open({
      path: '/consent',
      script: { [`GET ${CONSENT}`]: [200, info], [`POST ${CONSENT}`]: [200, { redirectTo: REDIRECT }] },
    });
    await waitFor(() => expect(heading()).toBe('Third party asks for access'));
    for (const text of ['Signed in as Alice', 'Allowing it takes you to third.example', 'Your email address']) {
      expect(screen.getByText(text)).toBeTruthy();
    }
    await send('Allow');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([`GET ${CONSENT}`, `POST ${CONSENT}`]);
  });

  it('goes back to the application when refused', async () => {
    const { leave } = open({ path: '/consent', script: { [`GET ${CONSENT}`]: [200, info] } });
    await waitFor(() => expect(button('Cancel')).toBeTruthy());
    await fireEvent.click(button('Cancel'));
    expect(leave).toHaveBeenCalledExactlyOnceWith('https://third.example/callback');
  });

  it('says what went wrong and can try again', async () => {
    open({
      path: '/consent',
      script: {
        [`GET ${CONSENT}`]: (_, before) => (before === 0 ? [500, { code: 'odd', message: 'it broke' }] : [200, info]),
      },
    });
    expect((await screen.findByRole('alert')).textContent).toContain('it broke');
    await fireEvent.click(button('Try again'));
    await waitFor(() => expect(button('Allow')).toBeTruthy());
  });
});

describe('the test client', () => {
  const page = 'demo' as const;

  it('shows who signed in and what it got', () => {
    open({ data: { page, demo: { userName: 'Alice', idTokenClaims: { sub: 'u1' }, userinfo: { email: 'a@b.c' } } } });
    expect(heading()).toBe('Signed in as Alice');
    expect(screen.getByRole('table', { name: 'ID token claims' }).textContent).toContain('u1');
    expect(screen.getByRole('table', { name: 'Userinfo' }).textContent).toContain('a@b.c');
    expect(link('Sign in again').getAttribute('href')).toBe('/demo-app?start=1');
    expect(link('Sign out').getAttribute('href')).toBe('/demo-app?sign_out=1');
  });

  it('says that the code waits in the window', () => {
    open({ data: { page, demo: { codeWaits: true } } });
    expect(heading()).toBe('The code has arrived');
    expect(screen.getByText(/redeem it step by step/)).toBeTruthy();
  });

  it('says what went wrong', () => {
    open({ data: { page, demo: { problem: 'The code was used before.' } } });
    expect(screen.getByRole('alert').textContent).toBe('The code was used before.');
    expect(screen.queryByRole('link', { name: 'Sign out' })).toBeNull();
  });
});
