import type { Change } from '../../../kit/protocol/client.ts';
import type { Chat } from '../chat.svelte.ts';

/** That one of us contacts the customer. Times are microseconds since 1970. */
export interface Contact {
  id: string;
  conv: string;
  by: string;
  channel: string;
  purpose: string;
  code?: string;
  created_at: number;
  expires_at?: number;
  checked_at?: number;
  phrase_at?: number;
}

interface Told {
  now: number;
  items: Contact[];
  phrase?: { text?: string; read: { by: string; at: number }[] };
  verify: string;
}

export interface Verdict {
  verdict: 'ours' | 'used' | 'not_ours';
  contact?: Contact;
  left: number;
}

/** In milliseconds. */
const patience = 20_000;

export class Refused {
  constructor(
    readonly status: number,
    readonly reason?: string,
  ) {}
}

/** Who contacts the customer now, as Kefu tells it. */
export class Trust {
  told = $state.raw<Told>();
  failed = $state.raw(false);
  /** The customer asks. */
  open = $state.raw(false);
  /** Milliseconds by which this clock is behind the server's. */
  skew = 0;
  #seen = new Set<string>();
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly chat: Chat) {
    chat.client.on((change) => this.#changed(change));
    void this.look();
  }

  #changed(change: Change): void {
    if (change.what === 'welcome') {
      if (change.another) this.#forget();
      void this.look();
    } else if ((change.what === 'changed' && change.kinds.includes('contact')) || (change.what === 'entry' && (change.entry.kind === 'assigned' || change.entry.kind === 'status'))) void this.look();
  }

  /** Somebody else speaks: nothing of who was here stays. */
  #forget(): void {
    this.told = undefined;
    this.open = false;
    this.#seen.clear();
    clearTimeout(this.#timer);
  }

  async look(): Promise<void> {
    if (this.chat.anonymous) return this.#forget();
    const asked = ++this.#asked;
    try {
      const told = (await this.ask('GET', '')) as Told;
      if (asked !== this.#asked) return;
      this.told = told;
      this.skew = told.now / 1000 - Date.now();
      this.failed = false;
      this.#watch();
    } catch {
      if (asked === this.#asked) this.failed = true;
    }
  }

  /** What is over is asked for once more, when it is. */
  #watch(): void {
    clearTimeout(this.#timer);
    const ends = (this.told?.items ?? []).map((c) => (c.expires_at ?? 0) / 1000);
    if (ends.length > 0) this.#timer = setTimeout(() => void this.look(), Math.max(Math.min(...ends) - Date.now() - this.skew, 0) + 500);
  }

  /** The customer has the code before their eyes. */
  see(contact: Contact): void {
    if (this.#seen.has(contact.id)) return;
    this.#seen.add(contact.id);
    this.ask('POST', `/${contact.id}/seen`, {}).catch(() => this.#seen.delete(contact.id));
  }

  check(code: string): Promise<Verdict> {
    return this.ask('POST', '/check', { code }) as Promise<Verdict>;
  }

  async keep(phrase: string): Promise<void> {
    await (phrase === '' ? this.ask('DELETE', '/phrase') : this.ask('PUT', '/phrase', { phrase }));
    await this.look();
  }

  /** Rejects with Refused. */
  async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    let answer: Response;
    try {
      answer = await fetch(`/rt/contacts${path}`, {
        method,
        headers: { Authorization: `Bearer ${this.chat.client.session}`, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(patience),
      });
    } catch {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- a status is all that is asked of it
      throw new Refused(0);
    }
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- likewise
    if (!answer.ok) throw new Refused(answer.status, ((await answer.json().catch(() => ({}))) as { reason?: string }).reason);
    return answer.json();
  }
}

/** The words in a language. */
export async function wordsOf(language: 'en' | 'zh') {
  return (await (language === 'zh' ? import('../messages/trust.zh.ts') : import('../messages/trust.en.ts'))).words;
}
