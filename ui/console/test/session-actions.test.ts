import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memoryHost } from '$shared/host.memory';
import App from '../src/App.svelte';
import { descriptionProblem, meaningOf } from '../src/lib/denials';
import { changedNames, replayRows, replayUrl, runParams } from '../src/lib/replay';
import { layOut } from '../src/lib/sequence';
import { waitingSession } from '$shared/host.memory.sessions';
import { summary } from './summaries';

async function open(id = 'lv_waiting') {
  window.location.hash = `#/sessions/${id}`;
  const host = memoryHost();
  render(App, { host });
  const actions = await screen.findByRole('group', { name: 'Actions of this session' });
  const last = () => host.requests.at(-1);
  /** Opens the menu; its lines by name. */
  const menu = async () => {
    await fireEvent.click(within(actions).getByRole('button', { name: 'Actions' }));
    return within(await screen.findByRole('menu', { name: 'Actions' }));
  };
  const press = (key: string) => fireEvent.keyDown(document.body, { key: key.toUpperCase(), shiftKey: true });
  return { host, actions, last, menu, press };
}

beforeEach(() => {
  window.location.hash = '#/sessions';
});
afterEach(cleanup);

describe('the menu of a session', () => {
  it('offers what makes sense, with its letters, and says why the rest does not', async () => {
    const { menu } = await open();
    const lines = await menu();
    await lines.findByRole('menuitem', { name: /^Copy page URL/ });
    const names = lines
      .getAllByRole('menuitem')
      .map((item) => [item.dataset['label'], item.ariaKeyShortcuts ?? item.getAttribute('aria-keyshortcuts')]);
    expect(names).toEqual([
      ['Copy URL', 'Shift+U'],
      ['Copy page URL', 'Shift+L'],
      ['Replay with changes…', 'Shift+R'],
      ['Continue as…', 'Shift+C'],
      ['Fail as…', 'Shift+F'],
      ['Expire…', 'Shift+X'],
      ['Pause', 'Shift+P'],
    ]);
    cleanup();
    const over = await (await open('lv_finished')).menu();
    const line = await over.findByRole('menuitem', { name: /^Continue as/ });
    expect(line.getAttribute('aria-disabled')).toBe('true');
    expect(line.textContent).toContain('Nothing waits for a person');
    expect(over.getByRole('menuitem', { name: /^Pause/ }).getAttribute('aria-disabled')).toBeNull();
  });

  it('copies the request and the page, without a word about the clipboard’s rest', async () => {
    const copied: string[] = [];
    vi.spyOn(navigator.clipboard, 'writeText').mockImplementation(async (text) => void copied.push(text));
    const { press } = await open();
    await press('u');
    await waitFor(() => expect(copied[0]).toMatch(/^http:\/\/localhost:3001\/oidc\/auth\?client_id=/));
    await press('l');
    await waitFor(() => expect(copied[1]).toMatch(/^http:\/\/localhost:3001\/sign-in\?app_id=/));
  });

  it('does not take letters that somebody types, nor those with a modifier', async () => {
    await open();
    await fireEvent.keyDown(screen.getByRole('combobox', { name: 'Filter sessions' }), { key: 'F', shiftKey: true });
    await fireEvent.keyDown(document.body, { key: 'F', shiftKey: true, ctrlKey: true });
    await fireEvent.keyDown(document.body, { key: 'f' });
    expect(screen.queryByRole('dialog')).toBeNull();
    await fireEvent.keyDown(document.body, { key: 'F', shiftKey: true });
    expect(await screen.findByRole('dialog', { name: 'Fail as…' })).toBeTruthy();
  });

  it('is on a row, too', async () => {
    const { host } = await open('lv_finished');
    const list = screen.getByRole('group', { name: 'Session list' });
    const row = within(list).getAllByRole('listitem')[0];
    if (!row) throw new Error('there are rows');
    await fireEvent.contextMenu(within(row).getAllByRole('button')[0] as HTMLElement);
    const lines = within(await within(row).findByRole('menu'));
    await fireEvent.click(await lines.findByRole('menuitem', { name: /^Pause/ }));
    expect(host.requests.find(({ op }) => op === 'pauseSession')).toMatchObject({ id: 'lv_waiting' });
  });
});

