import type { ConsoleRequest } from '$bindings/ConsoleRequest';
import { memoryHost, type MemoryHost } from '$shared/host.memory';
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import App from '../src/App.svelte';

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
const click = async (name: string | RegExp) => fireEvent.click(await screen.findByRole('button', { name }));
const type = async (label: string | RegExp, value: string) =>
  fireEvent.input(await screen.findByLabelText(label), { target: { value } });

describe('keys', () => {
  it('are announced, rotated and retired, each consequence named', async () => {
    open('#/keys');
    await click('Announce next key of ES384');
    await screen.findByText('announced');
    expect(screen.queryByRole('button', { name: 'Announce next key of ES384' })).toBeNull();
    await click('Rotate ES384');
    await screen.findByText(/oQ5u…xCU, the one before, goes: tokens it signed no longer verify/);
    await click('Rotate');
    await waitFor(() => expect(screen.queryByText('announced')).toBeNull());
    await click(/^Retire Zr3bqC/);
    await screen.findByText(/Tokens it signed fail at clients and APIs from then on/);
    await click('Retire key');
    await waitFor(() => expect(screen.queryByText('previous')).toBeNull());
    expect(last('retireKey')?.id).toMatch(/^Zr3bqC/);
  });

  it('warn when a key signs that nobody has seen', async () => {
    open('#/keys');
    await click('Rotate ES384');
    await screen.findByText(/no client has seen it yet/);
    await click('Rotate');
    await waitFor(() => expect(last('rotateKey')).toEqual({ op: 'rotateKey', alg: 'ES384' }));
  });

  it('show their public half and nothing else', async () => {
    open('#/keys');
    const card = within(await screen.findByRole('article', { name: /^Zr3bqC/ }));
    expect(card.queryByRole('button', { name: /^Retire/ })).toBeNull();
    await fireEvent.click(card.getByRole('button', { name: 'Show public key' }));
    expect(card.getByLabelText('Public JWK').textContent).toContain('"kty": "EC"');
    expect(card.getByLabelText('Public key as PEM').textContent).toContain('BEGIN PUBLIC KEY');
    expect(document.body.textContent).not.toContain('PRIVATE');
  });
});

describe('settings', () => {
  it('move the port, or say why not', async () => {
    open('#/settings');
    await type('Port', '99999');
    await click('Move');
    await screen.findByText(/whole number from 1 to 65535/);
    expect(last('usePort')).toBeUndefined();
    host.refuseNext({ code: 'port.taken', message: 'The provider stays where it is.', field: 'port' });
    await type('Port', '3005');
    await click('Move');
    await screen.findByText('The provider stays where it is.');
    await click('Move');
    await screen.findByText('Serving on port 3005.');
  });

  it('bound how live sessions are kept', async () => {
    open('#/settings');
    await type('Sessions', '20000');
    await click('Save live sessions');
    await screen.findByText('Must be 100 to 10000 sessions.');
    await type('Sessions', '5000');
    await type('Hours', '24');
    await screen.findByText('A session goes 1 day after it began.');
    await click('Save live sessions');
    await screen.findByText('Saved how live sessions are kept.');
    expect(last('setRetention')?.retention).toEqual({ sessions: 5000, steps: 200, hours: 24 });
  });

  it('remove the demo data and add it again', async () => {
    open('#/settings');
    await click('Remove demo data');
    const dialog = within(await screen.findByRole('dialog', { name: 'Remove the demo data' }));
    await fireEvent.click(dialog.getByRole('button', { name: 'Remove demo data' }));
    await screen.findByText('not there');
    await click('Add demo data');
    await screen.findByText('all there');
  });

  it('start over with an undo', async () => {
    open('#/settings');
    await click('Start over…');
    await fireEvent.click(await screen.findByRole('switch', { name: 'Keep the signing keys' }));
    const dialog = within(screen.getByRole('dialog', { name: 'Start over' }));
    await fireEvent.click(dialog.getByRole('button', { name: 'Start over' }));
    await screen.findByText(/there were\s+5 applications and 5 people/);
    expect(last('startOver')).toEqual({ op: 'startOver', keepKeys: false });
    await click('Undo…');
    await click('Bring everything back');
    await screen.findByText('Everything is back.');
    expect(screen.queryByRole('button', { name: 'Undo…' })).toBeNull();
  });

  it('lead to each section', async () => {
    open('#/settings');
    await screen.findByRole('heading', { name: 'Start over' });
    const index = within(screen.getByRole('navigation', { name: 'Settings' }));
    for (const entry of index.getAllByRole('button')) {
      await fireEvent.click(entry);
      expect(document.activeElement?.tagName).toBe('H2');
    }
  });
});
