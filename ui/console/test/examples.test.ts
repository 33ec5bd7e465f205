import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, describe, expect, it } from 'vitest';
import { memoryHost, type MemoryOptions } from '$shared/host.memory';
import App from '../src/App.svelte';

async function open(options: MemoryOptions = {}, hash = '#/sessions') {
  window.location.hash = hash;
  const host = memoryHost(options);
  render(App, { host });
  await screen.findByText('Serving');
  return host;
}

afterEach(cleanup);

describe('the examples', () => {
  const examples = ['lv_finished', 'lv_refused'];

  it('are marked in the list and go with one click, the others stay', async () => {
    const host = await open({ examples }, '#/sessions/lv_finished');
    const list = await screen.findByRole('group', { name: 'Session list' });
    await waitFor(() => expect(within(list).getAllByText('example')).toHaveLength(2));
    // Few rows are drawn; each knows how many there are.
    const count = () => Number(within(list).getAllByRole('listitem')[0]?.getAttribute('aria-setsize'));
    const before = count();
    await fireEvent.click(screen.getByRole('button', { name: 'Remove examples' }));
    await screen.findByText('Removed the examples. Your own sessions will appear here.');
    await waitFor(() => expect(count()).toBe(before - 2));
    expect(within(list).queryByText('example')).toBeNull();
    expect(screen.queryByRole('button', { name: 'Remove examples' })).toBeNull();
    expect(window.location.hash).toBe('#/sessions');
    expect(host.requests.some(({ op }) => op === 'removeExamples')).toBe(true);
  });

  it('say why when they could not be removed', async () => {
    const host = await open({ examples });
    const button = await screen.findByRole('button', { name: 'Remove examples' });
    host.refuseNext({ code: 'storage', message: 'The disk is full.', field: null });
    await fireEvent.click(button);
    await screen.findByText('The disk is full.');
    expect(screen.getByRole('button', { name: 'Remove examples' })).toBeTruthy();
  });

  it('come with one button that starts a real sign-in', async () => {
    const host = await open({ examples });
    await fireEvent.click(await screen.findByRole('button', { name: 'Start a real sign-in' }));
    await waitFor(() => expect(host.opened).toHaveLength(1));
  });

  it('leave an empty page that does work', async () => {
    const host = await open({ empty: true });
    await screen.findByRole('button', { name: 'Start a test sign-in' });
    await fireEvent.click(screen.getByRole('button', { name: 'Open the demo app' }));
    await waitFor(() => expect(host.opened).toEqual(['http://localhost:3001/demo-app']));
  });
});
