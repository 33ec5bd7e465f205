/** What can be done about a message, such as taking back what it says was done. */
export interface ToastAction {
  name: string;
  run: () => void | Promise<void>;
}

export interface Toast {
  id: number;
  text: string;
  tone: 'ok' | 'bad';
  action: ToastAction | null;
}

/** Short messages at the corner. They are read politely and go by themselves; bad news stays longer. */
export class Toasts {
  list = $state<Toast[]>([]);
  #next = 0;

  /** One with an action stays longer. */
  ok(text: string, action: ToastAction | null = null): void {
    this.#show(text, 'ok', action ? 15_000 : 5000, action);
  }

  bad(text: string): void {
    this.#show(text, 'bad', 12_000);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  #show(text: string, tone: Toast['tone'], life: number, action: ToastAction | null = null): void {
    const id = this.#next++;
    this.list = [...this.list.slice(-3), { id, text, tone, action }];
    setTimeout(() => this.dismiss(id), life);
  }
}
