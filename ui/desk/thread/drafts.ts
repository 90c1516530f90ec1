import type { Storage } from '../../kit/protocol/storage.ts';
import type { After } from '../inbox/changing.ts';
import { Problem, type Api, type Draft } from '../shell/api.ts';

export type DraftState = 'none' | 'saving' | 'saved' | 'failed';

/** What the server does not have yet. */
interface Kept extends Draft {
  /** It was begun before the server's own draft could be read: it must not take its place. */
  blind?: boolean;
}

/** What belongs to a draft and is not in its words. It is kept in this tab alone. */
export interface Along {
  /** Whom a note names: ids with names. */
  named?: [string, string][];
  then?: After;
}

const prefix = 'kefu.desk.draft.';
const alongPrefix = 'kefu.desk.along.';
const prefixes = [prefix, alongPrefix];
const pause = 800;
const firstAgain = 2_000;
const longestAgain = 60_000;
const passing = new Set<Problem['code']>(['offline', 'rate_limited', 'unavailable', 'internal']);

/**
 * What an agent is writing, one draft a conversation. It is kept in the tab from
 * the first letter until the server has it, so that neither a lost connection
 * nor another conversation takes it away. The saves of one conversation follow
 * one another: an empty draft after sending cannot be overtaken by what was sent.
 */
export class Drafts {
  #scope = '';
  #read = new Set<string>();
  /** Readings under way: a draft that was read twice would be merged twice. */
  #reading = new Map<string, Promise<Draft>>();
  #saving = new Map<string, Promise<void>>();
  #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #failures = new Map<string, number>();
  #listeners = new Map<string, (state: DraftState) => void>();

  constructor(
    private readonly storage: Storage,
    private readonly api: Pick<Api, 'draft' | 'saveDraft'>,
  ) {}

  /** Somebody has signed in: their own words are saved, and those of others are gone. */
  open(scope: string): void {
    this.#scope = scope;
    const own = prefixes.map((p) => this.#key('', p));
    for (const key of this.storage.keys()) if (prefixes.some((p) => key.startsWith(p)) && !own.some((p) => key.startsWith(p))) this.storage.removeItem(key);
    this.saveAll();
  }

  /** The session is over; what was not saved waits for the next one. */
  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#read.clear();
    this.#reading.clear();
    this.#failures.clear();
    this.#scope = '';
  }

  /** Whoever signs out leaves nothing behind. */
  clear(): void {
    this.close();
    for (const key of this.storage.keys()) if (prefixes.some((p) => key.startsWith(p))) this.storage.removeItem(key);
  }

  /** How far the draft of a conversation has got, until it is left. */
  listen(conv: string, listener: (state: DraftState) => void): void {
    this.#listeners.set(conv, listener);
  }

