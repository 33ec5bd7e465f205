import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memoryHost } from '$shared/host.memory';
import { exampleApplications } from '$shared/host.memory.data';
import App from '../src/App.svelte';
import {
  fits,
  GUIDES,
  guidesFor,
  guideValues,
  likelyOrigin,
  missingUris,
  readOrigin,
} from '../src/applications/guides';
import { HIDDEN } from '../src/applications/guides/guide';
import { emptyDraft } from '../src/lib/application-form';
import { choose } from './select';
import type { ApplicationType } from '$bindings/ApplicationType';
import type { ApplicationView } from '$bindings/ApplicationView';

const NOW = 1_800_000_000_000;
const ISSUER = 'http://localhost:3001/oidc';

const application = (type: ApplicationType, deviceFlow = false): ApplicationView => ({
  ...emptyDraft(type, 'App', [], deviceFlow),
  id: 'c1ientid',
  secrets: [],
  builtIn: false,
  createdAt: NOW,
});
const facts = {
  issuer: ISSUER,
  origin: 'http://localhost:4711',
  alg: 'ES384' as const,
  secret: 's3cr3t',
  random: 'r4nd0m',
};

const cases = GUIDES.flatMap((guide) =>
  guide.suits.map((type) => ({ name: `${guide.name} for ${type}`, guide, app: application(type) })),
);

