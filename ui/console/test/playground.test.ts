import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryHost } from '$shared/host.memory';
import App from '../src/App.svelte';
import { draft } from '../src/lib/draft.svelte';
import { curlOf, shellWord } from '../src/lib/http-text';
import { decodeJwt } from '../src/lib/jwt';
import { readPasted } from '../src/lib/paste-url';
import { emptyPlayground, formOf, playgroundParams } from '../src/lib/playground';
import { SavedRequests } from '../src/lib/saved-requests.svelte';
import { choose } from './select';

const NOW = 1_800_000_000_000;
const ISSUER = 'http://localhost:3001/oidc';
const SPA = 'p8d2h6r4yj1f9g3l7u5ae';

describe('the form of a request', () => {
  it('gives back the parameters it was made from', () => {
    const params: Array<[string, string]> = [
      ['client_id', SPA],
      ['redirect_uri', 'http://localhost:5173/callback'],
      ['scope', 'openid own:scope'],
      ['resource', 'https://a.test'],
      ['resource', 'https://b.test'],
      ['prompt', 'login consent'],
      ['identifier', 'email username'],
      ['response_mode', 'fragment'],
      ['state', 'theirs'],
      ['theme', 'ocean'],
    ];
    const form = formOf(params, 'demo-app');
    expect(playgroundParams(form)).toEqual(params);
    expect(form.pkce, 'a whole request says itself whether there is a challenge').toBe(false);
    expect(formOf([['client_id', SPA]], 'demo-app').pkce).toBe(true);
  });

  it('leaves out what ties an answer of the built-in client to another request', () => {
    const form = formOf(
      [
        ['client_id', 'demo-app'],
        ['redirect_uri', 'http://localhost:3001/demo-app'],
        ['response_type', 'code'],
        ['state', 's'],
        ['nonce', 'n'],
        ['code_challenge', 'c'],
        ['scope', 'openid'],
        ['scope', 'email'],
      ],
      'demo-app',
    );
    expect(playgroundParams(form)).toEqual([
      ['scope', 'openid'],
      ['scope', 'email'],
    ]);
    expect(form.pkce).toBe(true);
  });

  it('sends no empty fields, and extra rows as they are', () => {
    const form = { ...emptyPlayground(), scope: ['  '], prompt: [], extra: [{ name: 'a', value: '' }] };
    expect(playgroundParams(form)).toEqual([['a', '']]);
  });
});

describe('what was pasted', () => {
  const query = 'client_id=a&scope=openid+email';
  const params = [
    ['client_id', 'a'],
    ['scope', 'openid email'],
  ];
  it.each([
    ['an address', `${ISSUER}/auth?${query}`],
    ['a query', `?${query}`],
    ['a path', `/oidc/auth?${query}`],
    ['pairs', query],
    ['curl', `curl -v '${ISSUER}/auth?${query}' -H 'Accept: text/html'`],
  ])('is read from %s', (_, text) => {
    expect(readPasted(text, ISSUER)).toEqual({ params, warning: null });
  });

  it('is told to be of another provider', () => {
    const read = readPasted(`https://login.example.test/authorize?${query}`, ISSUER);
    expect('warning' in read && read.warning).toContain('https://login.example.test');
  });

  it.each([
    ['', 'Paste the address'],
    ['hello world', 'no address and no query'],
    ['https://app.test/callback?code=x&state=y', 'the answer to a request'],
    [`${ISSUER}/auth?client_id=a&request_uri=urn:x`, 'were pushed'],
    ['https://app.test/?q=1', 'no authorization request'],
  ])('is refused with a reason: %s', (text, reason) => {
    const read = readPasted(text, ISSUER);
    expect('problem' in read && read.problem).toContain(reason);
  });
});

