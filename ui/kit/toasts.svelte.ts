export interface Toast {
  id: number;
  text: string;
  tone: 'plain' | 'danger';
}

/** Short notices that go away by themselves; at most three are on screen. */
export class Toasts {
  list = $state<Toast[]>([]);
  #next = 1;

  say(text: string, tone: Toast['tone'] = 'plain', milliseconds = 6000): void {
    const toast = { id: this.#next++, text, tone };
    this.list = [...this.list, toast].slice(-3);
    setTimeout(() => this.dismiss(toast.id), milliseconds);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((t) => t.id !== id);
  }
}
