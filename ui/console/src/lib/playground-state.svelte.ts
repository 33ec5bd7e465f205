import type { PlaygroundRun } from '$bindings/PlaygroundRun';
import { emptyPlayground, type PlaygroundForm } from './playground';
import { SavedRequests } from './saved-requests.svelte';

/** What the playground holds while the window is open: looking at the session of a run must not lose the run. */
export class PlaygroundState {
  form = $state<PlaygroundForm>(emptyPlayground());
  run = $state.raw<PlaygroundRun | null>(null);
  /** Where the form's request comes from, when it was not typed here. */
  about = $state<string | null>(null);
  /** The saved request that the form began as. */
  savedAs = $state<string | null>(null);
  readonly saved = new SavedRequests();
  /** The browser to open requests in; empty is the person's own. */
  browser = $state(window.localStorage.getItem('vestibule.browser') ?? '');

  chooseBrowser(id: string): void {
    this.browser = id;
    if (id === '') window.localStorage.removeItem('vestibule.browser');
    else window.localStorage.setItem('vestibule.browser', id);
  }
}
