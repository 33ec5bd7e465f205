import type { ConsoleRequest } from '$bindings/ConsoleRequest';
import { memoryHost, type MemoryHost } from '$shared/host.memory';
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import App from '../src/App.svelte';
import { jsonObjectProblem, jsonProblem } from '../src/lib/json';
import { exampleUsers } from '$shared/host.memory.data';
import { toUserDraft, toUserForm } from '../src/lib/user-form';

let host: MemoryHost;
beforeEach(() => {
  host = memoryHost({ now: Date.now() });
});
afterEach(() => {
  cleanup();
  window.location.hash = '';
});

function open(hash: string) {
  window.location.hash = hash;
  render(App, { host });
}
const last = <O extends ConsoleRequest['op']>(op: O) =>
  host.requests.filter((request): request is Extract<ConsoleRequest, { op: O }> => request.op === op).at(-1);
const button = (name: string | RegExp) => screen.findByRole('button', { name });
const click = async (name: string | RegExp) => fireEvent.click(await button(name));
const type = (label: string | RegExp, value: string) =>
  fireEvent.input(screen.getByLabelText(label), { target: { value } });

describe('JSON', () => {
  it('is taken as the browser takes it', () => {
    for (const text of ['{}', ' [1, -2.5e3, "a\\u00e9", true, null] ', '{"a": {"b": []}}', '"x"', '0']) {
      expect(jsonProblem(text)).toBeNull();
      JSON.parse(text);
    }
    for (const text of ['', '{', '[1,]', '{"a" 1}', '{a: 1}', "'x'", '01', '{"a": 1} x', '"a', '"\\x"', '"\t"', '-']) {
      expect(jsonProblem(text)).not.toBeNull();
      expect(() => JSON.parse(text) as unknown).toThrow();
    }
  });

  it('says where it is wrong', () => {
    expect(jsonProblem('{\n  "plan": "gold",\n  "points": 1\n  "x": 1\n}')).toEqual({
      line: 4,
      column: 3,
      message: 'Expected a comma or “}”, but there is a quote.',
    });
    expect(jsonProblem('{"a": [1, 2')).toMatchObject({ line: 1, column: 7 });
    expect(jsonProblem('{"a": 1,}')).toMatchObject({ column: 8, message: 'Nothing follows this comma. Remove it.' });
    expect(jsonObjectProblem('\n [1]')).toMatchObject({ line: 2, column: 2 });
    expect(jsonObjectProblem('  ')).toBeNull();
  });
});

describe('the form', () => {
  it('sends what is filled in, and keeps custom data', () => {
    const alice = exampleUsers(0)[0];
    if (!alice) throw new Error('no example');
    const form = toUserForm({ ...alice, profile: { givenName: 'Alice', address: { country: 'GB', formatted: 'x' } } });
    form.profile.givenName = ' ';
    form.profile.locale = 'en-GB';
    form.primaryEmail = '';
    expect(toUserDraft(form, alice)).toMatchObject({
      primaryEmail: null,
      password: null,
      profile: { locale: 'en-GB', address: { country: 'GB', formatted: 'x' } },
      customData: alice.customData,
    });
    expect(toUserDraft(form, alice).profile).not.toHaveProperty('givenName');
    expect(toUserDraft(toUserForm(null), null).profile).toEqual({});
  });
});

describe('the list', () => {
  it('finds people, draws a part of many, and walks with the arrows', async () => {
    host = memoryHost({ now: Date.now(), manyPeople: 1500 });
    open('#/people');
    await screen.findByText('1,505 people');
    const list = screen.getByRole('group', { name: 'People found' });
    expect(list.querySelectorAll('li').length).toBeLessThan(60);
    await type('Search people', 'Person 1242');
    await screen.findByText('1 found');
    await click(/^Person 1242/);
    await screen.findByRole('heading', { name: 'Person 1242' });
    await type('Search people', '');
    await screen.findByText('1,505 people');
    await fireEvent.keyDown(list, { key: 'ArrowUp' });
    await screen.findByRole('heading', { name: 'Person 1241' });
    expect(window.location.hash).toBe('#/people/many1241');
  });

  it('adds a person and shows what is wrong at its field', async () => {
    open('#/people');
    await click('Add');
    const dialog = within(await screen.findByRole('dialog', { name: 'Add a person' }));
    await fireEvent.input(dialog.getByLabelText('Username'), { target: { value: 'alice' } });
    await fireEvent.click(dialog.getByRole('button', { name: 'Add person' }));
    await dialog.findByText(/Another person has this username/);
    await waitFor(() => expect(document.activeElement).toBe(dialog.getByLabelText('Username')));
    await fireEvent.input(dialog.getByLabelText('Username'), { target: { value: 'zoe' } });
    await fireEvent.click(dialog.getByRole('button', { name: 'Add person' }));
    await screen.findByRole('heading', { name: 'zoe' });
  });

  it('makes people up and says who was there', async () => {
    open('#/people');
    await click(/Make people up/);
    const dialog = () => within(screen.getByRole('dialog', { name: 'Make people up' }));
    await fireEvent.input(dialog().getByLabelText('How many'), { target: { value: '20' } });
    await fireEvent.input(dialog().getByLabelText('Seed'), { target: { value: '7' } });
    await fireEvent.click(dialog().getByRole('button', { name: 'Make people up' }));
    await screen.findByText('Made 20 people.');
    expect(last('makeUpPeople')).toMatchObject({ count: 20, seed: 7 });
    await screen.findByText('25 people');
    await click('Delete everybody who was made up');
    await click('Delete made-up people');
    await screen.findByText('5 people');
  });

  it('makes personas and opens one', async () => {
    open('#/people');
    await click(/Choose… Personas/);
    await screen.findByText('Suspended');
    await click('Make 4');
    await screen.findByText('Made 4 personas.');
    await click('Open Authenticator app');
    await screen.findByRole('heading', { name: 'Authenticator app' });
  });
});

