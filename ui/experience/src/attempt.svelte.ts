import type { App } from './context.svelte';
import type { Purpose, Shown } from './errors';
import type { Finished } from './flow';

/** How long something may take before the page says that it is under way, in milliseconds. */
const PATIENCE = 100;

/** One form's attempts to reach the server: one at a time, with what went wrong in the last. */
export class Attempt {
  busy = $state(false);
  /** Busy for long enough to say so. */
  slow = $state(false);
  /** How often it was started. */
  tries = 0;
  problem = $state.raw<Exclude<Shown, { go: string }> | undefined>();
  readonly #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  /** Runs the work unless other work is under way, and goes where it leads. */
  async run(purpose: Purpose, work: () => Promise<Finished>): Promise<void> {
    await this.guard(purpose, async () => {
      const finished = await work();
      this.#app.arrive(finished);
      return 'redirectTo' in finished;
    });
  }

  /** Runs the work unless other work is under way. While a page is being left (`true`) the form stays busy. */
  async guard(purpose: Purpose, work: () => Promise<boolean>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.tries += 1;
    this.problem = undefined;
    // What an earlier page had to say is old news now.
    this.#app.notice = undefined;
    const timer = setTimeout(() => (this.slow = true), PATIENCE);
    let leaving = false;
    try {
      leaving = await work();
    } catch (problem) {
      this.problem = this.#app.show(problem, purpose);
    } finally {
      if (!leaving) {
        clearTimeout(timer);
        this.busy = false;
        this.slow = false;
      }
    }
  }
}
