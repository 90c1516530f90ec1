import { codeOf } from '../inbox/inbox.svelte.ts';
import type { Problem } from './api.ts';

interface PageOf<T, C> {
  items: T[];
  next?: C | undefined;
}

/**
 * A list that is read a page at a time, by whoever asks for more. No page is read
 * twice at once, and an answer that is late for what is wanted by now is dropped.
 */
export class Paged<T, C extends string | number = string> {
  /** None before the first page is there. */
  items = $state.raw<T[]>();
  next = $state.raw<C>();
  /** A page is being read that somebody waits for. */
  busy = $state(false);
  problem = $state<Problem['code']>();
  #turn = 0;
  #reading: Promise<void> = Promise.resolve();

  constructor(private readonly page: (cursor?: C) => Promise<PageOf<T, C>>) {}

  /** Forgets what was read, and reads the first page. */
  open(): Promise<void> {
    this.items = this.next = undefined;
    return this.#ask(() => this.page());
  }

  /** Reads the page below, or the first one where there is none yet. */
  async more(): Promise<void> {
    const cursor = this.next;
    if (this.busy || (this.items && cursor === undefined)) return;
    await this.#ask(async () => {
      const page = await this.page(cursor);
      return { ...page, items: [...(this.items ?? []), ...page.items] };
    });
  }

  /** Something changed: reads again what is shown, as far down as it was read. */
  async renew(): Promise<void> {
    await this.#reading;
    await this.#read(async (current) => {
      const items: T[] = [];
      for (let cursor: C | undefined; ; ) {
        const page = await this.page(cursor);
        items.push(...page.items);
        cursor = page.next;
        if (cursor === undefined || items.length >= (this.items?.length ?? 0) || !current()) return { items, next: cursor };
      }
    });
  }

  #ask(read: () => Promise<PageOf<T, C>>): Promise<void> {
    this.busy = true;
    const asking = this.#read(read, () => (this.busy = false));
    this.#reading = asking;
    return asking;
  }

  async #read(read: (current: () => boolean) => Promise<PageOf<T, C>>, done?: () => void): Promise<void> {
    const turn = ++this.#turn;
    const current = () => turn === this.#turn;
    this.problem = undefined;
    try {
      const { items, next } = await read(current);
      if (current()) [this.items, this.next] = [items, next];
    } catch (error) {
      if (current()) this.problem = codeOf(error);
    } finally {
      if (current()) done?.();
    }
  }
}
