import { keysOf, type Storage } from '../../kit/protocol/storage.ts';
import { Problem, type Api, type Conversation, type Hit } from '../shell/api.ts';

export type Sort = 'newest' | 'relevance';

export interface FoundHit extends Hit {
  author_kind: 'customer' | 'agent' | 'program';
  highlights: { start: number; end: number }[];
  files?: number;
  customer: Conversation['customer'];
  status: Conversation['status'];
  assignee?: string;
  channel: string;
  tags: string[];
}

export interface ValueCount {
  key: string;
  value: string;
  name?: string;
  n: number;
}

interface FoundPage {
  items: FoundHit[];
  next?: string;
  looked?: number;
  counts?: { all: number; more: boolean; by: ValueCount[] };
}

const area = 'kefu.desk.searches';
const page = 30;
const mostRecent = 8;
const changedAfter = 1000;

/** What the search page has found. It is kept while a hit is looked at, so that coming back is at once. */
export class Finding {
  text = $state('');
  sort = $state<Sort>('newest');
  hits = $state.raw<FoundHit[]>();
  counts = $state.raw<FoundPage['counts']>();
  next = $state<string>();
  /** Not everything was looked through: back to here it was. */
  looked = $state<number>();
  busy = $state(false);
  problem = $state.raw<Problem>();
  recent = $state.raw<string[]>([]);
  /** Where the page was scrolled to. */
  place = 0;

  #asked = 0;
  #scope = '';
  #changing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: Pick<Api, 'call'>,
    private readonly storage: Storage,
  ) {}

  /** The searches of whoever works here now. They stay in this browser; those of others are gone. */
  open(staffId: string): void {
    this.#scope = keysOf(area, staffId);
    for (const key of this.storage.keys()) if (key.startsWith(`${area}.`) && !key.startsWith(this.#scope)) this.storage.removeItem(key);
    try {
      const kept: unknown = JSON.parse(this.storage.getItem(`${this.#scope}recent`) ?? '[]');
      this.recent = Array.isArray(kept) ? kept.filter((t): t is string => typeof t === 'string').slice(0, mostRecent) : [];
    } catch {
      this.recent = [];
    }
  }

  forget(text?: string): void {
    this.recent = text === undefined ? [] : this.recent.filter((t) => t !== text);
    this.#keep();
  }

  /** The session is over: what was found and typed leaves the screen. */
  clear(): void {
    this.#asked++;
    clearTimeout(this.#changing);
    this.#changing = undefined;
    this.text = '';
    this.hits = this.counts = this.next = this.looked = this.problem = undefined;
    this.busy = false;
    this.recent = [];
    this.place = 0;
  }

  /** Asks what is asked for now, unless that is what is shown. */
  async look(text: string, sort: Sort, again = false): Promise<void> {
    if (!again && text === this.text && sort === this.sort && (this.hits || this.busy)) return;
    const same = text === this.text && sort === this.sort;
    this.text = text;
    this.sort = sort;
    this.problem = undefined;
    if (!same) {
      this.hits = this.counts = this.next = this.looked = undefined;
      this.place = 0;
    }
    const mine = ++this.#asked;
    if (text.trim() === '') {
      this.busy = false;
      this.hits = undefined;
      return;
    }
    await this.#ask(mine, undefined);
    if (mine === this.#asked && this.hits) this.#remember(text.trim());
  }

  async more(): Promise<void> {
    if (this.next && !this.busy) await this.#ask(++this.#asked, this.next);
  }

  /** Something happened in a conversation, or in any: words that were removed there must not stay here. */
  changed(conv?: string): void {
    if (this.#changing || !this.hits?.some((hit) => conv === undefined || hit.conv === conv)) return;
    this.#changing = setTimeout(() => {
      this.#changing = undefined;
      if (!this.busy) void this.#ask(++this.#asked, undefined, Math.min(100, Math.max(page, this.hits?.length ?? 0)));
    }, changedAfter);
  }

  async #ask(mine: number, cursor: string | undefined, limit = page): Promise<void> {
    this.busy = true;
    try {
      const found = await this.api.call<FoundPage>('GET', '/v1/search', undefined, {
        q: this.text.trim(), sort: this.sort, time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone, counts: cursor ? undefined : 'true', cursor, limit,
      });
      if (mine !== this.#asked) return;
      this.hits = cursor ? [...(this.hits ?? []), ...found.items] : found.items;
      this.next = found.next;
      this.looked = found.looked;
      if (!cursor) this.counts = found.counts;
      this.problem = undefined;
    } catch (error) {
      if (mine === this.#asked) this.problem = error instanceof Problem ? error : new Problem(0, 'internal');
    } finally {
      if (mine === this.#asked) this.busy = false;
    }
  }

  #remember(text: string): void {
    this.recent = [text, ...this.recent.filter((t) => t !== text)].slice(0, mostRecent);
    this.#keep();
  }

  #keep(): void {
    if (this.#scope) this.storage.setItem(`${this.#scope}recent`, JSON.stringify(this.recent));
  }
}
