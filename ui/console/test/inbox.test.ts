import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memoryHost, type MemoryOptions } from '$shared/host.memory';
import { codeMessage } from '$shared/host.memory.messages';
import App from '../src/App.svelte';
import { Feed } from '../src/lib/feed.svelte';
import { Inbox } from '../src/lib/inbox.svelte';

const NOW = 1_800_000_000_000;
beforeEach(() => window.localStorage.clear());

describe('the messages', () => {
  async function started() {
    const host = memoryHost({ now: NOW });
    const feed = new Feed(host);
    feed.start();
    await vi.waitFor(() => expect(feed.inbox.loaded).toBe(true));
    return { host, inbox: feed.inbox };
  }

  it('come in with the live stream, newest first, and are announced', async () => {
    const { host, inbox } = await started();
    const count = inbox.messages.length;
    const message = host.newMessage({ code: '123456' });
    expect(inbox.messages[0]).toEqual(message);
    expect(inbox.messages).toHaveLength(count + 1);
    expect(inbox.announcement).toBe('Code for alice@example.test: 1 2 3 4 5 6.');
  });

  it('take over how delivering went, without a second announcement', async () => {
    const { host, inbox } = await started();
    const message = host.newMessage();
    inbox.announcement = '';
    host.emit({ messages: [{ ...message, deliveries: [{ to: 'localhost:1025', problem: null }] }] });
    expect(inbox.messages.filter((known) => known.id === message.id)).toHaveLength(1);
    expect(inbox.messages[0]?.deliveries).toHaveLength(1);
    expect(inbox.announcement).toBe('');
  });

  it('keep what arrives while the list is being read, and read it again after a gap', async () => {
    const host = memoryHost({ now: NOW });
    const inbox = new Inbox(host);
    const reading = inbox.reload();
    const early = codeMessage('early', NOW);
    inbox.receive([early]);
    await reading;
    expect(inbox.messages[0]).toEqual(early);

    const { host: other, inbox: following } = await started();
    const asked = () => other.requests.filter((request) => request.op === 'inbox').length;
    const before = asked();
    other.emit({ missed: 2 });
    await vi.waitFor(() => expect(asked()).toBe(before + 1));
    expect(following.problem).toBeNull();
  });

  it('are new until they were looked at, also after a restart', async () => {
    const { host, inbox } = await started();
    expect(inbox.fresh).toBe(inbox.messages.length);
    inbox.look();
    expect(inbox.fresh).toBe(0);
    host.newMessage();
    expect(inbox.fresh).toBe(1);
    const again = new Inbox(host);
    await again.reload();
    expect(again.fresh).toBe(1);
  });

  it('are gone from the list once they were thrown away', async () => {
    const { inbox } = await started();
    expect(await inbox.clear()).toBe('Threw away 5 messages.');
    expect(inbox.messages).toEqual([]);
  });
});

