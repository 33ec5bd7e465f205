import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PageData, SignInExperience, SignInMethod } from '../data';
import { experience, lines, type Script } from '../testing/fake';
import { button, descriptionOf, field, heading, link, open } from '../testing/screen';

beforeAll(() => import('./steps'));
afterEach(() => vi.useRealTimers());

const E = '/api/experience';
const REDIRECT = 'http://localhost:3001/oidc/auth/abc';
const EMAIL: SignInMethod = { identifier: 'email', password: true, verificationCode: true, isPasswordPrimary: false };
const ONLY_CODE: SignInMethod = { ...EMAIL, password: false };
const having = (changes: Partial<SignInExperience>): Partial<PageData> => ({ signInExperience: experience(changes) });
const signingIn = (...methods: SignInMethod[]) => having({ signIn: { methods } });
const refusal = (code: string, data?: object): [number, object] => [422, { code, message: '', data }];

const type = (element: HTMLInputElement, value: string) => fireEvent.input(element, { target: { value } });
const send = (name: string) => fireEvent.submit(button(name).closest('form') as HTMLFormElement);
const code = () => field('6-digit code');
const path = () => window.location.pathname;

/** Types an address on the first page and waits for the page that asks for the code. */
async function toCode(options: Parameters<typeof open>[0] = {}, start = 'Continue') {
  const made = open({ path: '/sign-in', data: signingIn(ONLY_CODE), ...options });
  await type(field(/^(Email|Email or .*)$/), 'alice@example.test');
  await send(start);
  await waitFor(() => expect(heading()).toBe('Check your email'));
  return made;
}

