import type { Api, Hit, Problem } from '../shell/api.ts';
import { codeOf } from '../inbox/inbox.svelte.ts';

const typedAfter = 250;
const changedAfter = 1000;
const page = 30;
const most = 100;

/** What was searched for, and what was found. */
export class Search {
  query = $state('');
  hits = $state.raw<Hit[]>();
  next = $state<string>();
  busy = $state(false);
  problem = $state<Problem['code']>();

  #typing: ReturnType<typeof setTimeout> | undefined;
  #changing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: Api,
    /** What went wrong while reading on. */
    private readonly failed: (code: Problem['code']) => void,
  ) {}

  get shown(): boolean {
    return this.hits !== undefined || this.busy || this.problem !== undefined;
  }

  look(query: string): void {
    this.query = query;
    clearTimeout(this.#typing);
    if (query.trim() === '') return this.clear();
    this.busy = true;
    this.#typing = setTimeout(() => void this.#ask(page), typedAfter);
  }

  clear(): void {
    clearTimeout(this.#typing);
    clearTimeout(this.#changing);
    this.#changing = undefined;
    this.query = '';
    this.hits = undefined;
    this.next = undefined;
    this.busy = false;
    this.problem = undefined;
  }

  async more(): Promise<void> {
    if (!this.next || this.busy) return;
    const query = this.query;
    this.busy = true;
    try {
      const found = await this.api.search(query.trim(), this.next);
      if (query !== this.query) return;
      this.hits = [...(this.hits ?? []), ...found.items];
      this.next = found.next;
    } catch (error) {
      this.failed(codeOf(error));
    } finally {
      if (query === this.query) this.busy = false;
    }
  }

  /**
   * Something happened in a conversation, or in any. Words that were removed there
   * must not stay on the screen because they were once found.
   */
  changed(conv?: string): void {
    if (this.#changing || !this.hits?.some((hit) => conv === undefined || hit.conv === conv)) return;
    this.#changing = setTimeout(() => {
      this.#changing = undefined;
      if (!this.busy) void this.#ask(Math.min(most, Math.max(page, this.hits?.length ?? 0)));
    }, changedAfter);
  }

  async #ask(limit: number): Promise<void> {
    const query = this.query;
    try {
      const found = await this.api.search(query.trim(), undefined, limit);
      if (query !== this.query) return;
      this.hits = found.items;
      this.next = found.next;
      this.problem = undefined;
    } catch (error) {
      if (query === this.query) this.problem = codeOf(error);
    } finally {
      if (query === this.query) this.busy = false;
    }
  }
}
