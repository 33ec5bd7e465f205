import type { Status } from '$bindings/Status';
import { ask, asProblem, type Host } from '$shared/host';

/** How the provider is doing, as the card at the top of the navigation shows it. */
export class StatusStore {
  value = $state.raw<Status | null>(null);
  problem = $state<string | null>(null);
  busy = $state(false);

  #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  get issuer(): string | null {
    return this.value?.serving.state === 'serving' ? this.value.serving.issuer : null;
  }

  async load(): Promise<void> {
    await this.#take({ op: 'status' });
  }

  /** Serves on a port; `value` tells whether it worked. */
  async usePort(port: number): Promise<void> {
    this.busy = true;
    await this.#take({ op: 'usePort', port });
    this.busy = false;
  }

  /** Moves to another port while serving; answers why not. */
  async movePort(port: number): Promise<string | null> {
    this.busy = true;
    try {
      this.value = await ask(this.#host, { op: 'usePort', port }, 'status');
      return null;
    } catch (thrown) {
      return asProblem(thrown).message;
    } finally {
      this.busy = false;
    }
  }

  async #take(request: { op: 'status' } | { op: 'usePort'; port: number }): Promise<void> {
    try {
      this.value = await ask(this.#host, request, 'status');
      this.problem = null;
    } catch (thrown) {
      this.problem = asProblem(thrown).message;
    }
  }
}
