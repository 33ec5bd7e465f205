import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lettersOf, standing, withDash, xsrfOf } from '../device';
import { pageData, type Script } from '../testing/fake';
import { button, descriptionOf, field, heading, link, open } from '../testing/screen';

beforeAll(() => import('./steps'));
beforeEach(() => {
  document.cookie = '_logto_device_flow_xsrf=secret; path=/';
});

const HOP = 'POST /oidc/device';
const to = (redirectTo: string): Script => ({ [HOP]: [200, { redirectTo }] });
const code = () => field('Code');
const type = (value: string) => fireEvent.input(code(), { target: { value } });
const send = (name: string) => fireEvent.submit(button(name).closest('form') as HTMLFormElement);

async function show(path: string, title: string, script: Script = {}, userCode?: string) {
  const application = userCode || path !== '/device' ? pageData().application : null;
  const made = open({
    path,
    data: { page: 'device', application, device: userCode ? { userCode } : {} },
    script,
  });
  await waitFor(() => expect(heading()).toBe(title));
  return made;
}

describe('a user code', () => {
  it.each([
    ['', '', ''],
    ['bcdf', 'BCDF', 'BCDF'],
    ['bcdf-g', 'BCDFG', 'BCDF-G'],
    [' bcdf ghjk ', 'BCDFGHJK', 'BCDF-GHJK'],
    ['BCDF–GHJKLM', 'BCDFGHJK', 'BCDF-GHJK'],
  ])('%j is %s, shown as %s', (typed, letters, shown) => {
    expect(lettersOf(typed)).toBe(letters);
    expect(withDash(letters)).toBe(shown);
  });

  it('has a form whose secret is in a cookie', () => {
    expect(xsrfOf('a=b; _logto_device_flow_xsrf=x-1; c=d')).toBe('x-1');
    expect(xsrfOf('other_logto_device_flow_xsrf=x')).toBe('');
  });

  it.each([
    ['/device', false, undefined, ''],
    ['/device?error=AbortedError', true, undefined, ''],
    ['/device?input_code=bcdf&error=ExpiredError', false, 'device.expired', 'BCDF'],
    ['/device?error=Unheard', false, 'error.otherSilent', ''],
    ['/sign-in?error=ExpiredError', false, undefined, ''],
  ])('%s', (address, denied, wrong, typed) => {
    expect(standing(new URL(address, 'http://localhost'))).toEqual({ denied, wrong, typed });
  });
});

describe('/device', () => {
  it('sends the letters with the secret, and goes where it is told', async () => {
    const { calls, leave } = await show('/device', 'Connect a device', to('/device?user_code=BCDF-GHJK'));
    await type('bcdfg');
    expect(code().value).toBe('BCDF-G');
    await type('bcdf-ghjk');
    await send('Continue');
    await waitFor(() => expect(leave).toHaveBeenCalledWith('/device?user_code=BCDF-GHJK'));
    expect(calls.map(({ body }) => body)).toEqual([{ user_code: 'BCDFGHJK', xsrf: 'secret' }]);
  });

  it('says what is missing before it asks anybody', async () => {
    const { calls } = await show('/device', 'Connect a device');
    await send('Continue');
    await waitFor(() => expect(descriptionOf(code())).toBe('Enter the code first.'));
    await type('bcd');
    await send('Continue');
    await waitFor(() => expect(descriptionOf(code())).toMatch(/8 letters/));
    expect(document.activeElement).toBe(code());
    expect(calls).toEqual([]);
  });

  it.each([
    ['NotFoundError', /No device shows this code/],
    ['ExpiredError', /has expired/],
    ['AlreadyUsedError', /used before/],
    ['InvalidRequest', /open for too long/],
    ['TooManyAttemptsError', /too many wrong codes/],
  ])('keeps what was typed and says %s in words', async (error, words) => {
    const { leave } = await show('/device', 'Connect a device', to(`/device?input_code=x&error=${error}`));
    await type('bcdfghjk');
    await send('Continue');
    await waitFor(() => expect(descriptionOf(code())).toMatch(words));
    expect(code().value).toBe('BCDF-GHJK');
    expect(leave).not.toHaveBeenCalled();
  });

  it('shows what the address says is wrong', async () => {
    await show('/device?input_code=bcdfghjk&error=NotFoundError', 'Connect a device');
    expect(code().value).toBe('BCDF-GHJK');
    expect(descriptionOf(code())).toMatch(/No device shows this code/);
  });

  it('says when the provider does not answer', async () => {
    await show('/device', 'Connect a device', { [HOP]: () => Promise.reject(new TypeError('offline')) });
    await type('bcdfghjk');
    await send('Continue');
    await waitFor(() => expect(screen.getByRole('alert')).toBeTruthy());
    expect(code().value).toBe('BCDF-GHJK');
  });
});

describe('the question', () => {
  const ask = (script: Script) => show('/device?user_code=BCDF-GHJK', 'Connect Bookstore?', script, 'BCDF-GHJK');

  it('names the application, shows the code, and takes a yes', async () => {
    const { calls, leave } = await ask(to('/sign-in?app_id=shop'));
    expect(screen.getByText('BCDF-GHJK')).toBeTruthy();
    await send('Yes, continue');
    await waitFor(() => expect(leave).toHaveBeenCalledWith('/sign-in?app_id=shop'));
    expect(calls[0]?.body).toEqual({ user_code: 'BCDFGHJK', xsrf: 'secret', confirm: 'yes' });
  });

  it('takes a no', async () => {
    const { calls, leave } = await ask(to('/device?error=AbortedError'));
    await fireEvent.click(button('No, stop'));
    await waitFor(() => expect(leave).toHaveBeenCalledWith('/device?error=AbortedError'));
    expect(calls[0]?.body).toEqual({ user_code: 'BCDFGHJK', xsrf: 'secret', abort: 'yes' });
  });

  it('says that the code has expired meanwhile', async () => {
    await ask(to('/device?error=ExpiredError'));
    await send('Yes, continue');
    await waitFor(() => expect(screen.getByRole('alert').textContent).toMatch(/has expired/));
    expect(link('Enter another code').getAttribute('href')).toBe('/oidc/device');
  });
});

describe('the end', () => {
  it('is good', async () => {
    await show('/device/success', 'Device connected');
    expect(screen.getByText(/Go back to Bookstore/)).toBeTruthy();
  });

  it('or is not', async () => {
    await show('/device?error=AbortedError', 'Device not connected');
    expect(screen.getByText(/Bookstore was not let in/)).toBeTruthy();
    expect(link('Enter another code').getAttribute('href')).toBe('/oidc/device');
  });
});
