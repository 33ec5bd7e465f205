import type { DesktopChange } from '$bindings/DesktopChange';
import type { DesktopEvent } from '$bindings/DesktopEvent';
import type { DesktopView } from '$bindings/DesktopView';
import { asProblem, type DesktopHost } from '$shared/host';
import type { Router } from './router.svelte';
import type { Toasts } from './toasts.svelte';

/** The zoom keys of browsers. `=` is the key of `+` on most keyboards. */
const ZOOM: Record<string, DesktopChange> = {
  '+': { change: 'zoomIn' },
  '=': { change: 'zoomIn' },
  '-': { change: 'zoomOut' },
  '0': { change: 'zoomReset' },
};

/** How the program sits on the person's desktop. Absent in an ordinary browser, which does such things by itself. */
export class Desktop {
  /** Null until it was read. */
  view = $state.raw<DesktopView | null>(null);

  #host: DesktopHost;
  #router: Router;
  #toasts: Toasts;

  constructor(host: DesktopHost, router: Router, toasts: Toasts) {
    this.#host = host;
    this.#router = router;
    this.#toasts = toasts;
  }

  /** Follows links, tray and zoom keys until the returned function is called. */
  start(): () => void {
    const stop = this.#host.watch((event) => this.#follow(event));
    const onkeydown = (event: KeyboardEvent) => this.#key(event);
    window.addEventListener('keydown', onkeydown);
    return () => {
      stop();
      window.removeEventListener('keydown', onkeydown);
    };
  }

  async load(): Promise<void> {
    await this.#take(this.#host.view());
  }

  async change(change: DesktopChange): Promise<void> {
    await this.#take(this.#host.change(change));
  }

  async #take(answer: Promise<DesktopView>): Promise<void> {
    try {
      this.view = await answer;
    } catch (thrown) {
      // A switch that was pressed in vain goes back.
      this.view = this.view && { ...this.view };
      this.#toasts.bad(asProblem(thrown).message);
    }
  }

  #key(event: KeyboardEvent): void {
    // Not with Alt, which is AltGr's other name on some keyboards.
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const change = ZOOM[event.key];
    if (!change) return;
    event.preventDefault();
    void this.change(change);
  }

  #follow(event: DesktopEvent): void {
    switch (event.event) {
      case 'showSession':
        return this.#router.go('sessions', event.id);
      case 'showInbox':
        return this.#router.go('inbox');
      case 'say':
        return this.#toasts.bad(event.message);
    }
  }
}
