/** Where the window is: `#/sessions/<id>/<tab>`. The hash survives a reload and makes Back work. */
export const PAGES = [
  'sessions',
  'inbox',
  'playground',
  'applications',
  'people',
  'organizations',
  'sign-in-experience',
  'connectors',
  'enterprise-sso',
  'keys',
  'settings',
] as const;
export type Page = (typeof PAGES)[number];

export class Router {
  page = $state<Page>('sessions');
  /** What is open on the page. */
  id = $state<string | null>(null);
  /** Its tab. */
  tab = $state<string | null>(null);

  start(): () => void {
    const read = () => this.#read(window.location.hash);
    read();
    window.addEventListener('hashchange', read);
    return () => window.removeEventListener('hashchange', read);
  }

  go(page: Page, id: string | null = null, tab: string | null = null, replace = false): void {
    const hash = href(page, id, tab);
    if (replace) {
      window.history.replaceState(null, '', hash);
    } else {
      window.location.hash = hash;
    }
    // At once: the event for it comes a moment later.
    this.#read(hash);
  }

  #read(hash: string): void {
    const [page = '', id = '', tab = ''] = hash
      .replace(/^#\/?/, '')
      .split('/')
      .map((part) => decodeURIComponent(part));
    this.page = PAGES.find((known) => known === page) ?? 'sessions';
    this.id = id === '' ? null : id;
    this.tab = tab === '' ? null : tab;
  }
}

export function href(page: Page, id: string | null = null, tab: string | null = null): string {
  const parts = [page, id, id === null ? null : tab].filter((part) => part !== null);
  return `#/${parts.map((part) => encodeURIComponent(part)).join('/')}`;
}