  /** The draft to go on with. What was written before the server's could be read is put after it. */
  read(conv: string): Promise<Draft> {
    const known = this.#kept(conv);
    if (known && !known.blind) {
      this.#read.add(conv);
      this.save(conv);
      return Promise.resolve(known);
    }
    let reading = this.#reading.get(conv);
    if (!reading) {
      const answer = this.api.draft(conv);
      const current = () => this.#reading.get(conv) === reading;
      reading = answer.then((stored) => (current() ? this.#goOn(conv, stored) : stored)).finally(() => current() && this.#reading.delete(conv));
      this.#reading.set(conv, reading);
    }
    return reading;
  }

  #goOn(conv: string, stored: Draft): Draft {
    const written = this.#kept(conv);
    if (this.#read.has(conv)) return written ?? stored;
    this.#read.add(conv);
    if (!written) return stored;
    const both: Draft = {
      text: [stored.text, written.text].filter((t) => t !== '').join('\n\n'),
      // Words that may be internal stay internal.
      note: (stored.text !== '' && stored.note) || written.note,
    };
    this.keep(conv, both);
    return both;
  }

  keep(conv: string, draft: Draft): void {
    const blind = !this.#read.has(conv);
    if (draft.text === '') this.keepAlong(conv, {});
    if (blind && draft.text === '') this.storage.removeItem(this.#key(conv));
    else this.storage.setItem(this.#key(conv), JSON.stringify({ text: draft.text, note: draft.note, ...(blind && { blind }) } satisfies Kept));
    this.#tell(conv, blind && draft.text !== '' ? 'failed' : 'none');
    this.#later(conv, pause);
  }

  /** What was kept along with the draft, until that is sent or given up. */
  along(conv: string): Along {
    try {
      const along = JSON.parse(this.storage.getItem(this.#key(conv, alongPrefix)) ?? '{}') as Partial<Along> | null;
      return { ...(Array.isArray(along?.named) && { named: along.named }), ...(along?.then && { then: along.then }) };
    } catch {
      return {};
    }
  }

  keepAlong(conv: string, along: Along): void {
    if (along.named || along.then) this.storage.setItem(this.#key(conv, alongPrefix), JSON.stringify(along));
    else this.storage.removeItem(this.#key(conv, alongPrefix));
  }

  /** Saves at once, without waiting for the next letter. */
  save(conv: string): void {
    clearTimeout(this.#timers.get(conv));
    this.#timers.delete(conv);
    if (this.#saving.has(conv)) return;
    this.#saving.set(
      conv,
      this.#saveAsLongAsNeeded(conv).finally(() => this.#saving.delete(conv)),
    );
  }

  leave(conv: string): void {
    this.save(conv);
    this.#read.delete(conv);
    this.#reading.delete(conv);
    this.#listeners.delete(conv);
  }

  /** The connection is back, or the page may go: saves all that waits. */
  saveAll(): void {
    const own = this.#key('');
    for (const key of this.storage.keys()) if (this.#scope !== '' && key.startsWith(own)) this.save(key.slice(own.length));
  }

  /** Resolves when everything that could be saved is. */
  async settled(): Promise<void> {
    this.saveAll();
    await Promise.all(this.#saving.values());
  }

  async #saveAsLongAsNeeded(conv: string): Promise<void> {
    const scope = this.#scope;
    try {
      for (;;) {
        const kept = this.#kept(conv);
        if (!kept || kept.blind || this.#timers.has(conv)) return;
        this.#tell(conv, 'saving');
        await this.api.saveDraft(conv, { text: kept.text, note: kept.note });
        if (scope !== this.#scope) return;
        this.#failures.delete(conv);
        const now = this.#kept(conv);
        if (now?.text !== kept.text || now.note !== kept.note) continue;
        this.storage.removeItem(this.#key(conv));
        this.#tell(conv, kept.text === '' ? 'none' : 'saved');
        return;
      }
    } catch (error) {
      if (scope === this.#scope) this.#failed(conv, error);
    }
  }

  #failed(conv: string, error: unknown): void {
    this.#tell(conv, this.#kept(conv)?.text ? 'failed' : 'none');
    if (error instanceof Problem && !passing.has(error.code)) return;
    const failures = this.#failures.get(conv) ?? 0;
    this.#failures.set(conv, failures + 1);
    const asked = error instanceof Problem && error.retryAfter ? error.retryAfter * 1000 : 0;
    if (!this.#timers.has(conv)) this.#later(conv, Math.max(asked, Math.min(longestAgain, firstAgain * 2 ** Math.min(failures, 6))));
  }

  #later(conv: string, milliseconds: number): void {
    clearTimeout(this.#timers.get(conv));
    const timer = setTimeout(() => this.save(conv), milliseconds);
    this.#timers.set(conv, timer);
  }

  #tell(conv: string, state: DraftState): void {
    this.#listeners.get(conv)?.(state);
  }

  #key(conv: string, of = prefix): string {
    return `${of}${encodeURIComponent(this.#scope)}.${conv}`;
  }

  #kept(conv: string): Kept | undefined {
    try {
      const kept = JSON.parse(this.storage.getItem(this.#key(conv)) ?? 'null') as Partial<Kept> | null;
      return kept && typeof kept.text === 'string' ? { text: kept.text, note: kept.note === true, ...(kept.blind && { blind: true }) } : undefined;
    } catch {
      return undefined;
    }
  }
}
