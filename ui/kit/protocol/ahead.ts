/** Logs that are kept at once. */
const most = 8;
/** In milliseconds. */
const freshFor = 30_000;

/**
 * Which logs were read before anybody opened their conversations: few, and none
 * for long. Nobody watches them, so whatever is heard of one lets it go.
 */
export class Ahead {
  #since = new Map<string, number>();

  /** forget lets go of what was read of a log. */
  constructor(private readonly forget: (conv: string) => void) {}

  has(conv: string): boolean {
    return this.#since.has(conv);
  }

  /** Makes room for a log; true when it is to be read. */
  add(conv: string): boolean {
    const since = this.#since.get(conv);
    if (since !== undefined && Date.now() - since < freshFor / 2) {
      // Those that are asked for again are let go last.
      this.#since.delete(conv);
      this.#since.set(conv, since);
      return false;
    }
    this.drop(conv);
    for (const oldest of this.#since.keys()) {
      if (this.#since.size < most) break;
      this.drop(oldest);
    }
    this.#since.set(conv, Date.now());
    return true;
  }

  /** The conversation is opened: its log is no longer kept here. True when what was read of it may be shown. */
  take(conv: string): boolean {
    const since = this.#since.get(conv);
    if (since === undefined) return false;
    this.#since.delete(conv);
    if (Date.now() - since < freshFor) return true;
    this.forget(conv);
    return false;
  }

  /** Lets go of a log, or of all. */
  drop(conv?: string): void {
    for (const c of conv === undefined ? [...this.#since.keys()] : [conv]) if (this.#since.delete(c)) this.forget(c);
  }
}