describe('the Inbox page', () => {
  beforeEach(() => {
    window.location.hash = '#/inbox';
  });
  afterEach(cleanup);

  async function open(options: MemoryOptions = {}) {
    const host = memoryHost(options);
    const copied: string[] = [];
    vi.spyOn(navigator.clipboard, 'writeText').mockImplementation(async (text) => void copied.push(text));
    render(App, { host });
    await screen.findByRole('heading', { level: 1, name: 'Inbox' });
    return { host, copied };
  }
  const rows = async () => {
    const list = await screen.findByRole('group', { name: 'Messages' });
    return within(list)
      .getAllByRole('listitem')
      .filter((row) => row.hasAttribute('aria-posinset'));
  };

  it('copies a code with one click, opens a link, and leads to the session', async () => {
    const { host, copied } = await open();
    const [first] = await rows();
    if (!first) throw new Error('there are messages');
    expect(first.textContent).toContain('Sign-in code · Bookstore');
    await fireEvent.click(within(first).getByRole('button', { name: 'Copy the code 482913 for alice@example.test' }));
    expect(copied).toEqual(['482913']);
    expect(await within(first).findByRole('link', { name: 'See the session' })).toHaveProperty(
      'hash',
      '#/sessions/lv_waiting',
    );
    await fireEvent.click(screen.getByRole('button', { name: 'Open link for carol@example.test' }));
    expect(host.opened).toEqual(['http://localhost:3000/invitations/7d1f0c?one_time_token=Zt5bQ2mK8xR1']);
  });

  it('tells how sending on went, and which codes are worth nothing', async () => {
    await open();
    const texts = (await rows()).map((row) => row.textContent ?? '');
    expect(texts[1]).toContain('replaced by a newer one');
    expect(texts[2]).toContain('http://localhost:4000/messages accepted it');
    expect(texts[4]).toContain('expired');
    expect(texts[4]).toContain('localhost:1025 did not take it: nothing answers there.');
  });

  it('shows what arrives at once, and counts it in the navigation only while the page is elsewhere', async () => {
    const { host } = await open();
    await rows();
    const count = () =>
      screen
        .getByRole('link', { name: /^Inbox/ })
        .textContent?.replace(/\s+/g, ' ')
        .trim();
    await waitFor(() => expect(count()).toBe('Inbox'));
    host.newMessage({ to: 'zoe@example.test' });
    expect((await screen.findByText('zoe@example.test')).closest('li')?.getAttribute('aria-posinset')).toBe('1');
    await waitFor(() => expect(count()).toBe('Inbox'));

    window.location.hash = '#/people';
    await screen.findByRole('heading', { level: 1, name: 'People' });
    host.newMessage({ createdAt: Date.now() + 1000 });
    await waitFor(() => expect(count()).toBe('Inbox 1 new'));
  });

  it('searches when there are many, and draws few of them', async () => {
    await open({ manyMessages: 3000 });
    const drawn = await rows();
    expect(drawn.length).toBeLessThan(60);
    expect(drawn[0]?.getAttribute('aria-setsize')).toBe('3005');
    const search = screen.getByRole('searchbox', { name: 'Search messages' });
    await fireEvent.input(search, { target: { value: 'p2999@' } });
    await waitFor(async () => expect(await rows()).toHaveLength(1));
    await fireEvent.input(search, { target: { value: 'nothing like it' } });
    expect(await screen.findByText('No message matches the search.')).toBeTruthy();
  });

  it('does not move what is being read: newer ones are counted and wait', async () => {
    const { host } = await open({ manyMessages: 50 });
    const list = await screen.findByRole('group', { name: 'Messages' });
    list.scrollTop = 40;
    await fireEvent.scroll(list);
    host.newMessage({ to: 'zoe@example.test' });
    const pill = await screen.findByRole('button', { name: '1 new' });
    expect(screen.queryByText('zoe@example.test')).toBeNull();
    await fireEvent.click(pill);
    expect(await screen.findByText('zoe@example.test')).toBeTruthy();
    expect(list.scrollTop).toBe(0);
  });

  it('is cleared after a question', async () => {
    const { host } = await open();
    await rows();
    await fireEvent.click(screen.getByRole('button', { name: 'Clear' }));
    expect(host.requests.some((request) => request.op === 'clearInbox')).toBe(false);
    await fireEvent.click(await screen.findByRole('button', { name: 'Throw away' }));
    expect(await screen.findByText('Threw away 5 messages.')).toBeTruthy();
    expect(await screen.findByRole('heading', { name: 'No message yet' })).toBeTruthy();
  });

  it('says how a first message comes, and sets the playground up for it', async () => {
    await open({ empty: true });
    const link = await screen.findByRole('link', { name: 'Try a forgotten password' });
    window.location.hash = (link as HTMLAnchorElement).hash;
    await screen.findByRole('heading', { level: 1, name: 'Playground' });
    expect(screen.getByLabelText<HTMLSelectElement>('first_screen').value).toBe('reset_password');
  });

  it('says that it is switched off', async () => {
    const host = memoryHost();
    await host.call({
      op: 'updateMessageSettings',
      settings: { inbox: false, smtp: null, file: null, webhook: null },
    });
    render(App, { host });
    expect(await screen.findByText(/The Inbox is switched off/)).toBeTruthy();
  });

  it('makes a one-time link and shows it once; a problem stays at its field', async () => {
    const { host, copied } = await open();
    await fireEvent.click(screen.getByRole('button', { name: 'New one-time link' }));
    const email = await screen.findByLabelText('E-mail');
    const minutes = screen.getByLabelText('Works for, in minutes');
    const make = () => fireEvent.click(screen.getByRole('button', { name: 'Make link' }));
    await fireEvent.input(email, { target: { value: 'nobody' } });
    await make();
    await waitFor(() => expect(document.activeElement).toBe(email));
    expect(screen.getByText(/Is not an e-mail address/)).toBeTruthy();

    await fireEvent.input(email, { target: { value: ' alice@example.test ' } });
    await fireEvent.input(minutes, { target: { value: 'soon' } });
    await make();
    await waitFor(() => expect(document.activeElement).toBe(minutes));
    await fireEvent.input(minutes, { target: { value: '60' } });
    await make();
    await fireEvent.click(await screen.findByRole('button', { name: 'Copy link' }));
    expect(host.requests.at(-1)).toEqual({ op: 'createOneTimeToken', email: 'alice@example.test', expiresIn: 3600 });
    expect(copied[0]).toMatch(
      /^http:\/\/localhost:3001\/demo-app\?one_time_token=.+&login_hint=alice%40example\.test$/,
    );
    await fireEvent.click(screen.getByRole('button', { name: 'Open link' }));
    expect(host.opened).toEqual(copied);
  });
});

