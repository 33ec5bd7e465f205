import { cleanup, configure, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memoryHost } from '$shared/host.memory';
import App from '../src/App.svelte';

// The whole window is mounted: that takes its time on a busy machine.
configure({ asyncUtilTimeout: 8000 });
vi.setConfig({ testTimeout: 40_000 });

describe('a session in the window', () => {
  const copied = vi.fn(async (_text: string) => {});
  beforeEach(() => {
    copied.mockClear();
    Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: copied } });
  });
  afterEach(() => {
    cleanup();
    window.localStorage.clear();
  });

  async function open(hash: string) {
    window.location.hash = hash;
    const host = memoryHost();
    render(App, { host });
    await screen.findByRole('tablist', { name: 'Views of this session' });
    return host;
  }
  const choose = async (menu: string, item: RegExp | string, init: MouseEventInit = {}) => {
    await fireEvent.click(screen.getByRole('button', { name: menu }));
    await fireEvent.click(screen.getByRole('menuitem', { name: item }), init);
  };

  it('chooses the same step in the waterfall and in the sequence', async () => {
    await open('#/sessions/lv_finished/waterfall');
    const waterfall = await screen.findByRole('region', { name: 'Waterfall' });
    expect(within(waterfall).getByText('5.9 s: the person was thinking')).toBeTruthy();
    const bar = within(waterfall).getByRole('button', { name: /POST \/oidc\/token → 200/ });
    expect(bar.textContent).toContain('begins +6.7 s, takes');
    await fireEvent.click(bar);
    expect(bar.getAttribute('aria-pressed')).toBe('true');
    expect(screen.getByRole('heading', { name: 'Token request' })).toBeTruthy();
    await fireEvent.click(screen.getByRole('tab', { name: 'Sequence' }));
    const diagram = await screen.findByRole('region', { name: 'Sequence' });
    const pressed = within(diagram)
      .getAllByRole('button')
      .filter((row) => row.getAttribute('aria-pressed') === 'true');
    expect(pressed[0]?.textContent).toContain('POST /oidc/token');
  });

  it('walks between the bars with the arrow keys', async () => {
    await open('#/sessions/lv_finished/waterfall');
    const bars = within(await screen.findByRole('region', { name: 'Waterfall' })).getAllByRole('button');
    bars[0]?.focus();
    await fireEvent.keyDown(bars[0] as HTMLElement, { key: 'ArrowDown' });
    expect(document.activeElement).toBe(bars[1]);
  });

  it('verifies the signature of a token, counts down, and shows the token only when asked', async () => {
    await open('#/sessions/lv_finished/tokens');
    const card = await screen.findByRole('article', { name: 'id_token' });
    expect(await within(card).findByText('signature verified')).toBeTruthy();
    expect(within(card).getByRole('timer').textContent).toMatch(/^expires in 59:\d\d$/);
    expect(within(card).getByText('sent in the authorization request')).toBeTruthy();
    expect(card.textContent).not.toContain('eyJ');
    await fireEvent.click(within(card).getByRole('button', { name: 'Show token' }));
    await waitFor(() => expect(card.textContent).toContain('eyJ'));
  });

  it('says that a key is not published any more', async () => {
    window.location.hash = '#/sessions/lv_finished/tokens';
    const host = memoryHost();
    const call = host.call.bind(host);
    host.call = async (request) => (request.op === 'jwks' ? { reply: 'jwks', value: [] } : call(request));
    render(App, { host });
    expect((await screen.findAllByText('key not published')).length).toBeGreaterThan(0);
  });

  it('copies an exchange without its secrets, and with them while Alt is held', async () => {
    await open('#/sessions/lv_finished/wire');
    await fireEvent.click(await screen.findByRole('button', { name: /POST 200.*\/oidc\/token/s }));
    await screen.findByText(/POST \/oidc\/token HTTP/);
    await choose('Copy as', 'Raw HTTP');
    await waitFor(() => expect(copied).toHaveBeenCalledTimes(1));
    expect(copied.mock.calls[0]?.[0]).toContain('authorization: Basic ••••');
    await choose('Copy as', 'fetch', { altKey: true });
    await waitFor(() => expect(copied).toHaveBeenCalledTimes(2));
    expect(copied.mock.calls[1]?.[0]).toMatch(/^await fetch\("http:\/\/localhost:3001\/oidc\/token", \{/);
    expect(copied.mock.calls[1]?.[0]).toContain('"Basic azN2');
  });

  it('exports a bundle and opens it again, read-only', async () => {
    const host = await open('#/sessions/lv_refused');
    await screen.findByRole('button', { name: 'Register this redirect URI' });
    await choose('Export', /Session bundle/);
    await waitFor(() => expect(host.saved).toHaveLength(1));
    const { name, text } = host.saved[0] ?? { name: '', text: '' };
    expect(name).toMatch(/^admin-spa-[\d-]+\.vestibule-session\.json$/);
    const picker = screen.getByLabelText('Session bundle');
    await fireEvent.change(picker, { target: { files: [new File([text], name)] } });
    const banner = await screen.findByRole('region', { name: 'Session from a file' });
    expect(banner.textContent).toContain('read-only');
    // The reasons are there with the difference, and nothing to press.
    expect(await screen.findByText('A slash was received and is not registered.')).toBeTruthy();
    for (const gone of ['Register this redirect URI', 'Export', 'Copy URL', 'Copy as curl', 'Pin']) {
      expect(screen.queryByRole('button', { name: gone })).toBeNull();
    }
    const asked = host.requests.length;
    await fireEvent.click(screen.getByRole('tab', { name: 'Wire' }));
    expect(await screen.findByText(/GET \/oidc\/auth/, { selector: '.start' })).toBeTruthy();
    expect(host.requests.slice(asked).filter(({ op }) => op === 'wire')).toEqual([]);
    await fireEvent.click(within(banner).getByRole('button', { name: 'Close file' }));
    await waitFor(() => expect(screen.queryByRole('region', { name: 'Session from a file' })).toBeNull());
  });

  it('says why a file is not opened', async () => {
    await open('#/sessions/lv_finished');
    const picker = screen.getByLabelText('Session bundle');
    await fireEvent.change(picker, { target: { files: [new File(['{"log":{}}'], 'trace.har')] } });
    expect(await screen.findByText(/trace\.har: This is a HAR file/)).toBeTruthy();
  });

  it('saves an archive', async () => {
    const host = await open('#/sessions/lv_finished');
    await choose('Export', /HTTP archive/);
    await waitFor(() => expect(host.saved[0]?.name).toMatch(/\.har$/));
    expect(JSON.parse(host.saved[0]?.text ?? '{}')).toMatchObject({ log: { version: '1.2' } });
    expect(host.saved[0]?.text).not.toContain('azN2OWJvb2tzdG9yZTpz');
  });
});
