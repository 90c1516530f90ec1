import type { Api, ListCount, Problem } from '../shell/api.ts';
import { Items, newId, type Item } from '../shell/items.ts';
import { codeOf } from './inbox.svelte.ts';
import { canonical, dueSoonest, sameList, type List } from './lists.ts';

export interface View {
  name: string;
  list: List;
}

/** Counting is a reading for each list: not after every message. In milliseconds. */
const countEvery = 4_000;

export const builtIn: readonly List[] = [
  { view: 'mine', status: ['open'] },
  { view: 'unassigned', status: ['open'] },
  { view: 'all', status: ['open'] },
  { view: 'teams', status: ['open'] },
  { view: 'mentions', status: ['open', 'waiting', 'snoozed'] },
  dueSoonest,
];

const mineUnread: List = { view: 'mine', status: ['open', 'waiting', 'snoozed'], unread: true };

const keyOf = (list: List) => JSON.stringify(canonical(list));

/** The lists one goes to: those that everybody has, saved ones, and how many stand in each. */
export class Views {
  saved = $state.raw<Item<View>[]>([]);
  /** Conversations in which a note names me, and I have not looked. */
  mentions = $state.raw<ReadonlySet<string>>(new Set());
  /** How many of my conversations hold words that nobody has read. */
  unread = $state(0);
  #counts = $state.raw<ReadonlyMap<string, ListCount>>(new Map());
  #items: Items<View>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #counted = 0;
  #open = false;
  #known = false;
  #listening: () => void;

  constructor(
    private readonly api: Pick<Api, 'call' | 'counts' | 'mentions' | 'seeMention'>,
    private readonly failed: (code: Problem['code']) => void,
    /** A note has named me since I looked last. */
    private readonly mentioned: (conv: string) => void = () => undefined,
  ) {
    this.#items = new Items(api, 'view');
    this.#listening = () => {
      if (!document.hidden) this.stale();
    };
  }

  /** Somebody with an inbox has signed in. */
  open(): void {
    if (this.#open) return;
    this.#open = true;
    document.addEventListener('visibilitychange', this.#listening);
    void this.load();
    this.stale();
  }

  close(): void {
    this.#open = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    document.removeEventListener('visibilitychange', this.#listening);
    this.saved = [];
    this.mentions = new Set();
    this.unread = 0;
    this.#known = false;
    this.#counts = new Map();
  }

  async load(): Promise<void> {
    try {
      const saved = await this.#items.all();
      if (this.#open) this.saved = saved.sort((a, b) => a.value.name.localeCompare(b.value.name));
      this.stale();
    } catch {
      // The lists that everybody has remain; saving one tells what is wrong.
    }
  }

  countOf(list: List): ListCount | undefined {
    return this.#counts.get(keyOf(list));
  }

  /** The saved view that a list is, if it is one. */
  nameOf(list: List): Item<View> | undefined {
    return this.saved.find((v) => sameList(v.value.list, list));
  }

  /** Something may have changed: counts anew, soon. */
  stale(): void {
    if (!this.#open || this.#timer !== undefined) return;
    // Behind other tabs the number in the title is enough to be kept, more slowly.
    const wait = Math.max(300, this.#counted + (document.hidden ? 5 : 1) * countEvery - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#count();
    }, wait);
  }

  async #count(): Promise<void> {
    this.#counted = Date.now();
    const lists = [mineUnread, ...builtIn, ...this.saved.map((v) => canonical(v.value.list))].slice(0, 40);
    try {
      const [counts, mentions] = await Promise.all([this.api.counts(lists), this.api.mentions()]);
      if (!this.#open) return;
      this.#counts = new Map(counts.map((count, i) => [keyOf(lists[i]!), count]));
      this.unread = counts[0]?.n ?? 0;
      const news = this.#known ? mentions.filter((id) => !this.mentions.has(id)) : [];
      this.#known = true;
      this.mentions = new Set(mentions);
      for (const id of news) this.mentioned(id);
    } catch {
      // Numbers that are old for a while harm nobody.
    }
  }

  /** Saves a list under a name: for oneself, or for everybody. */
  async save(view: View, own: boolean, known?: Item<View>): Promise<boolean> {
    try {
      await this.#items.save({ id: known?.id ?? newId(), revision: known?.revision ?? 0, own, value: { name: view.name.trim(), list: canonical(view.list) } });
    } catch (error) {
      this.failed(codeOf(error));
      return false;
    }
    await this.load();
    return true;
  }

  async archive(view: Item<View>, archived = true): Promise<Item<View> | undefined> {
    try {
      const left = await this.#items.archive(view, archived);
      await this.load();
      return left;
    } catch (error) {
      this.failed(codeOf(error));
      return undefined;
    }
  }

  /** I was there. */
  see(conv: string): void {
    if (!this.mentions.has(conv)) return;
    this.mentions = new Set([...this.mentions].filter((id) => id !== conv));
    void this.api.seeMention(conv).catch(() => undefined);
  }
}
