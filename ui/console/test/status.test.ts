import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, describe, expect, it } from 'vitest';
import { memoryHost, type MemoryOptions } from '$shared/host.memory';
import App from '../src/App.svelte';
import { notices } from '../src/lib/notices';

async function open(options: MemoryOptions = {}, hash = '#/sessions') {
  window.location.hash = hash;
  const host = memoryHost(options);
  render(App, { host });
  await screen.findByText(options.portTaken ? 'Port 3001 is busy' : 'Serving');
  return host;
}

afterEach(cleanup);

describe('the status card', () => {
  it('says who has the port, and serves on another with one click', async () => {
    const host = await open({ portTaken: true }, '#/settings');
    const nav = screen.getByRole('navigation', { name: 'Main' });
    expect(within(nav).getByText('Not serving: node (pid 4242) has it')).toBeTruthy();
    await fireEvent.click(within(nav).getByRole('button', { name: 'Use 3002' }));
    await within(nav).findByText('localhost:3002/oidc');
    expect(host.requests.at(-1)).toEqual({ op: 'usePort', port: 3002 });
  });

  it('is calm when nothing is unusual, and tells of pages of one’s own', async () => {
    const host = await open();
    expect(screen.queryByRole('list', { name: 'Worth remembering' })).toBeNull();
    await host.call({ op: 'setCustomUiFolder', path: '/home/you/pages' });
    const link = await screen.findByRole('link', { name: 'Your own pages' });
    expect(link.getAttribute('href')).toBe('#/sign-in-experience/pages');
  });

  it('tells of providers that fail on purpose, and of the one failure that is due', async () => {
    const host = await open();
    const { value } = (await host.call({ op: 'connectors' })) as Extract<
      Awaited<ReturnType<typeof host.call>>,
      { reply: 'connectors' }
    >;
    const [first, second] = value.connectors.map((connector) => ({
      ...connector,
      simulation: { failure: null, next: null },
    }));
    if (!first || !second) throw new Error('the sample data have connectors');
    expect(notices(null, [first, second])).toEqual([]);
    first.simulation = { failure: null, next: 'accessDenied' as never };
    expect(notices(null, [first, second])[0]).toMatchObject({
      text: `${first.name} fails on purpose`,
      title: `${first.name}: The person cancels (next sign-in only)`,
      href: `#/connectors/${first.id}/test`,
    });
    second.simulation = { failure: 'serverError' as never, next: null };
    expect(notices(null, [first, second])[0]?.text).toBe('2 providers fail on purpose');
  });

  it('puts what does not work before what is merely unusual', () => {
    const pages = {
      customUi: { folder: '/x' },
      files: 1,
      bytes: 1,
      index: 'index.html',
      problem: 'The folder is gone.',
    };
    expect(notices(pages, [])).toMatchObject([
      { tone: 'bad', text: 'Your own pages fail', title: 'The folder is gone.' },
    ]);
  });
});