describe('signing in with a code', () => {
  it('sends one, takes it at the sixth digit and finishes', async () => {
    const { calls, leave } = await toCode();
    expect(path()).toBe('/sign-in/verification-code');
    expect(screen.getByText('Enter the 6-digit code sent to alice@example.test')).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByRole('heading', { level: 1 }));
    await type(code(), '12345');
    expect(calls).toHaveLength(2);
    await type(code(), '123456');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(lines(calls)).toEqual([
      'PUT /',
      'POST /verification/verification-code',
      'POST /verification/verification-code/verify',
      'POST /identification',
      'POST /submit',
    ]);
    const identifier = { type: 'email', value: 'alice@example.test' };
    expect(calls.slice(1, 4).map((call) => call.body)).toEqual([
      { identifier, interactionEvent: 'SignIn' },
      { identifier, verificationId: 'v-code', code: '123456' },
      { verificationId: 'v-code' },
    ]);
  });

  it('is one field that phones and password managers know how to fill in', async () => {
    await toCode();
    expect([code().autocomplete, code().inputMode]).toEqual(['one-time-code', 'numeric']);
    expect(screen.getAllByRole('textbox')).toHaveLength(1);
  });

  it.each(['123 456', '123-456', ' 1 2 3 4 5 6\n', '١٢٣٤٥٦', '1234567'])('takes %j when it is typed', async (text) => {
    const { calls } = await toCode();
    await type(code(), text);
    await waitFor(() => expect(calls.length).toBeGreaterThan(2));
    expect(calls[2]?.body).toMatchObject({ code: '123456' });
    expect(code().value).toBe('123456');
  });

  it('takes a code that is pasted anywhere on the page', async () => {
    const { leave } = await toCode();
    await fireEvent.paste(document.body, { clipboardData: { getData: () => '123-456' } });
    await waitFor(() => expect(leave).toHaveBeenCalled());
  });

  it('says where the code is, unless it really is sent', async () => {
    await toCode();
    expect(screen.getByText(/No mail leaves this computer/)).toBeTruthy();
    await toCode({ data: { ...signingIn(ONLY_CODE), messages: { inbox: { email: false, phone: true } } } });
    expect(screen.queryByText(/No mail leaves this computer/)).toBeNull();
  });

  it.each([
    ['verification_code.code_mismatch', 'type it again'],
    ['verification_code.expired', 'expired. Send a new one'],
    ['verification_code.exceed_max_try', 'one try too many'],
    ['verification_code.not_found', 'no longer valid'],
  ])('%s stays at the field and says what to do', async (problem, words) => {
    await toCode({ script: { [`POST ${E}/verification/verification-code/verify`]: refusal(problem) } });
    await type(code(), '123456');
    await waitFor(() => expect(descriptionOf(code())).toContain(words));
    expect(code().getAttribute('aria-invalid')).toBe('true');
    await waitFor(() => expect(document.activeElement).toBe(code()));
    expect(code().value).toBe('123456');
  });

  it('asks for all digits before anything is sent', async () => {
    const { calls } = await toCode();
    await type(code(), '123');
    await send('Continue');
    await waitFor(() => expect(descriptionOf(code())).toBe('Enter all 6 digits of the code.'));
    expect(calls).toHaveLength(2);
  });

  it('does not check a code again that was right when a later step failed', async () => {
    const { calls, leave } = await toCode({
      script: { [`POST ${E}/identification`]: (_, before) => (before === 0 ? [500, { code: 'odd' }] : [204]) },
    });
    await type(code(), '123456');
    await screen.findByRole('alert');
    await send('Continue');
    await waitFor(() => expect(leave).toHaveBeenCalled());
    expect(lines(calls).filter((line) => line.endsWith('/verify'))).toHaveLength(1);
  });

  it('sends another after a minute, and says when that is possible', async () => {
    vi.useFakeTimers();
    open({ path: '/sign-in', data: signingIn(ONLY_CODE) });
    const { calls } = open({ path: '/sign-in', data: signingIn(ONLY_CODE), script: resent });
    await type(field('Email'), 'alice@example.test');
    await send('Continue');
    await vi.advanceTimersByTimeAsync(10);
    expect(screen.getByText('You can send a new code in 60 seconds')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Send a new code' })).toBeNull();
    const said = () => screen.getAllByRole('status').map((one) => one.textContent);
    expect(said().join('')).toBe('');
    await vi.advanceTimersByTimeAsync(59_000);
    expect(screen.getByText('You can send a new code in 1 second')).toBeTruthy();
    expect(said().join('')).toBe('');
    await vi.advanceTimersByTimeAsync(1000);
    expect(said()).toContain('You can send a new code now.');
    await fireEvent.click(button('Send a new code'));
    await vi.advanceTimersByTimeAsync(10);
    expect(said()).toContain('A new code is on its way.');
    await type(code(), '123456');
    await vi.advanceTimersByTimeAsync(10);
    expect(calls.find((call) => call.path.endsWith('/verify'))?.body).toMatchObject({ verificationId: 'v-2' });
    expect(lines(calls).filter((line) => line === 'PUT /')).toHaveLength(1);
  });
  const resent: Script = {
    [`POST ${E}/verification/verification-code`]: (_, before) => [200, { verificationId: `v-${before + 1}` }],
  };

  it('keeps what was typed on the way back', async () => {
    await toCode();
    await fireEvent.click(link('Use another email address'));
    await waitFor(() => expect(field('Email').value).toBe('alice@example.test'));
  });

  it('begins again when the page is opened without a code', async () => {
    open({ path: '/sign-in/verification-code', data: signingIn(ONLY_CODE) });
    await waitFor(() => expect(path()).toBe('/sign-in'));
  });
});

