import type { Toasts } from '../../kit/toasts.svelte.ts';

/** In milliseconds. */
export const undoFor = 10_000;

/** What was done last, for as long as it can be taken back. */
export class Undo {
  #last: { toast: number; back: () => Promise<void> | void } | undefined;

  constructor(
    private readonly toasts: Toasts,
    private readonly word: () => string,
  ) {}

  /** Tells what was done, and offers to take it back. */
  say(text: string, back?: () => Promise<void> | void, tone: 'plain' | 'danger' = 'plain'): void {
    if (!back) return void this.toasts.say(text, tone);
    const toast = this.toasts.say(text, tone, undoFor, { label: this.word(), run: () => this.run(toast) });
    this.#last = { toast, back };
  }

  /** Takes back what was done last, or what this notice is about. */
  run(toast?: number): boolean {
    const last = this.#last;
    if (!last || (toast !== undefined && last.toast !== toast) || !this.toasts.shows(last.toast)) return false;
    this.#last = undefined;
    this.toasts.dismiss(last.toast);
    void last.back();
    return true;
  }
}
