import { Problem, type Api, type Conversation } from '../shell/api.ts';
import { above, belongs, canonical, everything, sameList, type List } from './lists.ts';

const pageSize = 50;
/** Lines that are kept: whoever scrolls further finds the first ones again by reading back. */
const mostKept = 600;

/** Pages that are read again at a time, so that nobody's place is lost. */
const mostReread = 20;

/**
 * The list of conversations, a page at a time in both directions, kept current by
 * hints. While somebody has scrolled down nothing moves under their eyes: what is
 * new is counted, and shown when they come back to the top.
 */
export class Inbox {
  list = $state.raw<List>(everything);
  items = $state.raw<Conversation[]>([]);
  /** How many lines stand above the first that is kept. */
  above = $state(0);
  next = $state<string>();
  loading = $state(false);
  loaded = $state(false);
  problem = $state<Problem['code']>();
  /** The line that the keyboard is on. */
  cursor = $state<string>();
  /** The lines that something is to be done to together. */
  chosen = $state.raw<ReadonlySet<string>>(new Set());
  /** Somebody reads further down: nothing is to move. */
  held = $state(false);
  /** What came while nothing moved. */
  fresh = $state.raw<ReadonlySet<string>>(new Set());

  #generation = 0;
  /** The latest activity of any line that was shown. */
  #newest = 0;
  #anchor: string | undefined;
  #hints = new Set<string>();
  #flushing = false;

  constructor(
    private readonly api: Api,
    private readonly me: () => string,
    /** Something about the lists changed: what they hold may have to be counted anew. */
    private readonly changed: () => void = () => undefined,
    /** The teams that I am in. */
    private readonly teams: () => readonly string[] = () => [],
  ) {}

  show(list: List): void {
    const wanted = canonical(list);
    if (sameList(wanted, this.list) && (this.loaded || this.loading)) return;
    this.list = wanted;
    this.clear();
    void this.reload();
  }

  clear(): void {
    this.#generation++;
    this.items = [];
    this.above = 0;
    this.loaded = false;
    this.loading = false;
    this.next = undefined;
    this.cursor = undefined;
    this.held = false;
    this.chosen = new Set();
    this.fresh = new Set();
  }

  /** Reads the first page. */
  async reload(): Promise<void> {
    const generation = ++this.#generation;
    this.loading = true;
    this.problem = undefined;
    try {
      const page = await this.api.list({ list: this.list, limit: pageSize });
      if (generation !== this.#generation) return;
      this.items = page.items;
      this.next = page.next;
      this.above = 0;
      this.#newest = Math.max(0, ...page.items.map((c) => c.last_activity));
      this.fresh = new Set();
      this.loaded = true;
      this.#keepChosen();
    } catch (error) {
      if (generation === this.#generation) this.problem = codeOf(error);
    } finally {
      if (generation === this.#generation) this.loading = false;
    }
    this.changed();
    await this.#goOn(generation);
  }

  /**
   * Anything may have changed. Whoever reads further down, or has chosen lines, keeps
   * them: what is shown is read again where it stands. For others it is the first page.
   */
  async renew(): Promise<void> {
    const keeps = this.held || (this.chosen.size > 0 && this.above === 0);
    if (keeps && this.items.length > 0) await this.#reread();
    else await this.reload();
  }

  async #reread(): Promise<void> {
    const generation = this.#generation;
    const shown = this.items;
    const last = shown.at(-1)!;
    const there = new Set<string>();
    try {
      let cursor: string | undefined = '';
      for (let pages = 0; cursor !== undefined; pages++) {
        if (pages === mostReread) return;
        const page: { items: Conversation[]; next?: string } = await this.api.list({ list: this.list, limit: pageSize, ...(cursor && { cursor }) });
        if (generation !== this.#generation) return;
        for (const c of page.items) {
          there.add(c.id);
          this.#merge(c);
        }
        const end = page.items.at(-1);
        cursor = !end || above(this.list, end, last) < 0 ? page.next : undefined;
      }
    } catch {
      return; // The next change, or the next connection, reads it.
    }
    for (const { id } of shown) if (!there.has(id)) this.#leave(id);
    if (!this.held) this.fresh = new Set();
    this.changed();
  }

  /** Takes over a line that the server has in this list. */
  #merge(c: Conversation): void {
    if (!this.held) return this.#insert(c);
    const at = this.items.findIndex((known) => known.id === c.id);
    const known = this.items[at];
    if (known) this.items = this.items.with(at, { ...c, cursor: known.cursor });
    // Unknown are also those that were let go, and those below what was read.
    const comes = known ? c.last_activity > known.last_activity : c.last_activity > this.#newest || (this.above === 0 && above(this.list, c, this.items.at(-1)!) < 0);
    if (comes) this.fresh = new Set(this.fresh).add(c.id);
  }

  /** A filter that lets few pass is looked through in steps: a first page without a line goes on by itself, a few times. */
  async #goOn(generation: number): Promise<void> {
    for (let steps = 0; steps < 5 && generation === this.#generation && this.items.length < 10 && this.next && !this.problem; steps++) await this.more();
  }

  /** Reads the page below. */
  async more(): Promise<void> {
    if (!this.next || this.loading) return;
    await this.#page({ cursor: this.next }, (page) => {
      const known = new Set(this.items.map((c) => c.id));
      const all = [...this.items, ...page.items.filter((c) => !known.has(c.id))];
      const extra = Math.max(0, all.length - mostKept);
      this.items = all.slice(extra);
      this.above += extra;
      this.next = page.next;
    });
  }

