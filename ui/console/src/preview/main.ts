// The hosted pages themselves, in a frame of the window: with settings that are not saved yet, and a provider that takes
// everything as right. Nothing here reaches the engine or the network.
import '$shared/fonts/inter.css';
import '$shared/tokens.css';
import '$experience/app.css';
import Pages from '$experience/App.svelte';
import { App } from '$experience/context.svelte';
import { dress } from '$experience/theme';
import { flushSync, mount, unmount } from 'svelte';
import { isFrom, SCREENS, type FromFrame, type Shown, type ToFrame } from '../lib/page-frame';
import { previewFetch } from './answers';
import { previewWindow } from './page';
import { dataFor, SCENES } from './stage';

const PARAMETERS = {
  appId: '',
  organizationId: '',
  uiLocales: '',
  loginHint: '',
  identifier: null,
  fallback: null,
  oneTimeToken: '',
  callback: {},
  errorMessage: '',
};

const tell = (message: FromFrame) => window.parent.postMessage(message, '/');
const left = (address: string) => tell({ preview: 'left', address });

const sheet = new CSSStyleSheet();
document.adoptedStyleSheets = [sheet];
let stop = (): void => undefined;

function show({ screen, data: draft, css, theme }: Shown): void {
  const path = SCREENS.find(({ id }) => id === screen)?.path ?? '/sign-in';
  // The style sheet is not on a server.
  const data = dataFor(screen, { ...draft, customCss: false });
  const app = new App({ page: previewWindow(path, left), data, parameters: PARAMETERS, fetch: previewFetch(data) });
  const note = SCENES[screen](app) ?? '';
  // Scenes that go somewhere themselves go to the path of their page.
  document.documentElement.lang = app.language;
  document.documentElement.dir = app.dir;
  document.documentElement.removeAttribute('style');
  dress(data, document, { matches: theme === 'dark', addEventListener: () => undefined });
  sheet.replaceSync(css);

  const target = document.createElement('div');
  const pages = mount(Pages, { target, props: { app } });
  // What was shown stays until the new page is there.
  stop();
  document.body.replaceChildren(target);
  flushSync();
  stop = () => {
    app.router.destroy();
    void unmount(pages);
  };
  tell({ preview: 'seen', screen, path: app.router.path, note });
}

// While somebody types in the window, a page must not take the focus to its heading.
const focus = HTMLElement.prototype.focus;
HTMLElement.prototype.focus = function (this: HTMLElement, options?: FocusOptions) {
  if (document.hasFocus()) focus.call(this, options);
};

// The frame goes nowhere: what pages do not handle themselves is told to the window.
document.addEventListener('click', (event) => {
  const anchor = event.target instanceof Element ? event.target.closest('a[href]') : null;
  if (!(anchor instanceof HTMLAnchorElement) || event.defaultPrevented) return;
  event.preventDefault();
  left(anchor.getAttribute('href') ?? '');
});
document.addEventListener('submit', (event) => event.preventDefault());
// Keys of the window work in here, too.
window.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || !(event.ctrlKey || event.metaKey || event.key === 'Escape')) return;
  const again = new KeyboardEvent('keydown', event);
  window.parent.document.dispatchEvent(again);
  if (again.defaultPrevented) event.preventDefault();
});

window.addEventListener('message', (event: MessageEvent<ToFrame>) => {
  if (isFrom(event, window.parent) && event.data.preview === 'show') show(event.data.shown);
});
tell({ preview: 'ready' });
