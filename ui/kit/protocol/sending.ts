import { passes, type ClientFrame, type Entry, type ErrorFrame } from './frames.ts';
import type { Outbox, Outgoing } from './outbox.ts';
import { Timers } from './timers.ts';

export interface SendingOptions {
  outbox: Outbox;
  /** False when there is no connection. */
  send: (frame: ClientFrame) => boolean;
  /** Answers are overdue: the connection is not what it seems. */
  overdue: () => void;
  /** What waits has changed. */
  changed: () => void;
  merged: (from: string, into: string) => void;
  /** The server has a message: it said so, or the conversation's log did. */
  settled: (message: Outgoing, conv: string) => void;
  /** Where the conversation's log ends, as far as is known. */
  end: (conv: string) => number;
}

/** What an error of the server was about. */
export type About = 'message' | 'start' | 'human' | 'fetch' | 'other';

const answerWithin = 15_000;
/** So often may the server fail at one thing, or put it off without a time, before the person decides what becomes of it. */
const mostFailures = 6;
/** What marks a message that the server failed at too often. */
export const givenUp = 'given_up';
const asking = 'human';

/** Empties the outbox: what has no answer is sent again until it has one. */
export class Sending {
  #inFlight = new Set<string>();
  #failures = new Map<string, number>();
  /** The conversation whose `human` is under way: its error does not name it. */
  #asked = '';
  /** Conversations that were read on this connection: what their logs lack was never stored. */
  #read = new Set<string>();
  #timers = new Timers();

  constructor(private readonly options: SendingOptions) {}