  /** Reads the page above, when its lines were let go. */
  async back(): Promise<void> {
    const first = this.items[0]?.cursor;
    if (this.above === 0 || !first || this.loading) return;
    await this.#page({ before: first }, (page) => {
      const known = new Set(this.items.map((c) => c.id));
      const earlier = page.items.filter((c) => !known.has(c.id));
      this.above = page.next ? Math.max(1, this.above - earlier.length) : 0;
      const all = [...earlier, ...this.items];
      if (all.length > mostKept) this.next = all[mostKept - 1]!.cursor;
      this.items = all.slice(0, mostKept);
    });
  }

  async #page(from: { cursor?: string; before?: string }, take: (page: { items: Conversation[]; next?: string }) => void): Promise<void> {
    const generation = this.#generation;
    this.loading = true;
    this.problem = undefined;
    try {
      const page = await this.api.list({ list: this.list, limit: pageSize, ...from });
      if (generation === this.#generation) take(page);
    } catch (error) {
      if (generation === this.#generation) this.problem = codeOf(error);
    } finally {
      if (generation === this.#generation) this.loading = false;
    }
  }

  /** The reader came back to the top, or wants to see what is new. */
  release(): void {
    this.held = false;
    if (this.fresh.size > 0) void this.renew();
  }

  /** Something about this conversation changed; it is read again, several together. */
  hint(conv: string): void {
    this.#hints.add(conv);
    if (this.#flushing) return;
    this.#flushing = true;
    setTimeout(() => void this.#flush(), 150);
  }

  async #flush(): Promise<void> {
    const wanted = [...this.#hints];
    this.#hints.clear();
    try {
      // A burst is cheaper read as a page than line by line.
      if (wanted.length > 10) await this.renew();
      else await Promise.all(wanted.map((id) => this.#refresh(id)));
    } finally {
      this.#flushing = false;
      if (this.#hints.size > 0) this.hint([...this.#hints][0]!);
    }
  }

  async #refresh(id: string): Promise<void> {
    try {
      this.put(await this.api.conversation(id));
    } catch (error) {
      if (codeOf(error) === 'not_found') this.#leave(id);
    }
  }

  find(id: string): Conversation | undefined {
    return this.items.find((c) => c.id === id);
  }

  /** Puts a line where it belongs now, or takes it out of the list; one that comes back does so also while nothing moves. */
  put(conversation: Conversation, back = false): void {
    this.changed();
    const at = this.items.findIndex((c) => c.id === conversation.id);
    if (this.list.view === 'mentions') {
      // Whether somebody is named in it the server knows; what is shown of it may be new.
      const fits = conversation.status !== 'merged' && this.list.status.includes(conversation.status);
      if (at >= 0 && fits) this.items = this.items.with(at, { ...conversation, cursor: this.items[at]!.cursor });
      else if (at >= 0) this.#leave(conversation.id);
      else if (back && fits) this.#insert(conversation);
      return;
    }
    if (!belongs(this.list, conversation, this.me(), this.teams())) return this.#leave(conversation.id);
    if (this.held && !(back && at < 0)) {
      const known = this.items[at];
      if (known) this.items = this.items.with(at, { ...conversation, cursor: known.cursor });
      if (!known || conversation.last_activity > known.last_activity) this.fresh = new Set(this.fresh).add(conversation.id);
      return;
    }
    this.#insert(conversation);
  }

  #insert(conversation: Conversation): void {
    const last = this.items.at(-1);
    this.#newest = Math.max(this.#newest, conversation.last_activity);
    const others = this.items.filter((c) => c.id !== conversation.id);
    const to = others.findIndex((c) => above(this.list, conversation, c) < 0);
    // Below what was read so far it would stand at a wrong place; it comes with its page.
    if (to < 0 && this.next && last && above(this.list, conversation, last) > 0) {
      this.items = others;
      return;
    }
    this.items = to < 0 ? [...others, conversation] : others.toSpliced(to, 0, conversation);
  }

  #leave(id: string): void {
    if (this.fresh.has(id)) this.fresh = new Set([...this.fresh].filter((f) => f !== id));
    if (!this.find(id)) return;
    if (this.cursor === id) this.cursor = this.neighbour(id);
    this.items = this.items.filter((c) => c.id !== id);
    this.#keepChosen();
  }

  #keepChosen(): void {
    if (this.chosen.size === 0) return;
    const here = new Set(this.items.map((c) => c.id));
    this.chosen = new Set([...this.chosen].filter((id) => here.has(id)));
  }

  /** The line that the eye goes to when this one leaves. */
  neighbour(id: string): string | undefined {
    const i = this.items.findIndex((c) => c.id === id);
    return (this.items[i + 1] ?? this.items[i - 1])?.id;
  }

  /** The lines that are likely to be opened after this one: those below it first. */
  around(id: string): string[] {
    const i = this.items.findIndex((c) => c.id === id);
    return i < 0 ? [] : [this.items[i + 1], this.items[i + 2], this.items[i - 1]].flatMap((c) => (c ? [c.id] : []));
  }

  /** Moves the keyboard's line. */
  step(by: 1 | -1): void {
    const i = this.items.findIndex((c) => c.id === this.cursor);
    const to = i < 0 ? 0 : Math.min(this.items.length - 1, Math.max(0, i + by));
    this.cursor = this.items[to]?.id;
    if (by === 1 && to >= this.items.length - 5) void this.more();
    if (by === -1 && to <= 5) void this.back();
  }

  // Choosing several

  /** Chooses a line or lets it go; with a range, all from the one before. */
  choose(id: string, range = false): void {
    const chosen = new Set(this.chosen);
    const from = this.items.findIndex((c) => c.id === this.#anchor);
    const to = this.items.findIndex((c) => c.id === id);
    if (range && from >= 0 && to >= 0) {
      for (const c of this.items.slice(Math.min(from, to), Math.max(from, to) + 1)) chosen.add(c.id);
    } else if (!chosen.delete(id)) chosen.add(id);
    this.#anchor = id;
    this.chosen = new Set([...chosen].slice(0, mostChosen));
  }

  /** Those of which the server refused something, unless others were chosen meanwhile. */
  chooseAgain(ids: readonly string[]): void {
    if (this.chosen.size === 0) this.chosen = new Set(ids.filter((id) => this.find(id)));
  }

  /** All lines that were read, or none. */
  chooseAll(on: boolean): void {
    this.chosen = new Set(on ? this.items.slice(0, mostChosen).map((c) => c.id) : []);
  }
}

/** The server takes so many at once. */
export const mostChosen = 200;

export function codeOf(error: unknown): Problem['code'] {
  return error instanceof Problem ? error.code : 'internal';
}