describe('saved requests', () => {
  beforeEach(() => window.localStorage.clear());
  const request = { params: [['scope', 'openid']] as Array<[string, string]>, pkce: true, stepByStep: false };

  it('are kept, renamed, duplicated, deleted and brought back', () => {
    const saved = new SavedRequests();
    const { saved: first } = saved.add(' Google ', request);
    saved.add('Google', request);
    saved.duplicate(first.id);
    expect(saved.list.map(({ name }) => name)).toEqual(['Google (3)', 'Google (2)', 'Google']);
    saved.rename(first.id, 'Google (2)');
    expect(saved.list.at(-1)?.name, 'two can’t have one name').toBe('Google');
    const undo = saved.remove(first.id);
    expect(new SavedRequests().list).toHaveLength(2);
    undo();
    expect(new SavedRequests().list.map(({ name }) => name)).toContain('Google');
  });

  it('hold nothing that is good for one sign-in only', () => {
    const saved = new SavedRequests();
    const { left } = saved.add('x', {
      ...request,
      params: [
        ['scope', 'openid'],
        ['one_time_token', 'secret'],
        ['id_token_hint', 'eyJ'],
      ],
    });
    expect(left).toEqual(['one_time_token', 'id_token_hint']);
    expect(window.localStorage.getItem('vestibule.requests')).not.toContain('secret');
  });

  it('survive what another hand wrote there', () => {
    for (const text of [
      '{',
      '7',
      '[{"id":1}]',
      '[{"id":"1","name":"a","params":[["x"]],"pkce":true,"stepByStep":false}]',
    ]) {
      window.localStorage.setItem('vestibule.requests', text);
      expect(new SavedRequests().list).toEqual([]);
    }
  });
});

describe('texts to copy', () => {
  it('quotes for the shell', () => {
    expect(shellWord("it's")).toBe(`'it'\\''s'`);
    expect(curlOf({ method: 'POST', url: `${ISSUER}/token`, form: [['code', 'a b']], bearer: null })).toBe(
      `curl ${ISSUER}/token \\\n  --data-urlencode 'code=a b'`,
    );
  });
  it('decodes a JWT with letters of any language, and nothing else', () => {
    const part = (value: object) =>
      btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(value))))
        .replaceAll('+', '-')
        .replaceAll('/', '_')
        .replaceAll('=', '');
    expect(decodeJwt(`${part({ alg: 'ES384' })}.${part({ name: 'Zoë 王' })}.x`)?.claims).toEqual({ name: 'Zoë 王' });
    for (const text of ['opaque', 'a.b', 'a.b.c', `${part([])}.${part({})}.x`]) expect(decodeJwt(text)).toBeNull();
  });
});

