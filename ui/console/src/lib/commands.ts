import { copy, openLink, startTestSignIn, type Console } from './console';
import { EXPERIENCE_TABS } from './experience-form';
import type { Keys } from './keys';
import { PAGE_INFO, pageKeys } from './pages';
import { PAGES, type Page } from './router.svelte';
import { whenThere } from './when-there';

/** The headings of the palette, in the order in which they stand while nothing is typed. */
export const GROUPS = [
  'Recent',
  'Do',
  'Go to',
  'Sessions',
  'Applications',
  'People',
  'Connectors',
  'Settings',
  'Copy',
  'Open in the browser',
] as const;
export type Group = (typeof GROUPS)[number];

/** Something that can be chosen in the palette. */
export interface Item {
  /** Stable: it is remembered as recent. */
  id: string;
  name: string;
  group: Group;
  /** What stands beside the name. */
  detail?: string;
  /** Further words that find it. */
  words?: string;
  keys?: readonly Keys[];
  run: (console: Console) => unknown;
  /** Asked before it is done: it can’t be taken back. */
  confirm?: { text: string; action: string };
}

/**
 * A command of the window. Its keys are declared here and nowhere else; the palette, the navigation, the legend and the
 * dispatcher read them.
 */
export interface Command extends Omit<Item, 'run'> {
  /** The page on which the keys count, and to which the palette goes first. */
  page?: Page;
  /** Without it, a component carries the command out: see `handle` in `console.ts`. */
  run?: Item['run'];
  /** Whether it can be done now. */
  when?: (console: Console) => boolean;
}

/** A key that a component listens for by itself. It is told in the legend and cannot be chosen. */
export interface OwnKey {
  keys: readonly Keys[];
  name: string;
  page: Page | null;
}

const serving = ({ status }: Console) => status.issuer !== null;
const endpoint = ({ status }: Console) =>
  status.value?.serving.state === 'serving' ? status.value.serving.endpoint : '';
const copied =
  (text: (console: Console) => string | null | undefined, what: string) =>
  (console: Console): unknown =>
    copy(console.toasts, text(console) ?? '', what);
const opened =
  (url: (console: Console) => string) =>
  (console: Console): unknown =>
    openLink(console, url(console));

/** The sections of Settings: their headings have the id `settings-<id>`. */
export const SETTINGS_SECTIONS = [
  { id: 'facts', name: 'General', words: 'port version address endpoint issuer this provider' },
  { id: 'look', name: 'Appearance', words: 'dark light theme of this window' },
  { id: 'desktop', name: 'Desktop', words: 'open at login zoom tray link' },
  { id: 'provider', name: 'Provider', words: 'signing algorithm dialect session lifetime development strip' },
  { id: 'messages', name: 'Messages', words: 'smtp mail server file webhook inbox' },
  { id: 'live', name: 'Live sessions', words: 'retention forget clear' },
  { id: 'data', name: 'Data', words: 'directory size key custody' },
  { id: 'start-over', name: 'Start over', words: 'reset empty everything undo' },
] as const;

function section(id: string): void {
  whenThere(`[aria-labelledby="settings-${id}"]`, (element) => {
    element.scrollIntoView({ block: 'start' });
    element.setAttribute('tabindex', '-1');
    element.focus({ preventScroll: true });
  });
}