describe('passwords and codes', () => {
  it('asks for the primary one first and offers the other', async () => {
    await toCode({ data: signingIn(EMAIL) });
    await fireEvent.click(link('Use password instead'));
    await waitFor(() => expect(heading()).toBe('Enter your password'));
    await fireEvent.click(button('Use a code instead'));
    await waitFor(() => expect(heading()).toBe('Check your email'));
  });

  it('goes to the password first where that is primary, and signs in with it', async () => {
    const { calls, leave } = open({ data: signingIn({ ...EMAIL, isPasswordPrimary: true }) });
    await type(field('Email'), 'alice@example.test');
    await send('Continue');
    await waitFor(() => expect(heading()).toBe('Enter your password'));
    expect(calls).toEqual([]);
    await type(field('Password'), 'right');
    await send('Sign in');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(lines(calls)[1]).toBe('POST /verification/password');
  });

  it('offers no password where only codes are accepted', async () => {
    await toCode();
    expect(screen.queryByText('Use password instead')).toBeNull();
  });

  it('lists the ways there are', async () => {
    const { app } = await toCode({ data: signingIn(EMAIL) });
    app.go('/sign-in/verification-methods');
    await waitFor(() => expect(heading()).toBe('Choose how to sign in'));
    expect(link(/Password/).getAttribute('href')).toBe('/sign-in/password?app_id=shop');
    await fireEvent.click(button(/Email/));
    await waitFor(() => expect(heading()).toBe('Check your email'));
  });

  it('says that codes cannot be sent', async () => {
    open({
      data: signingIn(ONLY_CODE),
      script: { [`POST ${E}/verification/verification-code`]: [501, { code: 'connector.not_found', message: '' }] },
    });
    await type(field('Email'), 'alice@example.test');
    await send('Continue');
    expect((await screen.findByRole('alert')).textContent).toContain("Codes can't be sent here");
    expect(path()).toBe('/sign-in');
  });
});

describe('an account that is not what the flow expected', () => {
  const unknown: Script = {
    [`POST ${E}/identification`]: (_, before) => (before === 0 ? [404, { code: 'user.user_not_exist' }] : [201]),
  };

  it('offers to create one that is not there, with the same code', async () => {
    const { calls, leave } = await toCode({ script: unknown });
    await type(code(), '123456');
    await waitFor(() => expect(heading()).toBe('Create an account?'));
    expect(screen.getByText('There is no account for alice@example.test yet.')).toBeTruthy();
    expect(screen.queryByRole('alert')).toBeNull();
    await send('Create account');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(lines(calls).slice(4)).toEqual(['PUT /interaction-event', 'POST /identification', 'POST /submit']);
    expect(calls.slice(4, 6).map((call) => call.body)).toEqual([
      { interactionEvent: 'Register' },
      { verificationId: 'v-code' },
    ]);
  });

  it('asks to agree to terms first where a new account takes that', async () => {
    const terms = { agreeToTermsPolicy: 'ManualRegistrationOnly', termsOfUseUrl: 'https://example.test/t' } as const;
    const { calls, leave } = await toCode({
      script: unknown,
      data: having({ signIn: { methods: [ONLY_CODE] }, ...terms }),
    });
    await type(code(), '123456');
    await waitFor(() => expect(heading()).toBe('Create an account?'));
    await send('Create account');
    await waitFor(() => expect(screen.getByText('Agree to go on.')).toBeTruthy());
    expect(lines(calls)).not.toContain('PUT /interaction-event');
    await fireEvent.click(screen.getByRole('checkbox'));
    await send('Create account');
    await waitFor(() => expect(leave).toHaveBeenCalled());
  });

  it('offers nothing where accounts cannot be made', async () => {
    await toCode({ script: unknown, data: having({ signIn: { methods: [ONLY_CODE] }, signInMode: 'SignIn' }) });
    await type(code(), '123456');
    expect((await screen.findByRole('alert')).textContent).toContain('There is no account');
    expect(heading()).toBe('Check your email');
  });

  const signUp = { identifiers: ['email' as const], password: false, verify: true };
  it('registers with an address', async () => {
    const { calls, leave } = await toCode({ path: '/register', data: having({ signUp }) });
    expect(path()).toBe('/register/verification-code');
    await type(code(), '123456');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(calls.slice(0, 2).map((call) => call.body)).toMatchObject([
      { interactionEvent: 'Register' },
      { interactionEvent: 'Register' },
    ]);
  });

  it('offers to sign in to one that is there', async () => {
    const { calls, leave } = await toCode({
      path: '/register',
      data: having({ signUp, signIn: { methods: [ONLY_CODE] } }),
      script: {
        [`POST ${E}/identification`]: (_, before) => (before === 0 ? refusal('user.email_already_in_use') : [204]),
      },
    });
    await type(code(), '123456');
    await waitFor(() => expect(heading()).toBe('You already have an account'));
    await send('Sign in');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    expect(calls[4]?.body).toEqual({ interactionEvent: 'SignIn' });
  });

  it('says so where that address cannot sign in with a code', async () => {
    await toCode({
      path: '/register',
      data: having({ signUp, signIn: { methods: [{ ...EMAIL, verificationCode: false }] } }),
      script: { [`POST ${E}/identification`]: refusal('user.email_already_in_use') },
    });
    await type(code(), '123456');
    expect((await screen.findByRole('alert')).textContent).toContain('already has an account');
  });
});

