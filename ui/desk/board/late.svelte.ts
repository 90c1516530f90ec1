import type { Api, Clock, Priority } from '../shell/api.ts';

/** A promise of a conversation that is due. */
export interface Due extends Clock {
  conv: string;
  assignee?: string;
  team?: string;
  priority: Priority;
  channel: string;
}

/** So many are read at once. */
export const mostDue = 50;

/** What is due next, of everybody's; overdue stands first. */
export const readDue = async (api: Pick<Api, 'call'>, overdue = false): Promise<Due[]> =>
  (await api.call<{ items: Due[] }>('GET', '/v1/clocks', undefined, { limit: mostDue, ...(overdue && { overdue: 'true' }) })).items;

/** How often it is looked, at least, and how often somebody is told at most; in milliseconds. */
const every = 60_000;
const settles = 3_000;

/** Tells who leads, on every page, when something becomes overdue: once for all that did meanwhile. */
export class Late {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #known: Set<string> | undefined;
  #told = 0;
  #open = false;

  constructor(
    private readonly api: Pick<Api, 'call'>,
    /** So many have become overdue since it was told last. */
    private readonly tell: (n: number) => void,
    private readonly now: () => number = Date.now,
  ) {}

  open(): void {
    if (this.#open) return;
    this.#open = true;
    void this.#look();
  }

  close(): void {
    this.#open = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#known = undefined;
    this.#told = 0;
  }

  /** A line of the inbox changed: perhaps a clock rang. */
  stale(): void {
    if (!this.#open || this.#known === undefined) return;
    this.#later(Math.max(settles, this.#told + every - this.now()));
  }

  #later(wait: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), wait);
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const late = await readDue(this.api, true);
      if (!this.#open) return;
      const ids = new Set(late.map((d) => d.conv));
      const news = this.#known ? [...ids].filter((id) => !this.#known!.has(id)).length : 0;
      // A full page hides what came after it: what was known stays known.
      this.#known = late.length < mostDue ? ids : new Set([...(this.#known ?? []), ...ids].slice(-20 * mostDue));
      if (news > 0) {
        this.#told = this.now();
        this.tell(news);
      }
    } catch {
      // The next look tells.
    }
    if (this.#open) this.#later(every);
  }
}