describe('a person', () => {
  it('is deleted at once and brought back', async () => {
    open('#/people/b0bbannerbob');
    await click('Delete');
    await screen.findByText('4 people');
    await click('Undo');
    await screen.findByRole('heading', { name: 'Bob Banner' });
    expect(last('restoreUser')).toEqual({ op: 'restoreUser', id: 'b0bbannerbob' });
    await screen.findByText('5 people');
  });

  it('is suspended, and signs in with the name filled in', async () => {
    open('#/people/a1ice0archer');
    await click('Suspend');
    await button('Restore');
    await click('Sign in as…');
    await waitFor(() => expect(host.opened[0]).toContain('login_hint=alice'));
    expect(host.opened[0]).toContain('prompt=login');
  });

  it('keeps what is typed when something changes elsewhere', async () => {
    open('#/people/a1ice0archer/profile');
    await screen.findByLabelText('Nickname');
    await type('Nickname', 'Al');
    host.emit({ configurationChanged: true });
    await waitFor(() => expect(host.requests.filter(({ op }) => op === 'person').length).toBeGreaterThan(1));
    expect(screen.getByLabelText('Nickname')).toHaveProperty('value', 'Al');
    await click('Save changes');
    await screen.findByText('Saved Alice Archer.');
    expect(last('updateUser')?.user.profile).toEqual({ nickname: 'Al' });
  });

  it('has custom data that must be an object', async () => {
    open('#/people/a1ice0archer/data');
    await screen.findByLabelText('A JSON object');
    await type('A JSON object', '{"plan": }');
    await button('Line 1, column 10');
    expect(await button('Save custom data')).toHaveProperty('disabled', true);
    await type('A JSON object', '{"plan": "free"}');
    await click('Save custom data');
    await waitFor(() => expect(last('updateUser')?.user.customData).toEqual({ plan: 'free' }));
  });

  it('gets a password that is shown once', async () => {
    open('#/people/ca0rolcarter/security');
    await click('Draw a password');
    await screen.findByText('k9VtqWnX-4zHrmA7pYes');
    expect(last('setPassword')).toEqual({ op: 'setPassword', id: 'ca0rolcarter', password: null, expired: false });
    await fireEvent.click(screen.getByRole('switch', { name: /Ask for another one/ }));
    await type('New password', 'open sesame');
    await click('Set password');
    await waitFor(() => expect(screen.queryByText('k9VtqWnX-4zHrmA7pYes')).toBeNull());
    await screen.findByText('expired');
    await click('Remove password');
    await screen.findByText('none');
  });

  it('shows the code of an app, and new backup codes', async () => {
    open('#/people/a1ice0archer/security');
    await click('Show code');
    await screen.findByText(/^\d{3} \d{3}$/, { selector: '.digits' });
    await click('New backup codes');
    const codes = await screen.findByRole('list', { name: 'Backup codes' });
    expect(within(codes).getAllByRole('listitem')).toHaveLength(10);
    await click('Remove Authenticator app');
    await button('Add authenticator app');
    expect(last('removeFactor')?.factorId).toBe('totp1');
  });

  it('is signed out of a browser, and grants are taken back', async () => {
    open('#/people/a1ice0archer/access');
    await screen.findByText('read:stock');
    const [first] = screen.getAllByRole('button', { name: /^End the session/ });
    if (first) await fireEvent.click(first);
    await screen.findByText(/Bookstore will be told over the back channel/);
    await click('End session');
    await waitFor(() => expect(screen.getAllByRole('button', { name: /^End the session/ })).toHaveLength(1));
    expect(last('endBrowserSession')?.uid).toBe('q7w2e9r4t1y6u3i8o5p0a');
    await click('Revoke all');
    await click('Revoke all grants');
    await screen.findByText('None.');
    expect(last('revokeGrant')?.grantId).toBeNull();
  });

  it('says so when the person is gone', async () => {
    open('#/people/nobody');
    await screen.findByText(/This person was deleted/);
  });
});
