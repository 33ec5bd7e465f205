import type { SignInExperience as Row } from '$bindings/SignInExperience';
import Pages from '$experience/App.svelte';
import { App } from '$experience/context.svelte';
import type { PageData } from '$experience/data';
// Screens that are fetched when they are needed are there at once.
import '$experience/screens/connectors';
import '$experience/screens/factors';
import '$experience/screens/steps';
import { pageData, parameters } from '$experience/testing/fake';
import { memoryHost, type MemoryHost } from '$shared/host.memory';
import { exampleExperience } from '$shared/host.memory.data';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import Console from '../src/App.svelte';
import { ExperienceDraft } from '../src/lib/experience-draft.svelte';
import { isFrom, SCREENS } from '../src/lib/page-frame';
import { previewFetch, sampleQrCode } from '../src/preview/answers';
import { previewWindow } from '../src/preview/page';
import { dataFor, SCENES } from '../src/preview/stage';

/** Settings with which every page can be reached. */
const everything = {
  ...exampleExperience(),
  signIn: {
    methods: [
      { identifier: 'username', password: true, verificationCode: false, isPasswordPrimary: true },
      { identifier: 'email', password: true, verificationCode: true, isPasswordPrimary: true },
    ],
  },
  signUp: { identifiers: ['email'], password: true, verify: true },
  termsOfUseUrl: 'https://example.test/terms',
  mfa: {
    factors: ['WebAuthn', 'Totp', 'PhoneVerificationCode', 'EmailVerificationCode', 'BackupCode'],
    policy: 'Mandatory',
  },
  passkeySignIn: { enabled: true },
  forgotPassword: { email: true, phone: true },
  socialConnectors: [{ id: 'g', target: 'google', name: { en: 'Google' } }],
  ssoConnectors: [
    { id: 'acme', connectorName: 'Acme' },
    { id: 'birch', connectorName: 'Birch' },
  ],
  customProfileFields: [{ name: 'nickname', type: 'Text', label: 'Nickname' }],
} as unknown as PageData['signInExperience'];

function stage(id: (typeof SCREENS)[number]['id'], experience = everything) {
  const path = SCREENS.find((one) => one.id === id)?.path ?? '';
  const leave = vi.fn<(address: string) => void>();
  const data = dataFor(id, pageData({ signInExperience: experience }));
  const page = previewWindow(path, leave);
  const app = new App({ page, data, parameters: parameters(), fetch: previewFetch(data) });
  const note = SCENES[id](app);
  cleanup();
  render(Pages, { app });
  return { app, path, note, leave };
}

describe('the hosted pages in the preview', () => {
  afterEach(cleanup);

  it.each(SCREENS.map(({ id }) => id))('%s is there, with nothing to be said of it', async (id) => {
    const { app, path, note, leave } = stage(id);
    await waitFor(() => expect(screen.getAllByRole('heading', { level: 1 })[0]?.textContent).not.toBe('One moment'));
    expect([app.router.path, note]).toEqual([path, undefined]);
    expect(leave).not.toHaveBeenCalled();
    expect(window.location.pathname).toBe('/');
  });

  it('say what keeps people from seeing them', () => {
    const bare = pageData().signInExperience;
    expect(stage('verifyTotp', bare).note).toMatch(/switched off/);
    expect(stage('code', bare).note).toMatch(/No code is sent/);
    expect(stage('terms', bare).note).toMatch(/There are no terms/);
    expect(stage('profileFields', bare).note).toMatch(/no profile fields/);
    expect(stage('forgot', bare).app.router.path).toBe('/sign-in');
  });

  it('go on with whatever is typed, and only tell where they would leave for', async () => {
    const { leave } = stage('password');
    await fireEvent.input(screen.getByLabelText('Password'), { target: { value: 'anything' } });
    await fireEvent.submit(screen.getByRole('button', { name: 'Sign in' }).closest('form') as HTMLFormElement);
    await waitFor(() => expect(leave).toHaveBeenCalledWith('preview:done'));
  });

  it('ask for no passkey', async () => {
    const create = vi.fn();
    vi.stubGlobal('PublicKeyCredential', () => undefined);
    Object.defineProperty(window.navigator, 'credentials', { configurable: true, value: { create, get: create } });
    stage('bindWebAuthn');
    await fireEvent.click(await screen.findByRole('button', { name: /passkey/i }));
    await screen.findByText(/asks for no passkey/);
    expect(create).not.toHaveBeenCalled();
  });

  it('have a picture to scan that is drawn from the same cells each time', () => {
    expect(sampleQrCode()).toMatch(/^data:image\/svg\+xml,/);
    expect(sampleQrCode()).toBe(sampleQrCode());
  });
});

describe('the window of the preview', () => {
  it('keeps addresses to itself', () => {
    const page = previewWindow('/sign-in', () => undefined);
    const heard = vi.fn();
    page.addEventListener('popstate', heard);
    page.history.pushState(null, '', '/register?app_id=x');
    expect(page.location.pathname).toBe('/register');
    page.history.replaceState(null, '', '/consent');
    page.history.back();
    expect([page.location.pathname, heard.mock.calls.length]).toEqual(['/sign-in', 1]);
    page.history.back();
    expect(page.location.pathname).toBe('/sign-in');
    page.sessionStorage.setItem('a', 'b');
    expect([page.sessionStorage.getItem('a'), window.sessionStorage.getItem('a')]).toEqual(['b', null]);
  });

  it('hears only its own frame, of its own origin', () => {
    const { origin } = window.location;
    const message = (source: MessageEventSource | null, from: string) =>
      ({ source, origin: from }) as unknown as MessageEvent;
    expect(isFrom(message(window, origin), window)).toBe(true);
    expect(isFrom(message(window, 'https://elsewhere.test'), window)).toBe(false);
    expect(isFrom(message(window.top, origin), {} as MessageEventSource)).toBe(false);
    expect(isFrom(message(null, origin), null)).toBe(false);
  });
});

