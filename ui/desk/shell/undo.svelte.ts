import type { Toasts } from '../../kit/toasts.svelte.ts';

/** In milliseconds. */
export const undoFor = 10_000;

/** What was done, each for as long as its notice offers to take it back. */
export class Undo {
  /** By the number of the notice, the newest last. */
  #backs = new Map<number, () => Promise<void> | void>();

  constructor(
    private readonly toasts: Toasts,
    private readonly word: () => string,
  ) {}

  /** Tells what was done, and offers to take it back. */
  say(text: string, back?: () => Promise<void> | void, tone: 'plain' | 'danger' = 'plain'): void {
    if (!back) return void this.toasts.say(text, tone);
    const toast = this.toasts.say(text, tone, undoFor, { label: this.word(), run: () => this.run(toast) });
    for (const old of this.#backs.keys()) if (!this.toasts.shows(old)) this.#backs.delete(old);
    this.#backs.set(toast, back);
  }

  /** Takes back what this notice is about, or what was done last of what is still told of. */
  run(toast = [...this.#backs.keys()].findLast((one) => this.toasts.shows(one))): boolean {
    const back = toast !== undefined && this.toasts.shows(toast) ? this.#backs.get(toast) : undefined;
    if (toast === undefined || !back) return false;
    this.#backs.delete(toast);
    this.toasts.dismiss(toast);
    void back();
    return true;
  }
}