  pump(): void {
    const { outbox } = this.options;
    for (const b of outbox.beginnings()) {
      if (!b.failed) this.#dispatch(b.ref, { t: 'start', ref: b.ref, ...(b.topic && { topic: b.topic }), ...(b.lang && { lang: b.lang }) });
    }
    for (const m of outbox.heads()) {
      this.#dispatch(m.client_msg_id, {
        t: 'send',
        conv: m.conv,
        client_msg_id: m.client_msg_id,
        body: m.body,
        ...(m.note && { note: true }),
        ...(m.reply_to && { reply_to: m.reply_to }),
        ...(m.seen && { seen: m.seen }),
        ...m.extra,
      });
    }
    // What was sent before a loss is sent again only when the log lacks it: each is an entry of its own.
    const ask = outbox.asks().find((a) => a.conv !== '' && (!a.sent || this.#read.has(a.conv)));
    if (!ask || !this.#dispatch(asking, { t: 'human', conv: ask.conv })) return;
    this.#asked = ask.conv;
    outbox.putAsk({ ...ask, sent: true });
  }

  #dispatch(ref: string, frame: ClientFrame): boolean {
    if (this.#inFlight.has(ref) || !this.options.send(frame)) return false;
    this.#inFlight.add(ref);
    this.#timers.set(ref, answerWithin, this.options.overdue);
    return true;
  }

  #settle(ref: string): void {
    this.#inFlight.delete(ref);
    this.#timers.clear(ref);
  }

  /** The connection is gone, or dropped answers: what has none is sent again. */
  lost(): void {
    this.#inFlight.clear();
    this.#timers.clearAll();
    this.#read.clear();
    this.#asked = '';
  }

  /** Conversations whose logs must be read to know whether what was sent has arrived. */
  doubtful(): string[] {
    return this.options.outbox.asks().flatMap((a) => (a.sent && a.conv ? a.conv : []));
  }

  /** The log was read, and what it told was taken note of. */
  wasRead(conv: string): void {
    this.#read.add(conv);
    if (this.options.outbox.ask(conv)) this.pump();
  }

  stored(clientMsgId: string, conv: string): Outgoing | undefined {
    this.#settle(clientMsgId);
    this.#failures.delete(clientMsgId);
    const message = this.options.outbox.remove(clientMsgId);
    if (message) this.options.settled(message, conv);
    return message;
  }

  /** An entry of a log may be the answer that did not come. */
  noticed(entry: Entry): void {
    const { outbox, changed } = this.options;
    const ask = entry.kind === 'human' ? outbox.ask(entry.conv) : undefined;
    if (ask && entry.seq > ask.after) {
      outbox.dropAsk(ask);
      if (this.#asked === entry.conv) this.#askSettled();
    } else if (entry.client_msg_id && outbox.get(entry.client_msg_id)) {
      this.stored(entry.client_msg_id, entry.conv);
    } else {
      return;
    }
    changed();
    this.pump();
  }

  #askSettled(): void {
    this.#settle(asking);
    this.#failures.delete(asking);
    this.#asked = '';
  }

  started(ref: string, conv: string): void {
    this.#settle(ref);
    this.#failures.delete(ref);
    this.options.outbox.begun(ref, conv);
  }

  retry(clientMsgId: string): void {
    const { outbox } = this.options;
    const message = outbox.get(clientMsgId);
    if (!message) return;
    const { failed: _, ...rest } = message;
    outbox.put(rest);
    this.#beginAgain(message.ref);
    this.options.changed();
    this.pump();
  }

  /** More is said in a conversation that the server did not let begin: it may now. */
  #beginAgain(ref = ''): void {
    const { outbox } = this.options;
    const beginning = outbox.beginning(ref);
    if (beginning?.failed) outbox.putBeginning({ ...beginning, failed: undefined });
  }

  /** Puts what was written behind what waits, and sends it in its turn. */
  put(message: Outgoing): void {
    this.options.outbox.put(message);
    this.#beginAgain(message.ref);
    this.options.changed();
    this.pump();
  }

  /** Puts back what waits, as it is now: it may be ready to be sent. */
  update(message: Outgoing): void {
    this.options.outbox.put(message);
    this.options.changed();
    this.pump();
  }

  discard(clientMsgId: string): void {
    const { outbox } = this.options;
    const ref = outbox.remove(clientMsgId)?.ref;
    if (ref && outbox.beginning(ref)?.failed && !outbox.messages().some((m) => m.ref === ref)) outbox.dropBeginning(ref);
    this.options.changed();
  }

  ask(conv: string, ref?: string): void {
    const { outbox } = this.options;
    if (!outbox.ask(conv, ref)) outbox.putAsk({ conv, ...(ref && { ref }), after: conv ? this.options.end(conv) : 0, made: Date.now() });
    this.#beginAgain(ref);
    this.options.changed();
    this.pump();
  }

  /** Takes an error that is about something sent, and says what it was. */
  refused(frame: ErrorFrame): About | undefined {
    const { outbox } = this.options;
    const { ref = '', code } = frame;
    const message = outbox.get(ref);
    const beginning = outbox.beginning(ref);
    const ask = ref === asking ? outbox.ask(this.#asked) : undefined;
    if (!message && !beginning && !ask) return undefined;
    this.#settle(ref);
    if (code === 'merged' && frame.conv && !beginning) {
      this.#readdress((message ?? ask)!.conv, frame.conv);
    } else if (passes(code) && (ask || !this.#hopeless(ref, frame))) {
      this.#later(ref, frame.retry_after_ms);
    } else if (message) {
      outbox.put({ ...message, failed: passes(code) ? givenUp : (frame.reason ?? frame.field ?? code) });
    } else if (ask) {
      outbox.dropAsk(ask);
    } else {
      const failed = passes(code) ? givenUp : code;
      outbox.putBeginning({ ...beginning!, failed });
      for (const m of outbox.messages()) if (m.ref === ref) outbox.put({ ...m, failed });
      const asked = outbox.ask('', ref);
      if (asked) outbox.dropAsk(asked);
    }
    this.options.changed();
    this.pump();
    return message ? 'message' : beginning ? 'start' : 'human';
  }

  /** It will not be taken by waiting: what follows it must not wait for ever. */
  #hopeless(ref: string, { code, retry_after_ms: after }: ErrorFrame): boolean {
    const counts = code === 'internal' || (code === 'rate_limited' && after === undefined);
    if (!counts || (this.#failures.get(ref) ?? 0) + 1 < mostFailures) return false;
    this.#failures.delete(ref);
    return true;
  }

  /** Held back as in flight, so that what follows in the conversation does not overtake it. */
  #later(ref: string, retryAfter?: number): void {
    const failures = (this.#failures.get(ref) ?? 0) + 1;
    this.#failures.set(ref, failures);
    this.#inFlight.add(ref);
    if (ref === asking) this.#read.add(this.#asked);
    this.#timers.set(ref, retryAfter ?? Math.min(30_000, 1000 * 2 ** failures), () => {
      this.#settle(ref);
      this.pump();
    });
  }

  #readdress(from: string, into: string): void {
    this.options.outbox.readdress(from, into, this.options.end(into));
    this.options.merged(from, into);
  }
}
