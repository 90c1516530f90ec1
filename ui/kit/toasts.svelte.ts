export interface ToastAction {
  label: string;
  run: () => void;
}

export interface Toast {
  id: number;
  text: string;
  tone: 'plain' | 'danger';
  action?: ToastAction;
}

/** Short notices that go away by themselves; at most three are on screen. */
export class Toasts {
  list = $state<Toast[]>([]);
  #next = 1;

  /** Gives the notice's number. */
  say(text: string, tone: Toast['tone'] = 'plain', milliseconds = 6000, action?: ToastAction): number {
    const toast: Toast = { id: this.#next++, text, tone, ...(action && { action }) };
    this.list = [...this.list, toast].slice(-3);
    setTimeout(() => this.dismiss(toast.id), milliseconds);
    return toast.id;
  }

  shows(id: number): boolean {
    return this.list.some((toast) => toast.id === id);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}