describe('the playground', () => {
  beforeEach(() => {
    window.localStorage.clear();
    window.location.hash = '#/playground';
  });
  afterEach(cleanup);

  async function open() {
    const host = memoryHost({ now: NOW });
    render(App, { host });
    await screen.findByRole('group', { name: 'The request' });
    await screen.findByRole('option', { name: 'Firefox' });
    return host;
  }
  const button = (name: string) => screen.getByRole<HTMLButtonElement>('button', { name });
  const started = (host: ReturnType<typeof memoryHost>) =>
    host.requests.filter((request) => request.op === 'playgroundStart').at(-1);

  it('shows what the provider makes of the request as it is typed', async () => {
    const host = await open();
    const url = screen.getByRole('group', { name: 'The request' });
    expect(within(url).getAllByText('drawn when it is opened')).toHaveLength(3);
    await fireEvent.click(button('address'));
    await choose(screen.getByLabelText('first_screen'), 'register');
    await screen.findByText('/register', { selector: '.verdict code' });
    expect(host.requests.at(-1)).toMatchObject({ op: 'playgroundPreview', pkce: true });
  });

  it('opens the request in the chosen browser, and shows answer, checks and tokens', async () => {
    const host = await open();
    await choose(screen.getByLabelText('Browser'), 'firefox.desktop');
    await fireEvent.click(button('Open in browser'));
    await waitFor(() => expect(host.opened).toHaveLength(1));
    expect(host.openedIn).toEqual(['firefox.desktop']);
    expect(await screen.findByText('Waiting for the browser to come back')).toBeTruthy();
    host.newSession();
    await screen.findByRole('heading', { name: /Use the tokens/ });
    const checked = screen.getByRole('list', { name: 'Checked' });
    expect(within(checked).getByText('iss').closest('li')?.textContent).toContain('Right:');
    await fireEvent.click(button('Introspect'));
    expect(await screen.findByRole('table', { name: 'Introspection' })).toBeTruthy();
    expect(screen.getByRole('table', { name: 'Claims of id_token' }).textContent).toContain('Alice Archer');
    await fireEvent.click(button('Revoke'));
    await screen.findByText(/^Revoked:/);
    await fireEvent.click(button('Sign out'));
    await waitFor(() => expect(host.opened.at(-1)).toContain('/session/end?'));
  });

  it('leaves the code waiting when it goes step by step', async () => {
    const host = await open();
    await fireEvent.click(screen.getByRole('switch', { name: 'Step by step' }));
    await fireEvent.click(button('Open in browser'));
    await waitFor(() => expect(started(host)).toMatchObject({ stepByStep: true }));
    host.newSession();
    await fireEvent.click(await screen.findByRole('button', { name: 'Redeem the code' }));
    await screen.findByRole('heading', { name: /Use the tokens/ });
    expect(host.requests).toContainEqual({ op: 'playgroundUse', id: 'run1', action: 'exchange' });
  });

  it('says where the answer of another application goes, and follows its session', async () => {
    const host = await open();
    await screen.findByRole('option', { name: 'Admin SPA' });
    await choose(screen.getByLabelText('client_id'), SPA);
    expect(screen.queryByRole('switch', { name: 'Step by step' })).toBeNull();
    await fireEvent.click(button('Open in browser'));
    await waitFor(() => expect(started(host)).toBeTruthy());
    const sent = started(host);
    expect(sent?.op === 'playgroundStart' && sent.params.slice(0, 2)).toEqual([
      ['client_id', SPA],
      ['redirect_uri', 'http://localhost:5173/callback'],
    ]);
    await screen.findByText(/is not seen here/);
    host.newSession();
    expect(await screen.findByText('See it as a session')).toBeTruthy();
    expect(screen.queryByRole('heading', { name: /Use the tokens/ })).toBeNull();
  });

  it('takes what somebody hands over, with a word about where it is from', async () => {
    draft.hand({
      params: [
        ['scope', 'openid'],
        ['login_hint', 'bob@example.test'],
      ],
      about: 'From a session.',
    });
    await open();
    expect(await screen.findByText('From a session.')).toBeTruthy();
    expect(screen.getByLabelText<HTMLInputElement>('login_hint').value).toBe('bob@example.test');
    expect(button('profile').getAttribute('aria-pressed')).toBe('false');
    draft.hand({ params: [['login_hint', 'carol@example.test']] });
    await waitFor(() => expect(screen.getByLabelText<HTMLInputElement>('login_hint').value).toBe('carol@example.test'));
    await fireEvent.click(button('Start afresh'));
    expect(screen.getByLabelText<HTMLInputElement>('login_hint').value).toBe('');
  });

  it('keeps the run while one looks at its session', async () => {
    const host = await open();
    await fireEvent.click(button('Open in browser'));
    host.newSession();
    await screen.findByRole('heading', { name: /Use the tokens/ });
    window.location.hash = '#/settings';
    await screen.findByRole('heading', { name: 'Settings' });
    window.location.hash = '#/playground';
    expect(await screen.findByRole('heading', { name: /Use the tokens/ })).toBeTruthy();
  });

  it('saves a request under a name and loads it again', async () => {
    await open();
    await fireEvent.input(screen.getByLabelText('login_hint'), { target: { value: 'dave@example.test' } });
    await fireEvent.click(button('Save'));
    await fireEvent.input(screen.getByLabelText('Name'), { target: { value: 'As Dave' } });
    await fireEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Save' }));
    await screen.findByText('Saved as “As Dave”.');
    await fireEvent.click(button('Start afresh'));
    await fireEvent.click(screen.getByRole('button', { name: /^Saved/ }));
    await fireEvent.click(screen.getByRole('button', { name: /^As Dave/ }));
    expect(screen.getByLabelText<HTMLInputElement>('login_hint').value).toBe('dave@example.test');
  });

  it('fills the form from a pasted address, or says why not', async () => {
    await open();
    await fireEvent.click(button('Paste a URL'));
    const field = screen.getByLabelText('Address of an authorization request');
    await fireEvent.input(field, { target: { value: 'hello world' } });
    await fireEvent.click(button('Fill in the form'));
    expect(field.getAttribute('aria-invalid')).toBe('true');
    await fireEvent.input(field, { target: { value: `${ISSUER}/auth?client_id=demo-app&scope=openid&max_age=60` } });
    await fireEvent.click(button('Fill in the form'));
    expect(screen.getByLabelText<HTMLInputElement>('max_age').value).toBe('60');
    expect(screen.getByRole<HTMLInputElement>('switch', { name: 'PKCE' }).checked, 'it had no challenge').toBe(false);
  });
});