describe('every guide', () => {
  it.each(cases)('names the provider, the client and the callback: $name', ({ guide, app }) => {
    const values = guideValues(guide, app, facts);
    const text = guide
      .steps(values)
      .map(({ code }) => code)
      .join('\n');
    expect(text.includes(values.issuer) || text.includes(values.endpoint), 'the issuer, or Logto’s endpoint').toBe(
      true,
    );
    expect(text).toContain('c1ientid');
    expect(text.includes('s3cr3t'), 'the secret, where there is one').toBe(!values.isPublic);
    if (!values.machine && guide.callback !== null) {
      // Frameworks with routes of their own derive the callback from where the program runs.
      const named = text.includes(values.redirectUri) || text.includes(guide.callback);
      expect(named || text.includes(values.origin), 'where the answer goes').toBe(true);
    }
  });

  it.each(cases)('leaves nothing to fill in: $name', ({ guide, app }) => {
    const values = guideValues(guide, app, facts);
    for (const { title, code } of guide.steps(values)) {
      expect(code, title).not.toMatch(/<your|YOUR_|=undefined|'undefined'|\[object|localhost:3000/);
      expect(code.trim(), title).not.toBe('');
    }
    const pitfalls = guide.pitfalls(values);
    expect(pitfalls.length).toBeGreaterThan(0);
    for (const pitfall of pitfalls) expect(pitfall.split('`').length % 2, pitfall).toBe(1);
  });

  it.each(cases)('hides the secret until it is asked for: $name', ({ guide, app }) => {
    const text = JSON.stringify(guide.steps(guideValues(guide, app, { ...facts, secret: null })));
    expect(text).not.toContain('s3cr3t');
    if (app.type === 'Traditional') expect(text).toContain(HIDDEN);
  });

  it('has an id of its own', () => {
    expect(new Set(GUIDES.map(({ id }) => id)).size).toBe(GUIDES.length);
  });
});

describe('the guides of an application', () => {
  const names = (app: ApplicationView) => guidesFor(app).map(({ id }) => id);
  it('are those of its type', () => {
    expect(names(application('Traditional'))).toContain('authjs');
    expect(names(application('Traditional'))).not.toContain('logto-react');
    expect(names(application('SPA'))).toEqual(['logto-react', 'logto-vue', 'oidc-client-ts', 'curl']);
    expect(names(application('MachineToMachine'))).toEqual(['openid-client', 'curl']);
    expect(names(application('Native', true))).toEqual(['openid-client', 'curl']);
  });

  it('are found by words about them', () => {
    const found = (search: string) => GUIDES.filter((guide) => fits(guide, search)).map(({ id }) => id);
    expect(found('python')).toEqual(['authlib']);
    expect(found('next js')).toEqual(expect.arrayContaining(['authjs', 'nextauth4', 'logto-next']));
    expect(found('cobol')).toEqual([]);
  });

  it('say what is not registered yet', () => {
    const [authjs] = GUIDES;
    if (!authjs) throw new Error('the guide is there');
    const app = application('Traditional');
    const values = guideValues(authjs, app, facts);
    const redirect = 'http://localhost:4711/api/auth/callback/vestibule';
    expect(missingUris(authjs, app, values)).toEqual({ redirect, afterSignOut: 'http://localhost:4711/' });
    app.oidcClientMetadata.redirectUris = [redirect];
    app.oidcClientMetadata.postLogoutRedirectUris = ['http://localhost:4711'];
    expect(missingUris(authjs, app, values)).toEqual({ redirect: null, afterSignOut: null });
    expect(likelyOrigin(authjs, app)).toBe('http://localhost:4711');
  });

  it('take an origin and nothing else for where the program runs', () => {
    expect(readOrigin(' http://LOCALHOST:3000/ ')).toBe('http://localhost:3000');
    for (const text of ['', 'localhost:3000', 'http://a/b', 'ftp://a', 'http://a?b'])
      expect(readOrigin(text)).toBeNull();
  });
});

describe('the guides in the window', () => {
  const bookstore = exampleApplications(NOW)[0]?.id ?? '';
  beforeEach(() => {
    window.localStorage.clear();
    window.location.hash = `#/applications/${bookstore}/guides`;
  });
  afterEach(cleanup);

  async function open(guide: string) {
    const host = memoryHost({ now: NOW });
    render(App, { host });
    await fireEvent.click(await screen.findByRole('button', { name: guide }));
    await screen.findByRole('article', { name: guide });
    return host;
  }

  it('registers the callback with one click', async () => {
    const host = await open('Spring Security');
    const uri = 'http://localhost:8080/login/oauth2/code/vestibule';
    await fireEvent.click(screen.getByRole('button', { name: `Register it: ${uri}` }));
    await waitFor(() => expect(screen.queryByRole('button', { name: `Register it: ${uri}` })).toBeNull());
    expect(host.requests).toContainEqual({
      op: 'repair',
      repair: { kind: 'registerRedirectUri', appId: bookstore, uri },
    });
  });

  it('shows the secret when asked, and copies it without showing it', async () => {
    const write = vi.fn(async (_text: string) => undefined);
    vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText: write } });
    await open('Auth.js v5');
    const environment = screen.getByLabelText('Environment');
    expect(environment.textContent).toContain(`AUTH_VESTIBULE_SECRET=${HIDDEN}`);
    await fireEvent.click(screen.getByRole('button', { name: 'Copy “Environment”' }));
    await waitFor(() => expect(write).toHaveBeenCalled());
    expect(write.mock.calls[0]?.[0]).toMatch(/AUTH_VESTIBULE_SECRET=s3cr3t0/);
    expect(environment.textContent).toContain(HIDDEN);
    await fireEvent.click(screen.getByRole('button', { name: 'Show secret' }));
    await waitFor(() => expect(environment.textContent).toContain('s3cr3t0'));
    await fireEvent.click(screen.getByRole('button', { name: 'Hide secret' }));
    expect(environment.textContent).toContain(HIDDEN);
  });

  it('fills in where the program runs', async () => {
    await open('Passport');
    const field = screen.getByLabelText('Where your program runs');
    await fireEvent.input(field, { target: { value: 'http://localhost:9999' } });
    expect(screen.getByLabelText('Strategy').textContent).toContain('http://localhost:9999/oauth2/redirect');
    await fireEvent.input(field, { target: { value: 'localhost' } });
    expect(field.getAttribute('aria-invalid')).toBe('true');
  });
});

describe('the test of back-channel logout', () => {
  const bookstore = exampleApplications(NOW)[0]?.id ?? '';
  afterEach(cleanup);

  it('sends a token about a chosen session and says what was wrong', async () => {
    window.location.hash = `#/applications/${bookstore}`;
    const host = memoryHost({ now: NOW });
    render(App, { host });
    const section = within(await screen.findByRole('region', { name: 'Test of back-channel logout' }));
    await section.findByRole('option', { name: /^Alice Archer/ });
    await choose(section.getByLabelText('About'), '0');
    await fireEvent.click(section.getByRole('button', { name: 'Send a logout token' }));
    await section.findByText(/redirected to \/login \(302\)/);
    section.getByText(/sign-in guard/);
    expect(section.getByText(/^logout_token=ey/)).toBeTruthy();
    expect(host.requests).toContainEqual({
      op: 'testBackchannelLogout',
      id: bookstore,
      subject: { sub: 'a1ice0archer', sid: 'pY4n1KcQ8mWv' },
    });
    // An address that is only typed is not what is tested.
    await fireEvent.input(screen.getByLabelText('Back-channel logout URI'), { target: { value: 'http://a/b' } });
    expect(section.getByRole('button', { name: 'Send a logout token' })).toHaveProperty('disabled', true);
  });
});
