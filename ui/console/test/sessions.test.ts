import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryHost, type MemoryOptions } from '$shared/host.memory';
import App from '../src/App.svelte';

describe('the sessions page', () => {
  beforeEach(() => {
    window.location.hash = '#/sessions';
  });
  afterEach(cleanup);

  async function open(options: MemoryOptions = {}) {
    const host = memoryHost(options);
    render(App, { host });
    const list = await screen.findByRole('group', { name: 'Session list' });
    await within(list).findAllByText('Bookstore');
    const rows = () => within(list).getAllByRole('button');
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
    const filter = screen.getByRole('searchbox', { name: 'Filter sessions' });
    expect(document.activeElement).toBe(filter);
    await fireEvent.input(filter, { target: { value: 'error:redirect_uri' } });
    await waitFor(() => expect(rows()).toHaveLength(1));
    expect(rows()[0]?.textContent).toContain('redirect_uri rejected');
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
    await waitFor(() => expect(host.opened[0]).toContain('/oidc/auth?client_id=playground'));
  });

  it('offers another port when the port is taken', async () => {
    const host = memoryHost({ portTaken: true });
    render(App, { host });
    expect(await screen.findByRole('heading', { name: 'Port 3001 is taken by node (pid 4242)' })).toBeTruthy();
    await fireEvent.click(screen.getByRole('button', { name: 'Serve on 3002 instead' }));
    expect(await screen.findByText('localhost:3002/oidc')).toBeTruthy();
  });
});