describe('the draft', () => {
  it('takes over what changed elsewhere, where nothing was changed here', async () => {
    const host = memoryHost({ now: 1_800_000_000_000 });
    const draft = new ExperienceDraft(host);
    await draft.load();
    if (!draft.form) throw new Error('there is no form');
    draft.form.color.primaryColor = '#123456';
    draft.form.supportEmail = ' ';
    expect(draft.changed).toEqual(['branding']);
    const targets = ['github'];
    await host.call({ op: 'offerTargets', targets });
    await draft.load();
    expect(draft.form.socialSignInConnectorTargets).toEqual(targets);
    expect(draft.form.color.primaryColor).toBe('#123456');
    expect(await draft.save()).toBe(true);
    expect(draft.dirty).toBe(false);
    draft.form.color.primaryColor = '#654321';
    draft.reset();
    expect([draft.form.color.primaryColor, draft.dirty]).toEqual(['#123456', false]);
  });
});

describe('the page', () => {
  let host: MemoryHost;
  beforeEach(async () => {
    location.hash = '#/sign-in-experience';
    host = memoryHost({ now: 1_800_000_000_000 });
    render(Console, { host });
    await screen.findByLabelText('Terms of use');
  });
  afterEach(() => {
    cleanup();
    location.hash = '';
  });
  const previewed = () =>
    host.requests.flatMap((request) => (request.op === 'previewSignInExperience' ? [request.draft] : []));
  const last = () => previewed().at(-1);
  const colour = () => screen.getByLabelText('Colour');

  it('asks for the pages of what is typed, in the language and for the application that are chosen', async () => {
    await waitFor(() => expect(previewed()).toHaveLength(1));
    await fireEvent.input(colour(), { target: { value: '#0a7' } });
    await waitFor(() => expect(last()?.signInExperience.color.primaryColor).toBe('#0a7'));
    await screen.findByRole('option', { name: 'Arabic (ar)' });
    await fireEvent.change(screen.getByLabelText('Language of the pages'), { target: { value: 'ar' } });
    const [bookstore] = screen.getAllByRole<HTMLOptionElement>('option', { name: 'Bookstore' });
    await fireEvent.change(screen.getByLabelText('Application'), { target: { value: bookstore?.value } });
    await waitFor(() => expect(last()).toMatchObject({ language: 'ar', application: bookstore?.value }));
    await screen.findByText('Bookstore has colours or a logo of its own.');
    expect(host.requests.some(({ op }) => op === 'updateSignInExperience')).toBe(false);
  });

  it('says what stands in the way of saving while it is typed, and shows the field', async () => {
    await fireEvent.input(colour(), { target: { value: 'blu' } });
    await screen.findByText('color.primaryColor');
    expect(colour().getAttribute('aria-invalid')).toBeNull();
    await fireEvent.click(screen.getByRole('tab', { name: 'Password' }));
    await fireEvent.click(screen.getByRole('button', { name: 'Show the field' }));
    await waitFor(() => expect(document.activeElement).toBe(colour()));
    expect(colour().getAttribute('aria-invalid')).toBe('true');
  });

  it('keeps what is not saved while another page is looked at, and resets after a question', async () => {
    await fireEvent.input(colour(), { target: { value: '#0a7' } });
    await fireEvent.click(screen.getByRole('link', { name: 'Connectors' }));
    await screen.findByText(/kept here, and not saved yet/);
    await fireEvent.click(screen.getByRole('link', { name: 'Sign-in experience' }));
    await waitFor(() => expect(colour()).toHaveProperty('value', '#0a7'));
    screen.getByText('Branding', { selector: 'strong' });
    await fireEvent.click(screen.getByRole('button', { name: 'Reset' }));
    screen.getByText('The changes in Branding are lost.');
    await fireEvent.click(screen.getAllByRole('button', { name: 'Reset' }).at(-1) as HTMLElement);
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Save changes' })).toBeNull());
    expect(colour()).toHaveProperty('value', (exampleExperience() satisfies Row).color.primaryColor);
  });

  it('previews words that are typed, and keeps them while another part is looked at', async () => {
    await fireEvent.click(screen.getByRole('tab', { name: 'Languages' }));
    await screen.findByText('With words of your own: de.');
    await fireEvent.input(screen.getByLabelText('Language'), { target: { value: 'de' } });
    await fireEvent.input(await screen.findByLabelText('Phrase 1'), { target: { value: 'Rein da' } });
    const words = { languageTag: 'de', phrases: { 'signIn.submit': 'Rein da' } };
    await waitFor(() => expect(last()?.phrases).toEqual(words));
    await fireEvent.click(screen.getByRole('tab', { name: 'Branding' }));
    await fireEvent.click(screen.getByRole('tab', { name: 'Languages' }));
    await waitFor(() => expect(screen.getByLabelText('Phrase 1')).toHaveProperty('value', 'Rein da'));
  });

  it('is hidden and shown', async () => {
    await fireEvent.click(screen.getByRole('button', { name: 'Enlarge the preview' }));
    expect(screen.getByRole('tabpanel', { hidden: true }).hidden).toBe(true);
    await fireEvent.click(screen.getByRole('button', { name: 'Hide the preview' }));
    expect(screen.queryByLabelText('Page')).toBeNull();
    expect(screen.getByRole('tabpanel').hidden).toBe(false);
    await fireEvent.click(screen.getByRole('button', { name: 'Preview' }));
    screen.getByLabelText('Page');
  });
});
