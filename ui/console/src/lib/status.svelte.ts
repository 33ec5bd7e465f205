import type { ConnectorView } from '$bindings/ConnectorView';
import type { CustomUiView } from '$bindings/CustomUiView';
import type { Status } from '$bindings/Status';
import { ask, asProblem, type Host } from '$shared/host';
import { notices, type Notice } from './notices';

/** How the provider is doing, as the card at the top of the navigation shows it. */
export class StatusStore {
  value = $state.raw<Status | null>(null);
  problem = $state<string | null>(null);
  busy = $state(false);
  #ownPages = $state.raw<CustomUiView | null>(null);
  #connectors = $state.raw<ConnectorView[]>([]);

  #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  get issuer(): string | null {
    return this.value?.serving.state === 'serving' ? this.value.serving.issuer : null;
  }

  /** What makes the provider behave unlike a usual one. */
  get notices(): Notice[] {
    return notices(this.#ownPages, this.#connectors);
  }

  async load(): Promise<void> {
    await Promise.all([this.#take({ op: 'status' }), this.#look()]);
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

  /** A question that fails leaves what was known: the status itself says that nobody answers. */
  async #look(): Promise<void> {
    await Promise.all([
      ask(this.#host, { op: 'customUi' }, 'customUi').then(
        (view) => (this.#ownPages = view),
        () => undefined,
      ),
      ask(this.#host, { op: 'connectors' }, 'connectors').then(
        (list) => (this.#connectors = list.connectors),
        () => undefined,
      ),
    ]);
  }
}