describe('continue as', () => {
  it('finds a person by typing and chooses with the keyboard', async () => {
    const { host, press } = await open();
    await press('c');
    const dialog = within(await screen.findByRole('dialog', { name: 'Continue as…' }));
    const search = dialog.getByRole('combobox', { name: 'Search people' });
    await waitFor(() => expect(dialog.getAllByRole('option').length).toBeGreaterThan(4));
    expect(dialog.getAllByRole('option').at(-1)?.textContent).toContain('Somebody new');
    await fireEvent.input(search, { target: { value: 'b' } });
    await waitFor(() => expect(dialog.getAllByRole('option')[0]?.textContent).toContain('Bob'));
    await fireEvent.input(search, { target: { value: '' } });
    await waitFor(() => expect(dialog.getAllByRole('option')[0]?.textContent).toContain('Alice Archer'));
    await fireEvent.keyDown(search, { key: 'ArrowDown' });
    const chosen = dialog.getAllByRole('option')[1];
    expect(chosen?.getAttribute('aria-selected')).toBe('true');
    expect(search.getAttribute('aria-activedescendant')).toBe(chosen?.id);
    await fireEvent.keyDown(search, { key: 'Enter' });
    expect(await screen.findByText(/^Continued as Bob/)).toBeTruthy();
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(host.requests.find(({ op }) => op === 'continueAs')).toMatchObject({ id: 'lv_waiting' });
    // What was done is a step of the session.
    expect(await screen.findAllByText(/continued this sign-in as Bob.* in the window/)).not.toEqual([]);
  });

  it('leaves who is suspended alone, and keeps the dialog when it is refused', async () => {
    const { host, press } = await open();
    await press('c');
    const dialog = within(await screen.findByRole('dialog'));
    const suspended = await dialog.findByRole('option', { name: /suspended/ });
    await fireEvent.click(suspended);
    expect(host.requests.some(({ op }) => op === 'continueAs')).toBe(false);
    host.refuseNext({ code: 'session.not_found', message: 'Nothing waits any more.', field: null });
    await fireEvent.click(dialog.getByRole('option', { name: /Somebody new/ }));
    expect(await screen.findByText('Nothing waits any more.')).toBeTruthy();
    expect(screen.getByRole('dialog')).toBeTruthy();
    expect(host.requests.at(-1)).toMatchObject({ op: 'continueAs', userId: null });
  });
});

describe('fail as and expire', () => {
  it('names the consequence, explains every error and sends the chosen one', async () => {
    const { host, press } = await open();
    await press('f');
    const dialog = within(await screen.findByRole('dialog', { name: 'Fail as…' }));
    expect(dialog.getByText(/Bookstore gets the error at its redirect URI/)).toBeTruthy();
    await waitFor(() => expect(dialog.getAllByRole('radio')).toHaveLength(11));
    for (const radio of dialog.getAllByRole<HTMLInputElement>('radio')) expect(meaningOf(radio.value)).not.toBe('');
    await fireEvent.click(dialog.getByRole('radio', { name: /^temporarily_unavailable/ }));
    const description = dialog.getByLabelText('error_description');
    await fireEvent.input(description, { target: { value: 'say "no"' } });
    const button = dialog.getByRole<HTMLButtonElement>('button', { name: 'Fail as temporarily_unavailable' });
    expect(button.disabled).toBe(true);
    await fireEvent.input(description, { target: { value: 'closed on Sundays' } });
    await fireEvent.click(button);
    expect(await screen.findByText(/^Failed as temporarily_unavailable/)).toBeTruthy();
    expect(host.requests.find(({ op }) => op === 'failAs')).toEqual({
      op: 'failAs',
      id: 'lv_waiting',
      error: 'temporarily_unavailable',
      description: 'closed on Sundays',
    });
  });

  it('expires only after it was asked', async () => {
    const { host, press } = await open();
    await press('x');
    const dialog = within(await screen.findByRole('dialog', { name: 'Expire this sign-in?' }));
    expect(dialog.getByText(/Bookstore hears nothing/)).toBeTruthy();
    await fireEvent.click(dialog.getByRole('button', { name: 'Cancel' }));
    expect(host.requests.some(({ op }) => op === 'expireSession')).toBe(false);
    await press('x');
    await fireEvent.click(await screen.findByRole('button', { name: 'Expire' }));
    expect(await screen.findByText(/^Expired\. /)).toBeTruthy();
  });
});

