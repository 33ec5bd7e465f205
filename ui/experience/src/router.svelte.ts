/** What the pages use of their window. The preview in the provider's window gives them one of its own. */
export interface PageWindow {
  readonly location: Pick<Location, 'pathname' | 'origin' | 'replace' | 'assign'>;
  readonly history: Pick<History, 'pushState' | 'replaceState' | 'back'>;
  readonly navigator: Pick<Navigator, 'languages'>;
  readonly sessionStorage: Storage;
  addEventListener(type: 'popstate', listener: () => void): void;
  removeEventListener(type: 'popstate', listener: () => void): void;
}

/** Which path is shown. Links are real links; a plain click on one that is marked with `link` stays in the page. */
export class Router {
  path = $state('/');
  readonly #page: PageWindow;

  constructor(page: PageWindow) {
    this.#page = page;
    this.path = page.location.pathname;
    page.addEventListener('popstate', this.#read);
  }

  #read = (): void => {
    this.path = this.#page.location.pathname;
  };

  /** Shows another path. `replace` leaves no step to come back to. */
  go(address: string, { replace = false } = {}): void {
    const { history } = this.#page;
    if (replace) history.replaceState(null, '', address);
    else history.pushState(null, '', address);
    this.#read();
  }

  /** One step back, as the browser's button does. */
  back(): void {
    this.#page.history.back();
  }

  /** An action for `<a>`: `<a href="/register" use:router.link>`. */
  link = (anchor: HTMLAnchorElement): { destroy(): void } => {
    const follow = (event: MouseEvent): void => {
      const elsewhere = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
      if (event.defaultPrevented || elsewhere || anchor.origin !== this.#page.location.origin) return;
      event.preventDefault();
      this.go(anchor.pathname + anchor.search + anchor.hash);
    };
    anchor.addEventListener('click', follow);
    return { destroy: () => anchor.removeEventListener('click', follow) };
  };

  destroy(): void {
    this.#page.removeEventListener('popstate', this.#read);
  }
}