describe('/continue with an address', () => {
  const missing = (...missingProfile: string[]) => refusal('user.missing_profile', { missingProfile });

  it('confirms it, adds it and asks for what is missing then', async () => {
    const { calls, leave } = open({
      script: {
        [`POST ${E}/submit`]: (_, before) =>
          before === 0
            ? missing('email', 'username')
            : before === 1
              ? missing('username')
              : [200, { redirectTo: REDIRECT }],
      },
    });
    await type(field('Email or username'), 'alice');
    await type(field('Password'), 'right');
    await send('Sign in');
    await waitFor(() => expect(heading()).toBe('Add your email address'));
    expect(field('Email').autocomplete).toBe('email');
    await send('Continue');
    await waitFor(() => expect(descriptionOf(field('Email'))).toBe('Enter your email address.'));
    await type(field('Email'), 'alice@example.test');
    await send('Continue');
    await waitFor(() => expect(path()).toBe('/continue/verification-code'));
    await waitFor(() => expect(heading()).toBe('Check your email'));
    await fireEvent.click(link('Use another email address'));
    await waitFor(() => expect(field('Email').value).toBe('alice@example.test'));
    await send('Continue');
    await waitFor(() => expect(heading()).toBe('Check your email'));
    await type(code(), '123456');
    await waitFor(() => expect(heading()).toBe('One more thing'));
    expect(path()).toBe('/continue/username');
    await type(field('Username'), 'alice');
    await send('Continue');
    await waitFor(() => expect(leave).toHaveBeenCalledWith(REDIRECT));
    const profile = calls.filter((call) => call.path === `${E}/profile`).map((call) => call.body);
    expect(profile).toEqual([
      { type: 'email', verificationId: 'v-code' },
      { type: 'username', value: 'alice' },
    ]);
    // Nothing of this may start the interaction over.
    expect(lines(calls).filter((line) => line === 'PUT /')).toHaveLength(1);
  });

  it('says on the code page that the address belongs to somebody else', async () => {
    const { app } = open({
      script: {
        [`POST ${E}/submit`]: missing('email'),
        [`POST ${E}/profile`]: refusal('user.email_already_in_use'),
      },
    });
    await type(field('Email or username'), 'alice');
    await type(field('Password'), 'right');
    await send('Sign in');
    await waitFor(() => expect(heading()).toBe('Add your email address'));
    app.addition = 'bob@example.test';
    await send('Continue');
    await waitFor(() => expect(heading()).toBe('Check your email'));
    await type(code(), '123456');
    expect((await screen.findByRole('alert')).textContent).toContain('already has an account');
  });
});

describe('a page that was loaded anew in the middle', () => {
  it('asks the server what comes next', async () => {
    const { calls } = open({
      path: '/continue/email',
      script: { [`POST ${E}/submit`]: refusal('user.missing_profile', { missingProfile: ['email'] }) },
    });
    await waitFor(() => expect(heading()).toBe('Add your email address'));
    expect(lines(calls)).toEqual(['POST /submit']);
  });

  it('says that the step is over when there is nothing to go on from', async () => {
    open({
      path: '/continue/email',
      script: { [`POST ${E}/submit`]: [404, { code: 'session.identifier_not_found' }] },
    });
    await waitFor(() => expect(heading()).toBe('This step is over'));
    expect(link('Start again').getAttribute('href')).toBe('/sign-in?app_id=shop');
  });
});
