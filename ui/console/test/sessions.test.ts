import { cleanup, configure, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memoryHost, type MemoryOptions } from '$shared/host.memory';
import App from '../src/App.svelte';

// The whole window is mounted: that takes its time on a busy machine.
configure({ asyncUtilTimeout: 8000 });
vi.setConfig({ testTimeout: 40_000 });

describe('the sessions page', () => {
  beforeEach(() => {
    window.location.hash = '#/sessions';
  });
  afterEach(() => {
    cleanup();
    window.localStorage.clear();
  });

  async function open(options: MemoryOptions = {}) {
    const host = memoryHost(options);
    render(App, { host });
    const list = await screen.findByRole('group', { name: 'Session list' });
    await within(list).findAllByText('Bookstore');
    // Each row has a button of its own and one for its menu.
    const rows = () => within(list).getAllByRole('button', { name: /^(?!Actions for)/ });
    const current = () => rows().find((row) => row.getAttribute('aria-current') === 'true');
    // Few rows are drawn; each knows how many there are.
    const count = () => Number(rows()[0]?.closest('li')?.getAttribute('aria-setsize'));
    return { host, list, rows, current, count };
  }

  it('follows the newest session until one is selected, then holds still and counts', async () => {
    const { host, rows, current, count } = await open();
    expect(count()).toBe(6);
    expect(current()).toBe(rows()[0]);
    host.newSession();
    await waitFor(() => expect(count()).toBe(7));
    expect(current()).toBe(rows()[0]);

    const chosen = rows()[1];
    if (!chosen) throw new Error('there are more rows');
    await fireEvent.click(chosen);
    host.newSession();
    host.newSession();
    const pill = await screen.findByRole('button', { name: '2 new' });
    expect(count()).toBe(7);
    expect(current()).toBe(chosen);

    await fireEvent.click(pill);
    expect(count()).toBe(9);
    expect(current()).toBe(chosen);
    expect(screen.queryByRole('button', { name: /new$/ })).toBeNull();
  });

  it('walks with j and k, and finds the filter with a slash', async () => {
    const { rows, current } = await open();
    await fireEvent.keyDown(document.body, { key: 'j' });
    await waitFor(() => expect(current()).toBe(rows()[1]));
    await fireEvent.keyDown(document.body, { key: 'j' });
    await fireEvent.keyDown(document.body, { key: 'k' });
    await waitFor(() => expect(current()).toBe(rows()[1]));
    await fireEvent.keyDown(document.body, { key: '/' });
    const filter = screen.getByRole('combobox', { name: 'Filter sessions' });
    expect(document.activeElement).toBe(filter);
    await fireEvent.input(filter, { target: { value: 'error:redirect_uri' } });
    await waitFor(() => expect(rows()).toHaveLength(1));
    expect(rows()[0]?.textContent).toContain('redirect_uri rejected');
  });

  it('completes a filter by keyboard, keeps it under a name, and takes it away', async () => {
    const { rows, count } = await open();
    const filter = screen.getByRole<HTMLInputElement>('combobox', { name: 'Filter sessions' });
    filter.focus();
    await fireEvent.input(filter, { target: { value: 'status:' } });
    filter.setSelectionRange(7, 7);
    await fireEvent.input(filter);
    const offers = await screen.findByRole('listbox', { name: 'Suggestions' });
    expect(within(offers).getAllByRole('option')[0]?.textContent).toContain('status:done 3 sessions');
    await fireEvent.keyDown(filter, { key: 'ArrowDown' });
    expect(filter.getAttribute('aria-activedescendant')).toBe('filter-offer-0');
    await fireEvent.keyDown(filter, { key: 'Enter' });
    await waitFor(() => expect(filter.value).toBe('status:done '));
    expect(rows()).toHaveLength(3);

    await fireEvent.click(screen.getByRole('button', { name: 'Save filter' }));
    await fireEvent.input(screen.getByRole('textbox', { name: 'Name of the filter' }), { target: { value: 'Good' } });
    await fireEvent.click(screen.getByRole('button', { name: 'Save' }));
    const saved = await screen.findByRole('button', { name: 'Good' });
    expect(saved.getAttribute('aria-pressed')).toBe('true');
    await fireEvent.click(saved);
    await waitFor(() => expect(count()).toBe(6));
    await fireEvent.click(saved);
    await waitFor(() => expect(count()).toBe(3));
    await fireEvent.click(screen.getByRole('button', { name: 'Delete the filter Good' }));
    expect(screen.queryByRole('button', { name: 'Good' })).toBeNull();
  });

  it('pins with p and marks with m, and finds them again', async () => {
    const { rows, current } = await open();
    const third = rows()[2];
    if (!third) throw new Error('there are more rows');
    await fireEvent.click(third);
    await fireEvent.keyDown(document.body, { key: 'p' });
    await waitFor(() => expect(rows()[0]).toBe(current()));
    expect(rows()[0]?.textContent).toContain('Pinned.');
    expect(rows()[0]?.textContent).toContain('redirect_uri rejected');
    await fireEvent.keyDown(document.body, { key: 'm' });
    await fireEvent.input(screen.getByRole('combobox', { name: 'Filter sessions' }), {
      target: { value: 'is:marked' },
    });
    await waitFor(() => expect(rows()).toHaveLength(1));
  });

  it('goes from the list to the detail and back with brackets', async () => {
    const { current } = await open();
    await fireEvent.keyDown(document.body, { key: ']' });
    expect(document.activeElement?.id).toBe('session-panel');
    await fireEvent.keyDown(document.activeElement ?? document.body, { key: '[' });
    expect(document.activeElement).toBe(current());
  });

  it('compares two sessions', async () => {
    const { rows } = await open();
    await fireEvent.keyDown(document.body, { key: 'c' });
    expect(await screen.findByText(/Choose the session to compare with/)).toBeTruthy();
    await fireEvent.keyDown(document.body, { key: 'j' });
    await fireEvent.keyDown(document.body, { key: 'c' });
    expect(await screen.findByRole('heading', { name: 'Comparison' })).toBeTruthy();
    const params = await screen.findByRole('table', { name: 'Parameters' });
    expect(within(params).getByRole('row', { name: /direct_sign_in.*only in A/ })).toBeTruthy();
    expect(within(params).queryByRole('row', { name: /client_id/ })).toBeNull();
    await fireEvent.click(screen.getByRole('checkbox', { name: 'Show what is the same' }));
    expect(within(params).getByRole('row', { name: /client_id.*same/ })).toBeTruthy();
    await fireEvent.click(rows()[3] as HTMLElement);
    await waitFor(() => expect(screen.queryByRole('heading', { name: 'Comparison' })).toBeNull());
  });

  it('shows what went wrong in groups, and filters by one', async () => {
    const { rows } = await open();
    await fireEvent.click(screen.getByRole('button', { name: /^Problems/ }));
    const group = await screen.findByRole('group', { name: 'Problems' });
    await fireEvent.click(within(group).getByRole('button', { name: /redirect_uri rejected.*Admin SPA/ }));
    await waitFor(() => expect(rows()).toHaveLength(1));
    expect(screen.queryByRole('group', { name: 'Problems' })).toBeNull();
  });

  it('has a menu for each row, with the keys that menus have', async () => {
    const { rows } = await open();
    await fireEvent.contextMenu(rows()[1] as HTMLElement);
    const menu = await screen.findByRole('menu', { name: /^Actions for/ });
    const items = within(menu).getAllByRole('menuitem');
    await waitFor(() => expect(document.activeElement).toBe(items[0]));
    await fireEvent.keyDown(items[0] as HTMLElement, { key: 'ArrowUp' });
    expect(document.activeElement).toBe(items.at(-1));
    await fireEvent.keyDown(items.at(-1) as HTMLElement, { key: 'm' });
    expect(document.activeElement?.textContent).toContain('Mark');
    await fireEvent.keyDown(document.activeElement as HTMLElement, { key: 'Escape' });
    expect(screen.queryByRole('menu')).toBeNull();
  });

  it('registers the refused redirect URI with one click', async () => {
    window.location.hash = '#/sessions/lv_refused';
    const { host } = await open();
    expect(await screen.findByText('A slash was received and is not registered.')).toBeTruthy();
    await fireEvent.click(screen.getByRole('button', { name: 'Register this redirect URI' }));
    expect(await screen.findByText(/Registered with Admin SPA/)).toBeTruthy();
    expect(host.requests.find((request) => request.op === 'repair')).toMatchObject({
      repair: { kind: 'registerRedirectUri', uri: 'http://localhost:5173/callback/' },
    });
  });

  it('marks the hidden reason of an error as not sent', async () => {
    window.location.hash = '#/sessions/lv_refused';
    await open();
    const mark = await screen.findByText('not sent to the app');
    expect(mark.parentElement?.textContent).toContain('Nearest of 2 registered URIs');
  });

  it('draws few of ten thousand rows', async () => {
    const { rows, count } = await open({ many: 10_000 });
    expect(count()).toBe(10_000);
    expect(rows().length).toBeLessThan(60);
  });

  it('offers work when there is nothing to watch', async () => {
    const host = memoryHost({ empty: true });
    render(App, { host });
    await fireEvent.click(await screen.findByRole('button', { name: 'Start a test sign-in' }));
    await waitFor(() => expect(host.opened[0]).toContain('/oidc/auth?client_id=demo-app'));
  });

  it('offers another port when the port is taken', async () => {
    const host = memoryHost({ portTaken: true });
    render(App, { host });
    expect(await screen.findByRole('heading', { name: 'Port 3001 is taken by node (pid 4242)' })).toBeTruthy();
    await fireEvent.click(screen.getByRole('button', { name: 'Serve on 3002 instead' }));
    expect(await screen.findByText('localhost:3002/oidc')).toBeTruthy();
  });
});
