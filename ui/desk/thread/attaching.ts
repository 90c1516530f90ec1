import { Picks, type PicksOptions } from '../../kit/files/picks.svelte.ts';

/**
 * The files of every answer that is being written, one choice a conversation: they
 * go on being sent, and are there again, whichever conversation is looked at.
 */
export class Attaching {
  #of = new Map<string, Picks>();

  constructor(private readonly options: PicksOptions) {}

  of(conv: string): Picks {
    let picks = this.#of.get(conv);
    if (!picks) this.#of.set(conv, (picks = new Picks(this.options)));
    return picks;
  }

  /** A choice that is for no answer: whoever asks for it says what becomes of it. */
  apart(): Picks {
    return new Picks({ ...this.options, most: Infinity });
  }

  /** What was chosen for a conversation that goes on in another goes there too. */
  move(from: string, into: string): void {
    const { stored } = this.#of.get(from) ?? { stored: [] };
    if (stored.length > 0) this.of(into).adopt(stored);
    this.#drop(from);
  }

  /** The session is over: the files were its own. */
  clear(): void {
    for (const conv of [...this.#of.keys()]) this.#drop(conv);
  }

  #drop(conv: string): void {
    this.#of.get(conv)?.clear();
    this.#of.delete(conv);
  }
}