describe('elsewhere', () => {
  afterEach(cleanup);

  it('a session has the code that it waits for beside it', async () => {
    window.location.hash = '#/sessions/lv_waiting';
    const host = memoryHost();
    render(App, { host });
    const strip = await screen.findByRole('region', { name: 'Messages of this session' });
    expect(within(strip).getAllByRole('button', { name: /Copy the code/ })).toHaveLength(1);
    expect(within(strip).getByRole('link', { name: '1 earlier in the Inbox' })).toBeTruthy();
    host.newMessage({ live: 'lv_waiting', code: '555111', createdAt: Date.now() + 1000 });
    await within(strip).findByRole('button', { name: 'Copy the code 555111 for alice@example.test' });
    expect(within(strip).queryByRole('button', { name: /482913/ })).toBeNull();
    expect(within(strip).getByRole('link', { name: '2 earlier in the Inbox' })).toBeTruthy();
  });

  it('a session without messages has none', async () => {
    window.location.hash = '#/sessions/lv_finished';
    render(App, { host: memoryHost() });
    await screen.findByRole('region', { name: 'Sequence' });
    expect(screen.queryByRole('region', { name: 'Messages of this session' })).toBeNull();
  });

  it('Settings say where messages go, with problems at their fields and the password never shown', async () => {
    window.location.hash = '#/settings';
    const host = memoryHost();
    render(App, { host });
    await fireEvent.click(await screen.findByRole('switch', { name: 'Mail server (SMTP)' }));
    const name = await screen.findByLabelText('Host');
    await fireEvent.input(name, { target: { value: 'no good' } });
    await fireEvent.input(screen.getByLabelText('Password'), { target: { value: 's3cret' } });
    const save = () => fireEvent.click(screen.getByRole('button', { name: 'Save messages' }));
    await save();
    await waitFor(() => expect(document.activeElement).toBe(name));
    expect(name.getAttribute('aria-invalid')).toBe('true');

    await fireEvent.input(name, { target: { value: 'localhost' } });
    await save();
    expect(await screen.findByText('Saved where messages go.')).toBeTruthy();
    expect(host.requests.at(-1)).toMatchObject({
      settings: { smtp: { host: 'localhost', port: 1025, password: 's3cret' } },
    });
    expect(screen.getByLabelText<HTMLInputElement>('Password').value).toBe('');
    expect(screen.getByText(/A password is set/)).toBeTruthy();

    await fireEvent.click(screen.getByRole('switch', { name: 'Inbox of this window' }));
    await fireEvent.click(screen.getByRole('switch', { name: 'Mail server (SMTP)' }));
    expect(await screen.findByText(/Messages would go nowhere/)).toBeTruthy();
  });
});
