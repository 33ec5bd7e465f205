export interface Toast {
  id: number;
  text: string;
  tone: 'ok' | 'bad';
}

/** Short messages at the corner. They are read politely and go by themselves; bad news stays longer. */
export class Toasts {
  list = $state<Toast[]>([]);
  #next = 0;

  ok(text: string): void {
    this.#show(text, 'ok', 5000);
  }

  bad(text: string): void {
    this.#show(text, 'bad', 12_000);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  #show(text: string, tone: Toast['tone'], life: number): void {
    const id = this.#next++;
    this.list = [...this.list.slice(-3), { id, text, tone }];
    setTimeout(() => this.dismiss(id), life);
  }
}
