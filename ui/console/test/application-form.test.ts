import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '$shared/host';
import { memoryHost } from '$shared/host.memory';
import { exampleApplications } from '$shared/host.memory.data';
import App from '../src/App.svelte';
import { localProblem, shownPaths, toDraft, toForm, withoutEmptyRows } from '../src/lib/application-form';

const NOW = 1_800_000_000_000;
const bookstore = () => {
  const [first] = exampleApplications(NOW);
  if (!first) throw new Error('the example is there');
  return first;
};

describe('the application form', () => {
  it('gives back the draft it was made from, with what it does not show', () => {
    const { id: _id, secrets: _secrets, builtIn: _builtIn, createdAt: _createdAt, ...draft } = bookstore();
    draft.oidcClientMetadata.jwks = { keys: [] };
    draft.customClientMetadata = {
      ...draft.customClientMetadata,
      rotateRefreshToken: false,
      idTokenTtl: 60,
      tenantId: 'default',
    };
    expect(toDraft(toForm(draft), draft)).toEqual(draft);
  });

  it('leaves defaults out, and empty rows too', () => {
    const form = toForm(bookstore());
    form.redirectUris = ['', ' http://a/cb '];
    form.idTokenTtl = '';
    const draft = toDraft(withoutEmptyRows(form), bookstore());
    expect(draft.oidcClientMetadata.redirectUris).toEqual(['http://a/cb']);
    expect(draft.customClientMetadata).toEqual({ corsAllowedOrigins: [] });
  });

  it('refuses text where a number is asked for, at its field', () => {
    const form = { ...toForm(bookstore()), refreshTokenTtlInDays: 'two weeks' };
    expect(localProblem(form)?.field).toBe('customClientMetadata.refreshTokenTtlInDays');
    expect(shownPaths(form)).toContain(localProblem(form)?.field);
  });
});

describe('the application page', () => {
  beforeEach(() => {
    window.location.hash = `#/applications/${bookstore().id}`;
  });
  afterEach(cleanup);

  async function open() {
    const host = memoryHost({ now: NOW });
    render(App, { host });
    const uri = await screen.findByLabelText<HTMLInputElement>('redirect URI 2');
    return { host, uri };
  }
  const save = () => fireEvent.click(screen.getByRole('button', { name: 'Save changes' }));

  it('shows a problem at the row that it names, loses nothing, and puts the focus there', async () => {
    const { uri } = await open();
    await fireEvent.input(uri, { target: { value: 'not a uri' } });
    await save();
    const message = await screen.findByText(/not an absolute URI/);
    const wrong = screen.getByLabelText<HTMLInputElement>('redirect URI 2');
    expect(wrong.value).toBe('not a uri');
    expect(wrong.getAttribute('aria-invalid')).toBe('true');
    expect(wrong.getAttribute('aria-describedby')).toBe(message.id);
    expect(screen.getByLabelText('redirect URI 1').getAttribute('aria-invalid')).toBeNull();
    await waitFor(() => expect(document.activeElement).toBe(wrong));
  });

  it('shows a problem without a place of its own at the head of the form', async () => {
    const { host, uri } = await open();
    await fireEvent.input(uri, { target: { value: 'http://localhost:3000/other' } });
    host.refuseNext({
      code: 'store.full',
      message: 'The disk is full. Free some space, then save again.',
      field: 'jwks.keys.0',
    });
    await save();
    expect((await screen.findByRole('alert')).textContent).toContain('The disk is full.');
    expect(uri.value).toBe('http://localhost:3000/other');
  });

  it('sends what is on screen', async () => {
    const { host, uri } = await open();
    await fireEvent.input(uri, { target: { value: 'http://localhost:3000/other' } });
    await save();
    await screen.findByText('Saved Bookstore.');
    const sent = host.requests.find((request) => request.op === 'updateApplication');
    expect(sent?.op === 'updateApplication' && sent.application.oidcClientMetadata.redirectUris[1]).toBe(
      'http://localhost:3000/other',
    );
  });
});

describe('a device-flow application', () => {
  afterEach(cleanup);

  it('is chosen when it is created, and then has a code page instead of redirect URIs', async () => {
    window.location.hash = '#/applications';
    const host = memoryHost({ now: NOW });
    render(App, { host });
    await fireEvent.click(await screen.findByRole('button', { name: 'Create application' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.queryByRole('switch', { name: 'Device flow' })).toBeNull();
    await fireEvent.click(dialog.getByRole('radio', { name: /^Native/ }));
    expect(dialog.getByLabelText('redirect URI 1')).toBeTruthy();
    await fireEvent.click(dialog.getByRole('switch', { name: 'Device flow' }));
    expect(dialog.queryByLabelText('redirect URI 1')).toBeNull();
    await fireEvent.input(dialog.getByLabelText('Name'), { target: { value: 'Television' } });
    await fireEvent.click(dialog.getByRole('button', { name: 'Create application' }));
    await screen.findByText('Device authorization');
    expect(screen.getByText('Code page')).toBeTruthy();
    expect(screen.queryByText('After sign-in')).toBeNull();
    await fireEvent.click(screen.getByRole('tab', { name: 'Guides' }));
    await fireEvent.click(await screen.findByRole('button', { name: 'curl' }));
    expect(screen.getByLabelText(/^Ask every 5 seconds/).textContent).toContain(
      'grant_type=urn:ietf:params:oauth:grant-type:device_code',
    );
    expect(screen.queryByRole('button', { name: 'go-oidc' })).toBeNull();
    const all = await ask(host, { op: 'applications' }, 'applications');
    expect(all.find(({ name }) => name === 'Television')).toMatchObject({
      type: 'Native',
      oidcClientMetadata: { redirectUris: [] },
      customClientMetadata: { isDeviceFlow: true },
    });
  });
});
