import type { Client, Change } from '../../kit/protocol/client.ts';
import type { OfferFrame, PresenceState, BreakReason } from '../../kit/protocol/frames.ts';

/** In milliseconds. Whoever is pressing keys when an offer appears does not mean it. */
const seenAfter = 1_000;

/** What the queue and this agent say to each other: presence, and the one offer that stands. */
export class Offers {
  /** Undefined until the server has said; then this agent may take offers. */
  presence = $state.raw<{ state: PresenceState; reason?: string; since: number; load: number; holds: number }>();
  offer = $state.raw<OfferFrame & { ends: number }>();
  /** What became of the last offer, where that needs a word: it went on, or a colleague has it. */
  over = $state<'expired' | 'taken' | 'lost'>();
  busy = $state(false);
  #client: Client | undefined;
  #came = 0;
  #hush: (() => void) | undefined;

  constructor(
    /** Opens a conversation that was accepted. */
    private readonly opened: (conv: string) => void,
    /** Calls an agent who looks elsewhere; gives what ends the call. */
    private readonly call: () => (() => void) | undefined,
  ) {}

  attach(client: Client): void {
    this.#client = client;
  }

  detach(): void {
    this.#client = undefined;
    this.presence = undefined;
    this.#end();
  }

  choose(state: PresenceState, reason?: BreakReason): void {
    this.#client?.setPresence(state, reason);
  }

  accept(): void {
    if (!this.offer || this.busy) return;
    this.busy = true;
    this.#client?.accept(this.offer.conv);
  }

  decline(): void {
    if (!this.offer || this.busy) return;
    this.busy = true;
    this.#client?.decline(this.offer.conv);
  }

  /** An offer stands, and was there to be seen before it could be answered by a key. */
  get seen(): boolean {
    return this.offer !== undefined && Date.now() - this.#came >= seenAfter;
  }

  changed(change: Change): void {
    switch (change.what) {
      case 'presence':
        this.presence = change.presence;
        return;
      case 'offer':
        this.#came = Date.now();
        this.offer = { ...change.offer, ends: Date.now() + change.offer.left_ms };
        this.over = undefined;
        this.busy = false;
        this.#hush?.();
        this.#hush = this.call();
        return;
      case 'offer_over': {
        if (this.offer?.conv !== change.conv) return;
        this.#end();
        if (change.reason === 'accepted') this.opened(change.conv);
        if (change.reason === 'expired' || change.reason === 'taken') this.over = change.reason;
        return;
      }
      case 'state':
        // Nobody knows what became of it; the server says it anew.
        if (change.state !== 'open') this.#end();
        return;
      case 'error':
        if (change.error.ref === 'accept' && change.error.code === 'conflict') {
          this.#end();
          this.over = 'lost';
        } else if (change.error.ref === 'accept' || change.error.ref === 'decline') {
          this.busy = false;
        }
    }
  }

  #end(): void {
    this.offer = undefined;
    this.busy = false;
    this.#hush?.();
    this.#hush = undefined;
  }
}
