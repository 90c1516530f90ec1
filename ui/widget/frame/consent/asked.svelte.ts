import type { ActFact } from '../../../kit/flow/wire.ts';
import type { Sum } from '../../../kit/text/money.ts';
import type { Chat } from '../chat.svelte.ts';

/** What a customer is asked for (docs/flows.md, section 8). Times are microseconds since 1970. */
export interface Card {
  act: ActFact & { fees?: { kind: string; amount: Sum }[] };
  by: string;
  about?: { party: string; amount: Sum; at: number };
  created_at: number;
  expires_at?: number;
  now: number;
  proof: { state: string; method?: string; link?: string; expires_at?: number; until?: number };
}

/** In milliseconds. */
const forProof = 3_000;
const forNews = 15_000;
const patience = 20_000;

const over = ['succeeded', 'failed', 'rejected', 'cancelled', 'expired'];

/** One thing for which the customer is asked. Kefu keeps it; this is what is seen of it. */
export class Asked {
  card = $state.raw<Card>();
  busy = $state.raw(false);
  /** The last press, or the first look, got no answer. */
  failed = $state.raw(false);
  /** It is not theirs, or not there. */
  gone = $state.raw(false);
  /** Milliseconds by which this clock is behind the server's. */
  #skew = 0;
  #again: (() => Promise<void>) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #left = false;

  constructor(
    private readonly chat: Chat,
    private readonly conv: string,
    private readonly id: string,
  ) {}

  get over(): boolean {
    return this.card !== undefined && over.includes(this.card.act.state);
  }

  /** Milliseconds for which it stands. */
  left(now: number): number {
    return this.card?.expires_at ? Math.max(0, this.card.expires_at / 1000 - now - this.#skew) : 0;
  }

  look = (): Promise<void> => this.#do('', undefined, true);
  confirm = (): Promise<void> => this.#do('/confirm', { hash: this.card?.act.hash });
  decline = (): Promise<void> => this.#do('/decline', {});
  proveAgain = (): Promise<void> => this.#do('/proof', {});

  tryAgain(): void {
    void (this.#again ?? this.look)();
  }

  /** Nobody looks at it any more. */
  leave(): void {
    this.#left = true;
    clearTimeout(this.#timer);
  }

  async #do(what: string, body?: unknown, quiet = false): Promise<void> {
    if (this.busy || this.#left) return;
    this.busy = !quiet;
    try {
      this.#take(await this.#ask(what, body));
      this.failed = false;
      this.#again = undefined;
    } catch (status) {
      if (status === 403 || status === 404) this.gone = true;
      else if (status === 409 && !quiet) {
        // It is not as it was shown, or over: what is so now is shown.
        this.busy = false;
        return this.look();
      } else if (!quiet || !this.card) {
        this.failed = true;
        this.#again = quiet ? this.look : () => this.#do(what, body);
      }
    }
    this.busy = false;
    this.#watch();
  }

  async #ask(what: string, body?: unknown): Promise<Card> {
    const answer = await fetch(`/rt/conversations/${encodeURIComponent(this.conv)}/acts/${encodeURIComponent(this.id)}${what}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { Authorization: `Bearer ${this.chat.client.session}`, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(patience),
    });
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- a status is all that is asked of it
    if (!answer.ok) throw answer.status;
    return (await answer.json()) as Card;
  }

  #take(card: Card): void {
    this.card = card;
    this.#skew = card.now / 1000 - Date.now();
  }

  #watch(): void {
    clearTimeout(this.#timer);
    if (this.#left || this.gone || !this.card || this.over) return;
    const { act, proof } = this.card;
    const wait = act.state === 'proposed' ? Math.min(Math.max(this.left(Date.now()) + 500, 1000), 600_000) : proof.state === 'pending' || proof.state === 'proven' || act.state === 'planned' ? forProof : forNews;
    this.#timer = setTimeout(() => (this.chat.shown && this.chat.state === 'open' ? void this.look() : this.#watch()), wait);
  }
}
