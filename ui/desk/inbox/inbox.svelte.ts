import type { Status } from '../../kit/protocol/frames.ts';
import { Problem, type Api, type Conversation, type View } from '../shell/api.ts';

/** The list of conversations: one view and status, a page at a time, kept current by hints. */
export class Inbox {
  view = $state<View>('unassigned');
  status = $state<Status>('open');
  items = $state.raw<Conversation[]>([]);
  next = $state<string>();
  loading = $state(false);
  loaded = $state(false);
  problem = $state<Problem['code']>();
  /** The line that the keyboard is on. */
  cursor = $state<string>();

  #generation = 0;
  #hints = new Set<string>();
  #flushing = false;

  constructor(
    private readonly api: Api,
    private readonly me: () => string,
  ) {}

  show(view: View, status: Status): void {
    if (view === this.view && status === this.status && this.loaded) return;
    this.view = view;
    this.status = status;
    this.items = [];
    this.loaded = false;
    this.cursor = undefined;
    void this.reload();
  }

  async reload(): Promise<void> {
    const generation = ++this.#generation;
    this.loading = true;
    this.problem = undefined;
    try {
      const page = await this.api.conversations({ view: this.view, status: this.status, limit: 50 });
      if (generation !== this.#generation) return;
      this.items = page.items;
      this.next = page.next;
      this.loaded = true;
    } catch (error) {
      if (generation === this.#generation) this.problem = codeOf(error);
    } finally {
      if (generation === this.#generation) this.loading = false;
    }
  }

  async more(): Promise<void> {
    if (!this.next || this.loading) return;
    const generation = this.#generation;
    this.loading = true;
    try {
      const page = await this.api.conversations({ view: this.view, status: this.status, cursor: this.next, limit: 50 });
      if (generation !== this.#generation) return;
      const known = new Set(this.items.map((c) => c.id));
      this.items = [...this.items, ...page.items.filter((c) => !known.has(c.id))];
      this.next = page.next;
    } catch (error) {
      if (generation === this.#generation) this.problem = codeOf(error);
    } finally {
      if (generation === this.#generation) this.loading = false;
    }
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
      if (wanted.length > 10) await this.reload();
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
      if (codeOf(error) === 'not_found') this.items = this.items.filter((c) => c.id !== id);
    }
  }

  /** Puts a line where it belongs now, or takes it out of the view. */
  put(conversation: Conversation): void {
    const others = this.items.filter((c) => c.id !== conversation.id);
    if (!this.#belongs(conversation)) {
      if (others.length === this.items.length) return;
      if (this.cursor === conversation.id) this.cursor = this.#neighbour(conversation.id);
      this.items = others;
      return;
    }
    const at = others.findIndex((c) => c.last_activity < conversation.last_activity);
    // Below what was read so far it would stand at a wrong place; it comes with its page.
    if (at < 0 && this.next) {
      this.items = others;
      return;
    }
    this.items = at < 0 ? [...others, conversation] : [...others.slice(0, at), conversation, ...others.slice(at)];
  }

  #belongs(c: Conversation): boolean {
    if (c.merged_into || c.status !== this.status) return false;
    if (this.view === 'mine') return c.assignee?.id === this.me();
    return this.view === 'all' || !c.assignee;
  }

  #neighbour(id: string): string | undefined {
    const i = this.items.findIndex((c) => c.id === id);
    return (this.items[i + 1] ?? this.items[i - 1])?.id;
  }

  /** Moves the keyboard's line. */
  step(by: 1 | -1): void {
    const i = this.items.findIndex((c) => c.id === this.cursor);
    const to = i < 0 ? 0 : Math.min(this.items.length - 1, Math.max(0, i + by));
    this.cursor = this.items[to]?.id;
    if (by === 1 && to >= this.items.length - 5) void this.more();
  }
}

export function codeOf(error: unknown): Problem['code'] {
  return error instanceof Problem ? error.code : 'internal';
}
