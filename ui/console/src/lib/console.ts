import { asProblem, type Host } from '$shared/host';
import { getContext, onMount, setContext } from 'svelte';
import { Commands } from './commands.svelte';
import { Desktop } from './desktop.svelte';
import { ExperienceDraft } from './experience-draft.svelte';
import { Feed } from './feed.svelte';
import type { Inbox } from './inbox.svelte';
import { Clock } from './now.svelte';
import { OpenedFiles } from './opened-files.svelte';
import { PlaygroundState } from './playground-state.svelte';
import { Router } from './router.svelte';
import { Shelf } from './shelf.svelte';
import { StatusStore } from './status.svelte';
import { Theme } from './theme.svelte';
import { Toasts } from './toasts.svelte';

/** What every component of the window may use. */
export interface Console {
  host: Host;
  feed: Feed;
  inbox: Inbox;
  /** Pins, marks and saved filters. */
  shelf: Shelf;
  /** Sessions from files. */
  files: OpenedFiles;
  playground: PlaygroundState;
  status: StatusStore;
  router: Router;
  toasts: Toasts;
  /** What is edited of the sign-in experience. */
  experience: ExperienceDraft;
  theme: Theme;
  clock: Clock;
  commands: Commands;
  /** Null in an ordinary browser. */
  desktop: Desktop | null;
}

const KEY = Symbol('console');

export function createConsole(host: Host): Console {
  const feed = new Feed(host);
  const router = new Router();
  const toasts = new Toasts();
  return {
    host,
    feed,
    inbox: feed.inbox,
    shelf: new Shelf(),
    files: new OpenedFiles(),
    playground: new PlaygroundState(),
    status: new StatusStore(host),
    router,
    toasts,
    experience: new ExperienceDraft(host),
    theme: new Theme(),
    clock: new Clock(),
    commands: new Commands(),
    desktop: host.desktop ? new Desktop(host.desktop, router, toasts) : null,
  };
}

export const provideConsole = (value: Console): Console => setContext(KEY, value);
export const useConsole = (): Console => getContext<Console>(KEY);

/** While the component lives, it carries out a command of `commands.ts`: `handle('person.new', () => (adding = true))`. */
export function handle(id: string, run: () => void): void {
  const { commands } = useConsole();
  onMount(() => commands.attach(id, run));
}

/** Copies and says so. */
export async function copy(toasts: Toasts, text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toasts.ok(`Copied ${what}.`);
  } catch {
    toasts.bad(`Could not copy ${what}: the system refused the clipboard. Select the text and copy it by hand.`);
  }
}

/** Opens an address in the person's own browser, or in a chosen one, or says why not. */
export async function openLink({ host, toasts }: Console, url: string, browser?: string): Promise<void> {
  try {
    await host.openExternal(url, browser);
  } catch (thrown) {
    toasts.bad(asProblem(thrown).message);
  }
}

/** Starts a sign-in with the built-in client in the person's browser; answers the run. */
export async function startTestSignIn(console: Console): Promise<void> {
  try {
    const reply = await console.host.call({ op: 'playgroundStart', params: [], pkce: true });
    if (reply.reply === 'playground' && reply.value) await console.host.openExternal(reply.value.url);
  } catch (thrown) {
    console.toasts.bad(asProblem(thrown).message);
  }
}