describe('a pause', () => {
  it('is loud everywhere and released in one click', async () => {
    const { host, press } = await open();
    await press('p');
    const bar = within(await screen.findByRole('region', { name: 'Paused sessions' }));
    expect(bar.getByText(/the next request of Bookstore will wait/)).toBeTruthy();
    host.holdRequest('lv_waiting', 'POST /oidc/token');
    expect(await bar.findByText('POST /oidc/token')).toBeTruthy();
    expect(screen.getAllByText('paused before POST /oidc/token').length).toBeGreaterThan(0);
    await waitFor(() => expect(document.title).toBe('1 paused · Vestibule'));
    expect(screen.getAllByText('paused').length).toBeGreaterThan(1);
    window.location.hash = '#/people';
    await screen.findByRole('heading', { level: 1, name: 'People' });
    expect(bar.getByRole('link', { name: 'Show' })).toBeTruthy();
    await fireEvent.click(bar.getByRole('button', { name: 'Release' }));
    await waitFor(() => expect(screen.queryByRole('region', { name: 'Paused sessions' })).toBeNull());
    expect(document.title).not.toContain('paused');
    expect(host.requests.find(({ op }) => op === 'releaseSession')).toMatchObject({ again: false });
  });
});

describe('replay', () => {
  it('opens the changed request in the browser, for any application', async () => {
    const { host, press } = await open();
    await press('r');
    const dialog = within(await screen.findByRole('dialog', { name: 'Replay with changes' }));
    const scope = await dialog.findByLabelText('Value of scope');
    await fireEvent.input(scope, { target: { value: 'openid' } });
    await fireEvent.click(dialog.getByLabelText('Send nonce'));
    await fireEvent.click(dialog.getByRole('button', { name: /Add parameter/ }));
    const rows = dialog.getAllByLabelText(/^Name of parameter/);
    await fireEvent.input(rows.at(-1) as HTMLElement, { target: { value: 'prompt' } });
    await fireEvent.input(dialog.getByLabelText('Value of prompt'), { target: { value: 'login' } });
    await fireEvent.click(dialog.getByRole('button', { name: 'Open in browser' }));
    await waitFor(() => expect(host.opened).toHaveLength(1));
    const query = new URL(host.opened[0] ?? '').searchParams;
    expect(query.get('client_id')).toBe('k3v9q0c1xw7t5n2m8b4zs');
    expect(query.get('redirect_uri')).toBe('http://localhost:3000/api/auth/callback/vestibule');
    expect([query.get('scope'), query.get('prompt'), query.has('nonce')]).toEqual(['openid', 'login', false]);
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('knows what was received, what is secret, and what the built-in client draws itself', () => {
    const { steps } = waitingSession(1_800_000_000_000);
    const [first] = steps;
    if (!first) throw new Error('there is a request');
    const base = first.params[0];
    if (!base) throw new Error('it has parameters');
    const step = {
      ...first,
      params: [
        { ...base, name: 'client_id', value: 'shop' },
        { ...base, name: 'redirect_uri', value: 'http://localhost:3000/cb', origin: 'default' as const },
        { ...base, name: 'one_time_token', value: '••••' },
        { ...base, name: 'resource', value: 'https://a.test' },
        { ...base, name: 'resource', value: 'https://b.test' },
        { ...base, name: 'state', value: 's 1' },
      ],
    };
    const rows = replayRows([step]);
    expect(rows.map(({ name, secret, sent }) => [name, secret, sent])).toEqual([
      ['client_id', false, true],
      ['one_time_token', true, false],
      ['resource', false, true],
      ['resource', false, true],
      ['state', false, true],
    ]);
    expect(replayUrl('http://localhost:3001/oidc', rows)).toBe(
      'http://localhost:3001/oidc/auth?client_id=shop&resource=https%3A%2F%2Fa.test&resource=https%3A%2F%2Fb.test&state=s+1',
    );
    expect(runParams(rows)).toEqual([
      ['resource', 'https://a.test'],
      ['resource', 'https://b.test'],
    ]);
    const changed = rows.map((row, index) => (index === 3 ? { ...row, sent: false } : row));
    expect([...changedNames(rows, changed)]).toEqual(['resource']);
    expect(changedNames(rows, rows).size).toBe(0);
    expect(replayRows([])).toEqual([]);
  });
});

describe('what is written in the window', () => {
  it('allows the descriptions that the protocol allows', () => {
    expect(descriptionProblem('')).toBeNull();
    expect(descriptionProblem("It's closed; ask at [the desk]!")).toBeNull();
    for (const wrong of ['say "no"', 'back\\slash', 'ungültig', 'two\nlines'])
      expect(descriptionProblem(wrong)).toMatch(/ASCII/);
    expect(descriptionProblem('x'.repeat(513))).toMatch(/512/);
  });

  it('shows a request that waits in place of the person', () => {
    const pause = { held: [{ what: 'GET /sign-in', since: 5 }], until: 9 };
    const { rows } = layOut(summary({ status: 'waiting', waitingFor: 'waiting for consent', pause }), []);
    expect(rows).toMatchObject([{ kind: 'waiting', text: 'paused before GET /sign-in', since: 5 }]);
  });
});
