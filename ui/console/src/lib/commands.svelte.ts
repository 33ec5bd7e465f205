import { asProblem } from '$shared/host';
import { COMMANDS, type Command, type Item } from './commands';
import type { Console } from './console';
import { isTyping, strokeOf } from './keys';
import type { Page } from './router.svelte';

const KEY = 'vestibule.recent';
/** As many recent choices are remembered. */
const RECENT = 6;
/** How long the second of two keys may take, in **milliseconds**. */
const PATIENCE = 1500;

/** What carries commands out: keys, the palette, and the components that do the work. */
export class Commands {
  /** What lies over the page. */
  overlay = $state<'palette' | 'legend' | null>(null);
  /** The first of two keys, while the second is waited for: `g`. */
  prefix = $state<string | null>(null);
  /** What is to be confirmed. */
  confirming = $state.raw<Item | null>(null);
  /** Ids of what was chosen lately, newest first. */
  recent = $state.raw<string[]>(read());

  readonly #handlers = new Map<string, () => void>();
  /** A command that waits for its page. */
  #awaited: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  show(overlay: 'palette' | 'legend'): void {
    this.overlay = overlay;
  }

  close(): void {
    this.overlay = null;
  }

  /** A component carries a command out from now on, until the returned function is called. */
  attach(id: string, run: () => void): () => void {
    this.#handlers.set(id, run);
    if (this.#awaited === id) {
      this.#awaited = null;
      run();
    }
    return () => {
      if (this.#handlers.get(id) === run) this.#handlers.delete(id);
    };
  }

  /** Every command that can be done now. */
  available(console: Console): Command[] {
    return COMMANDS.filter((command) => command.when?.(console) ?? true);
  }

  /** As an item of the palette. */
  asItem(command: Command, page: Page): Item {
    const { keys, ...rest } = command;
    // Keys of another page do nothing here, so they are not shown.
    const shown = keys && (command.page ?? page) === page ? { keys } : {};
    return { ...rest, ...shown, run: (console) => this.#carryOut(console, command) };
  }

  /** Does what was chosen, or asks first. Bad news goes to the corner of the window. */
  async run(console: Console, item: Item): Promise<void> {
    this.#remember(item.id);
    if (item.confirm) this.confirming = item;
    else await this.#do(console, item);
  }

  /** Does what was confirmed. */
  async confirm(console: Console): Promise<void> {
    if (this.confirming) await this.#do(console, this.confirming);
  }

  /** Takes a key that was pressed; `true` when it was meant for a command. */
  press(console: Console, event: KeyboardEvent): boolean {
    if (event.defaultPrevented || event.isComposing || event.repeat) return false;
    const stroke = strokeOf(event);
    // Keys that write, or that work in a menu, are not ours; neither is any while a dialog asks something.
    const plain = !stroke.startsWith('mod+');
    const target = event.target instanceof Element ? event.target : null;
    if (plain && (isTyping(event.target) || target?.closest('[role="menu"], [role="listbox"]'))) return false;
    if (document.querySelector('dialog[open]')) return false;
    if (['Shift', 'Control', 'Meta', 'Alt', 'AltGraph'].includes(event.key)) return false;
    const keys = this.prefix === null ? stroke : `${this.prefix} ${stroke}`;
    const continued = this.prefix !== null;
    this.#expect(null);
    const command = this.#find(console, keys);
    if (command) {
      event.preventDefault();
      event.stopImmediatePropagation();
      const item = this.asItem(command, console.router.page);
      void (command.confirm ? this.run(console, item) : this.#do(console, item));
      return true;
    }
    if (!continued && COMMANDS.some((one) => one.keys?.some((known) => known.startsWith(`${keys} `)))) {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.#expect(keys);
      return true;
    }
    // The second of two keys that mean nothing together must not mean something else to the page.
    if (continued) event.stopImmediatePropagation();
    return continued;
  }

  #find(console: Console, keys: string): Command | undefined {
    return COMMANDS.find(
      (command) =>
        command.keys?.includes(keys) &&
        (command.page === undefined || command.page === console.router.page) &&
        (command.run !== undefined || this.#handlers.has(command.id)) &&
        (command.when?.(console) ?? true),
    );
  }

  #expect(prefix: string | null): void {
    clearTimeout(this.#timer);
    this.prefix = prefix;
    if (prefix !== null) this.#timer = setTimeout(() => (this.prefix = null), PATIENCE);
  }

  #carryOut(console: Console, command: Command): unknown {
    if (command.run) return command.run(console);
    const handler = this.#handlers.get(command.id);
    if (handler) return handler();
    this.#awaited = command.id;
    return console.router.go(command.page as Page);
  }

  async #do(console: Console, item: Item): Promise<void> {
    try {
      await item.run(console);
    } catch (thrown) {
      console.toasts.bad(asProblem(thrown).message);
    }
  }

  #remember(id: string): void {
    this.recent = [id, ...this.recent.filter((other) => other !== id)].slice(0, RECENT);
    window.localStorage.setItem(KEY, JSON.stringify(this.recent));
  }
}

function read(): string[] {
  try {
    const stored: unknown = JSON.parse(window.localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter((id) => typeof id === 'string').slice(0, RECENT) : [];
  } catch {
    return [];
  }
}
