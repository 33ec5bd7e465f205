import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memoryHost, type MemoryOptions } from '$shared/host.memory';
import App from '../src/App.svelte';

beforeEach(() => {
  window.localStorage.clear();
  window.location.hash = '#/settings';
});
afterEach(cleanup);

async function opened(options: MemoryOptions = {}) {
  const host = memoryHost(options);
  const change = host.desktop && vi.spyOn(host.desktop, 'change');
  render(App, { props: { host } });
  await screen.findByRole('heading', { name: 'Settings' });
  return { host, change };
}

describe('the section Desktop', () => {
  it('is not there in an ordinary browser', async () => {
    await opened({ plain: true });
    await screen.findByRole('heading', { name: 'Appearance' });
    expect(screen.queryByRole('heading', { name: 'Desktop' })).toBeNull();
  });

  it('switches opening at login, which is off by itself', async () => {
    const { change } = await opened();
    const choice = await screen.findByRole('switch', { name: 'Open Vestibule when you log in' });
    expect((choice as HTMLInputElement).checked).toBe(false);
    await fireEvent.click(choice);
    expect(change).toHaveBeenCalledWith({ change: 'openAtLogin', on: true });
    await waitFor(() => expect((choice as HTMLInputElement).checked).toBe(true));
  });

  it('puts a switch back that was pressed in vain, and says why', async () => {
    const { host } = await opened();
    const choice = await screen.findByRole('switch', { name: 'Open Vestibule when you log in' });
    if (host.desktop) vi.spyOn(host.desktop, 'change').mockRejectedValue({ code: 'x', message: 'The disk is full.' });
    await fireEvent.click(choice);
    await screen.findByText('The disk is full.');
    expect((choice as HTMLInputElement).checked).toBe(false);
  });

  it('says how large the page is, and draws it larger and smaller', async () => {
    const { change } = await opened();
    await screen.findByText('100 %');
    expect(screen.queryByRole('button', { name: 'Usual size' })).toBeNull();
    await fireEvent.click(screen.getByRole('button', { name: 'Larger' }));
    await screen.findByText('110 %');
    await fireEvent.click(screen.getByRole('button', { name: 'Usual size' }));
    await screen.findByText('100 %');
    expect(change).toHaveBeenCalledTimes(2);
  });
});

describe('the window on a desktop', () => {
  it('zooms by the keys of browsers, and leaves other keys alone', async () => {
    const { change } = await opened();
    const press = (key: string, part: KeyboardEventInit = {}) =>
      fireEvent.keyDown(document.body, { key, ctrlKey: true, ...part });
    // What was handled is not passed on.
    expect(await press('=')).toBe(false);
    expect(await press('-')).toBe(false);
    expect(await press('0')).toBe(false);
    expect(await press('0', { altKey: true })).toBe(true);
    expect(await press('0', { ctrlKey: false })).toBe(true);
    expect(await press('c')).toBe(true);
    expect(change?.mock.calls.map(([one]) => one.change)).toEqual(['zoomIn', 'zoomOut', 'zoomReset']);
  });

  it('shows the session of a link, and says of a wrong one why not', async () => {
    const { host } = await opened();
    host.ask({ event: 'showSession', id: 'lv_finished' });
    await waitFor(() => expect(window.location.hash).toBe('#/sessions/lv_finished'));
    host.ask({ event: 'say', message: 'The session x is not here.' });
    await screen.findByText('The session x is not here.');
    host.ask({ event: 'showInbox' });
    await waitFor(() => expect(window.location.hash).toBe('#/inbox'));
  });
});
