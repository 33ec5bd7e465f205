import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryHost } from '$shared/host.memory';
import App from '../src/App.svelte';
import { bytes } from '../src/lib/format';

describe('your own pages', () => {
  beforeEach(() => {
    window.location.hash = '#/sign-in-experience';
  });
  afterEach(cleanup);

  async function open() {
    const host = memoryHost();
    render(App, { host });
    await fireEvent.click(await screen.findByRole('tab', { name: 'Your own pages' }));
    const section = within(await screen.findByRole('region', { name: 'Your own pages' }));
    await section.findByText('The hosted pages are served.');
    return { host, section };
  }
  const last = (host: ReturnType<typeof memoryHost>) => host.requests.at(-1);

  it('serves a folder, shows what is served, and goes back to the hosted pages', async () => {
    const { host, section } = await open();
    const serve = section.getByRole('button', { name: 'Serve this folder' });
    expect(serve).toHaveProperty('disabled', true);
    await fireEvent.input(section.getByLabelText('Path of the folder'), { target: { value: '/app/dist' } });
    await fireEvent.click(serve);
    await section.findByText('12, 348 kB');
    section.getByText('/app/dist/index.html');
    expect(host.requests).toContainEqual({ op: 'setCustomUiFolder', path: '/app/dist' });
    await fireEvent.click(section.getByRole('button', { name: 'Back to the hosted pages' }));
    await section.findByText('The hosted pages are served.');
    expect(host.requests).toContainEqual({ op: 'removeCustomUi' });
  });

  it('says why a zip is refused, at its field, and keeps what is served', async () => {
    const { host, section } = await open();
    await fireEvent.input(section.getByLabelText('Path of the folder'), { target: { value: '/app/dist' } });
    await fireEvent.click(section.getByRole('button', { name: 'Serve this folder' }));
    await section.findByText('/app/dist/index.html');
    await fireEvent.click(section.getByRole('radio', { name: 'A zip' }));
    const field = section.getByLabelText('Path of the zip');
    expect(field).toHaveProperty('value', '');
    await fireEvent.input(field, { target: { value: '/app/bad.zip' } });
    host.refuseNext({ code: 'guard.invalid_input', message: 'The zip has no index.html.', field: 'zip' });
    await fireEvent.click(section.getByRole('button', { name: 'Import this zip' }));
    await section.findByText('The zip has no index.html.');
    expect(last(host)).toEqual({ op: 'importCustomUi', path: '/app/bad.zip' });
    expect(field.getAttribute('aria-invalid')).toBe('true');
    expect(document.activeElement).toBe(field);
    section.getByText('/app/dist/index.html');
  });

  it('uses a dev server, and says when nothing answers there', async () => {
    const { host, section } = await open();
    await fireEvent.click(section.getByRole('radio', { name: 'A dev server' }));
    await fireEvent.input(section.getByLabelText('Address of the dev server'), {
      target: { value: 'http://localhost:5173' },
    });
    await fireEvent.click(section.getByRole('button', { name: 'Use this dev server' }));
    await waitFor(() => expect(section.getByRole('status').textContent).toContain('Nothing answers'));
    expect(host.requests).toContainEqual({ op: 'setCustomUiDevServer', url: 'http://localhost:5173' });
    expect(section.queryByText('Files')).toBeNull();
  });

  it('writes sizes as people do', () => {
    expect([0, 1, 999, 1000, 9_949, 348_160, 999_499, 12_000_000].map(bytes)).toEqual([
      '0 bytes',
      '1 byte',
      '999 bytes',
      '1.0 kB',
      '9.9 kB',
      '348 kB',
      '999 kB',
      '12 MB',
    ]);
  });
});
