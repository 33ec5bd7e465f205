import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memoryHost, type MemoryOptions } from '$shared/host.memory';
import App from '../src/App.svelte';

const CTRL_K = { key: 'k', ctrlKey: true };

async function open(hash = '#/inbox', options: MemoryOptions = {}) {
  window.location.hash = hash;
  const host = memoryHost(options);
  render(App, { host });
  await screen.findByText('Serving');
  return host;
}

/** What an option says: its name, and what stands beside it. */
const said = (option: HTMLElement | null) =>
  [option?.querySelector('.name')?.textContent, option?.querySelector('.detail')?.textContent]
    .filter(Boolean)
    .join(', ');

async function palette(query = '') {
  await fireEvent.keyDown(document.body, CTRL_K);
  const field = await screen.findByRole('combobox', { name: /^Search commands/ });
  if (query !== '') await fireEvent.input(field, { target: { value: query } });
  const list = screen.getByRole('listbox', { name: 'Results' });
  const names = () => within(list).queryAllByRole('option').map(said);
  const chosen = () => said(document.getElementById(field.getAttribute('aria-activedescendant') ?? ''));
  const press = (key: string) => fireEvent.keyDown(field, { key });
  return { field, list, names, chosen, press };
}

beforeEach(() => window.localStorage.clear());
afterEach(cleanup);