/** Every command, in the order of the palette and of the legend. */
export const COMMANDS: readonly Command[] = [
  {
    id: 'port.other',
    name: 'Serve on another port',
    group: 'Do',
    words: 'taken busy listen',
    when: ({ status }) => status.value?.serving.state === 'portTaken',
    run: ({ status }) => {
      const state = status.value?.serving;
      return status.usePort(state?.state === 'portTaken' ? (state.suggestion ?? 0) : 0);
    },
  },
  {
    id: 'signIn.start',
    name: 'Start a test sign-in',
    group: 'Do',
    words: 'try demo login built-in client',
    keys: ['mod+shift+Enter'],
    when: serving,
    run: startTestSignIn,
  },
  {
    id: 'signIn.reset',
    name: 'Try a forgotten password',
    group: 'Do',
    words: 'reset code e-mail test',
    run: ({ router }) => router.go('playground', 'reset_password'),
  },
  {
    id: 'application.new',
    name: 'Create application',
    group: 'Do',
    words: 'new register client app add',
    page: 'applications',
    keys: ['n'],
  },
  { id: 'person.new', name: 'Add person', group: 'Do', words: 'new user create', page: 'people', keys: ['n'] },
  {
    id: 'connector.new',
    name: 'Add connector',
    group: 'Do',
    words: 'new social provider create',
    page: 'connectors',
    keys: ['n'],
  },
  {
    id: 'enterprise.new',
    name: 'Add enterprise connector',
    group: 'Do',
    words: 'new sso saml create company',
    page: 'enterprise-sso',
    keys: ['n'],
  },
  {
    id: 'inbox.link',
    name: 'New one-time link',
    group: 'Do',
    words: 'token invitation magic',
    page: 'inbox',
    keys: ['n'],
  },
  {
    id: 'sessions.clear',
    name: 'Forget all sessions…',
    group: 'Do',
    words: 'clear delete empty list',
    when: ({ feed }) => feed.summaries.size > 0,
    confirm: {
      text: 'Their steps, reasons and requests are gone from this window and from disk. This can’t be undone.',
      action: 'Forget all sessions',
    },
    run: async ({ feed, toasts }) => {
      await feed.clear();
      toasts.ok('Forgot all live sessions.');
    },
  },
  {
    id: 'inbox.clear',
    name: 'Clear the Inbox…',
    group: 'Do',
    words: 'messages delete empty',
    when: ({ inbox }) => inbox.messages.length > 0,
    confirm: {
      text: 'Every message is thrown away, here and on disk. Codes that went out work as long as before. This can’t be undone.',
      action: 'Throw away',
    },
    run: async ({ inbox, toasts }) => toasts.ok(await inbox.clear()),
  },
  ...(['light', 'dark', 'system'] as const).map((choice): Command => ({
    id: `theme.${choice}`,
    name: choice === 'system' ? 'Theme: as the system' : `Theme: ${choice}`,
    group: 'Do',
    words: 'colours appearance mode switch',
    when: ({ theme }) => theme.choice !== choice,
    run: ({ theme }) => theme.choose(choice),
  })),
  {
    id: 'page.submit',
    name: 'Save this page, or send its request',
    group: 'Do',
    words: 'submit apply store',
    keys: ['mod+Enter', 'mod+s'],
    when: () => primary() !== null,
    run: () => primary()?.click(),
  },
  {
    id: 'page.filter',
    name: 'Filter or search this page',
    group: 'Do',
    words: 'find',
    keys: ['/'],
    when: () => searchField() !== null,
    run: () => {
      searchField()?.focus();
      searchField()?.select();
    },
  },
  {
    id: 'palette',
    name: 'Search everything',
    group: 'Do',
    keys: ['mod+k'],
    run: ({ commands }) => commands.show('palette'),
  },
  {
    id: 'legend',
    name: 'Show keyboard shortcuts',
    group: 'Do',
    words: '? keys help hotkeys legend',
    keys: ['?'],
    run: ({ commands }) => commands.show('legend'),
  },
  ...PAGES.map((page): Command => ({
    id: `go.${page}`,
    name: PAGE_INFO[page].name,
    group: 'Go to',
    words: PAGE_INFO[page].words,
    keys: pageKeys(page),
    run: ({ router }) => router.go(page),
  })),
  ...EXPERIENCE_TABS.map(({ id, name }): Command => ({
    id: `experience.${id}`,
    name: `Sign-in experience: ${name}`,
    group: 'Settings',
    run: ({ router }) => {
      router.go('sign-in-experience', id);
      // The page may be open already, on another tab.
      whenThere(`#experience-panel-${id}`, (tab) => tab.click());
    },
  })),
  ...SETTINGS_SECTIONS.map(({ id, name, words }): Command => ({
    id: `settings.${id}`,
    name: `Settings: ${name}`,
    group: 'Settings',
    words,
    run: ({ router }) => {
      router.go('settings', id);
      section(id);
    },
  })),
  {
    id: 'copy.issuer',
    name: 'Copy the issuer',
    group: 'Copy',
    words: 'url address endpoint',
    keys: ['y i'],
    when: serving,
    run: copied(({ status }) => status.issuer, 'the issuer'),
  },
  {
    id: 'copy.discovery',
    name: 'Copy the discovery URL',
    group: 'Copy',
    words: 'well-known openid-configuration metadata',
    keys: ['y d'],
    when: serving,
    run: copied(({ status }) => `${status.issuer}/.well-known/openid-configuration`, 'the discovery URL'),
  },
  {
    id: 'copy.jwks',
    name: 'Copy the JWKS URL',
    group: 'Copy',
    words: 'keys jwk',
    when: serving,
    run: copied(({ status }) => `${status.issuer}/jwks`, 'the JWKS URL'),
  },
  {
    id: 'copy.demoPassword',
    name: 'Copy the demo password',
    group: 'Copy',
    words: 'alice bob secret',
    keys: ['y p'],
    when: ({ status }) => (status.value?.demoPassword ?? null) !== null,
    run: copied(({ status }) => status.value?.demoPassword, 'the demo password'),
  },
  ...(
    [
      ['demo', 'Demo application', 'built-in client sign in', (at) => `${endpoint(at)}/demo-app`],
      [
        'discovery',
        'Discovery document',
        'well-known metadata',
        (at) => `${at.status.issuer}/.well-known/openid-configuration`,
      ],
      ['jwks', 'Public keys (JWKS)', 'jwk certificates', (at) => `${at.status.issuer}/jwks`],
      ['device', 'Device page', 'user code tv', (at) => `${at.status.issuer}/device`],
      ['grants', 'Grants page', 'consent revoke applications', (at) => `${endpoint(at)}/grants`],
      ['signOut', 'Sign out of the provider', 'end session log out', (at) => `${at.status.issuer}/session/end`],
    ] satisfies Array<[string, string, string, (console: Console) => string]>
  ).map(([id, name, words, url]): Command => ({
    id: `open.${id}`,
    name,
    words,
    group: 'Open in the browser',
    when: serving,
    run: opened(url),
  })),
  ...(
    [
      ['logto', 'Documentation of Logto', 'https://docs.logto.io/'],
      ['oidc', 'OpenID Connect Core 1.0', 'https://openid.net/specs/openid-connect-core-1_0.html'],
      ['oauth', 'OAuth 2.0 Security Best Current Practice (RFC 9700)', 'https://www.rfc-editor.org/rfc/rfc9700.html'],
    ] as const
  ).map(([id, name, url]): Command => ({
    id: `docs.${id}`,
    name,
    words: 'docs specification manual help',
    group: 'Open in the browser',
    run: opened(() => url),
  })),
];

/** Keys that components listen for by themselves. */
export const OWN_KEYS: readonly OwnKey[] = [
  { keys: ['j'], name: 'Next session', page: 'sessions' },
  { keys: ['k'], name: 'Previous session', page: 'sessions' },
  { keys: ['Escape'], name: 'Close what is open; empty the filter', page: null },
];

/** The button that saves or sends what the page is about. */
function primary(): HTMLButtonElement | null {
  return document.querySelector<HTMLButtonElement>('main .page-head .btn.primary[form]:not(:disabled)');
}

function searchField(): HTMLInputElement | null {
  return document.querySelector<HTMLInputElement>('main input[type="search"]');
}