describe('the command palette', () => {
  it('lists what can be done, moves with the arrows around both ends, and tells screen readers', async () => {
    await open();
    const { field, list, names, chosen, press } = await palette();
    expect(field.getAttribute('aria-expanded')).toBe('true');
    expect(document.getElementById(field.getAttribute('aria-controls') ?? '')).toBe(list);
    expect(names()).toContain('Start a test sign-in');
    expect(names()).not.toContain('Serve on another port');
    expect(chosen()).toBe(names()[0]);
    await press('ArrowDown');
    expect(chosen()).toBe(names()[1]);
    expect(said(within(list).getByRole('option', { selected: true }))).toBe(chosen());
    await press('ArrowUp');
    await press('ArrowUp');
    expect(chosen()).toBe(names().at(-1));
    expect(within(list).getAllByRole('option', { selected: true })).toHaveLength(1);
    await fireEvent.input(field, { target: { value: 'zzqx' } });
    await screen.findByText('0 results');
    expect(screen.getByText(/Nothing is called “zzqx”/)).toBeTruthy();
    expect(field.hasAttribute('aria-activedescendant')).toBe(false);
  });

  it('goes to a page, remembers it, and offers it first next time', async () => {
    await open();
    const first = await palette('playgr');
    await first.press('Enter');
    await screen.findByRole('heading', { level: 1, name: 'Playground' });
    expect(screen.queryByRole('listbox')).toBeNull();
    const again = await palette();
    expect(again.chosen()).toBe('Playground');
    expect(within(again.list).getByRole('group', { name: 'Recent' })).toBeTruthy();
    expect(again.names().filter((name) => name === 'Playground')).toHaveLength(1);
  });

  it('finds sessions by the filter of their page, applications, people and connectors', async () => {
    await open();
    const { field, names, press } = await palette('error:redirect_uri');
    await waitFor(() => expect(names().some((name) => name.includes('redirect_uri rejected'))).toBe(true));
    for (const [query, found] of [
      ['mobile', 'Mobile demo'],
      ['bob', 'Bob Banner'],
      ['google', 'Google'],
      ['second factors', 'Sign-in experience: Second factors'],
      ['smtp', 'Settings: Messages'],
    ] as const) {
      await fireEvent.input(field, { target: { value: query } });
      await waitFor(() =>
        expect(
          names().some((name) => name.startsWith(found)),
          query,
        ).toBe(true),
      );
    }
    await fireEvent.input(field, { target: { value: 'mobile demo' } });
    await waitFor(() => expect(names()[0]).toMatch(/^Mobile demo/));
    await press('Enter');
    await waitFor(() => expect(window.location.hash).toMatch(/^#\/(applications|sessions)\//));
  });

  it('goes to the page of a command that a component carries out, and does it there', async () => {
    await open('#/sessions');
    const { press } = await palette('add person');
    await press('Enter');
    expect(await screen.findByRole('dialog', { name: 'Add a person' })).toBeTruthy();
    expect(window.location.hash).toBe('#/people');
  });

  it('asks before what can’t be undone', async () => {
    const host = await open('#/sessions');
    const { press } = await palette('forget all');
    await press('Enter');
    const dialog = await screen.findByRole('dialog', { name: 'Forget all sessions' });
    expect(host.requests.some(({ op }) => op === 'clearSessions')).toBe(false);
    await fireEvent.click(within(dialog).getByRole('button', { name: 'Forget all sessions' }));
    await screen.findByText('Forgot all live sessions.');
    expect(host.requests.some(({ op }) => op === 'clearSessions')).toBe(true);
  });

  it('says in the corner what could not be done', async () => {
    const host = await open();
    const { press } = await palette('start a test');
    host.refuseNext({ code: 'x', message: 'There is no browser here.', field: null });
    await press('Enter');
    expect(await screen.findByText('There is no browser here.')).toBeTruthy();
  });

  it('switches the theme and opens pages outside', async () => {
    const host = await open();
    await (await palette('theme dark')).press('Enter');
    await waitFor(() => expect(document.documentElement.dataset['theme']).toBe('dark'));
    expect((await palette('theme dark')).names()).not.toContain('Theme: dark');
    await fireEvent.keyDown(screen.getByRole('combobox', { name: /^Search/ }), CTRL_K);
    await (await palette('discovery document')).press('Enter');
    await waitFor(() => expect(host.opened).toEqual(['http://localhost:3001/oidc/.well-known/openid-configuration']));
  });

  it('offers nothing that needs an issuer while the port is busy', async () => {
    window.location.hash = '#/sessions';
    render(App, { host: memoryHost({ portTaken: true }) });
    await screen.findByText('Port 3001 is busy');
    const { names } = await palette();
    expect(names()).toContain('Serve on another port');
    expect(names()).not.toContain('Start a test sign-in');
    expect(names()).not.toContain('Copy the issuer');
  });
});

describe('the keyboard', () => {
  const press = (key: string, more: KeyboardEventInit = {}) => fireEvent.keyDown(document.body, { key, ...more });

  it('goes to pages with g and a letter, and with Ctrl and a number, and puts the focus there', async () => {
    await open();
    await press('g');
    await press('p');
    const heading = await screen.findByRole('heading', { level: 1, name: 'Playground' });
    await waitFor(() => expect(document.activeElement).toBe(heading));
    await press('5', { ctrlKey: true, code: 'Digit5' });
    await screen.findByRole('heading', { level: 1, name: 'People' });
    await press(',', { ctrlKey: true });
    await screen.findByRole('heading', { level: 1, name: 'Settings' });
  });

  it('takes the second of two keys away from the page, and shows the letters meanwhile', async () => {
    await open('#/sessions');
    const list = await screen.findByRole('group', { name: 'Session list' });
    await within(list).findAllByText('Bookstore');
    await press('j');
    await waitFor(() => expect(window.location.hash).not.toBe('#/sessions'));
    const hash = window.location.hash;
    await press('g');
    expect(screen.getByRole('link', { name: /^Sessions/ }).querySelector('kbd')?.textContent).toBe('S');
    await press('k');
    expect(window.location.hash).toBe(hash);
    expect(screen.getByRole('link', { name: /^Sessions/ }).querySelector('kbd')).toBeNull();
  });

  it('does nothing while somebody writes, except with Ctrl', async () => {
    await open('#/people');
    const field = screen.getByRole('searchbox', { name: 'Search people' });
    for (const key of ['n', 'g', 's', '?', '/']) await fireEvent.keyDown(field, { key });
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(window.location.hash).toBe('#/people');
    await fireEvent.keyDown(field, CTRL_K);
    expect(await screen.findByRole('combobox', { name: /^Search commands/ })).toBeTruthy();
  });

  it('does nothing while a dialog is open', async () => {
    await open('#/people');
    await press('n');
    await screen.findByRole('dialog', { name: 'Add a person' });
    await press('g');
    await press('s');
    await press('k', { ctrlKey: true });
    expect(window.location.hash).toBe('#/people');
    expect(screen.queryByRole('listbox')).toBeNull();
  });

  it('makes something new with n on the page that has it', async () => {
    await open('#/applications');
    await press('n');
    expect(await screen.findByRole('dialog', { name: 'Create application' })).toBeTruthy();
  });

  it('copies with y and a letter', async () => {
    const write = vi.fn(async () => undefined);
    vi.stubGlobal('navigator', { ...navigator, platform: 'Linux', clipboard: { writeText: write } });
    await open();
    await press('y');
    await press('d');
    await waitFor(() =>
      expect(write).toHaveBeenCalledWith('http://localhost:3001/oidc/.well-known/openid-configuration'),
    );
  });

  it('submits the page with Ctrl and Enter, also from a field', async () => {
    const host = await open('#/playground');
    const field = await screen.findByRole('textbox', { name: 'login_hint' });
    await fireEvent.input(field, { target: { value: 'alice' } });
    await fireEvent.keyDown(field, { key: 'Enter', ctrlKey: true });
    await waitFor(() => expect(host.requests.some(({ op }) => op === 'playgroundStart')).toBe(true));
  });

  it('finds the search field of a page with a slash', async () => {
    await open('#/people');
    await press('/');
    expect(document.activeElement).toBe(screen.getByRole('searchbox', { name: 'Search people' }));
  });

  it('explains itself with a question mark, what counts on this page before the others', async () => {
    await open('#/people');
    await press('?', { shiftKey: true });
    const dialog = await screen.findByRole('dialog', { name: 'Keyboard shortcuts' });
    const sections = within(dialog)
      .getAllByRole('region')
      .map((section) => section.getAttribute('aria-label'));
    expect(sections.slice(0, 3)).toEqual(['Everywhere', 'Go to', 'On People']);
    const everywhere = within(dialog).getByRole('region', { name: 'Everywhere' });
    expect(everywhere.textContent).toContain('Search everything');
    expect(everywhere.textContent).toContain('Ctrl+K');
  });
});

describe('the settings that the palette goes to', () => {
  it('are all there', async () => {
    const { SETTINGS_SECTIONS } = await import('../src/lib/commands');
    await open('#/settings');
    await screen.findByRole('heading', { name: 'Messages' });
    await screen.findByText('Session lifetime, in seconds');
    for (const { id, name } of SETTINGS_SECTIONS) {
      const section = document.querySelector(`[aria-labelledby="settings-${id}"]`);
      expect(section, id).not.toBeNull();
      expect(document.getElementById(`settings-${id}`)?.textContent).toBe(name);
    }
  });
});
