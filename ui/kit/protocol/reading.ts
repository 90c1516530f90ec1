import { backoff } from './connection.ts';
import { passes, type ClientFrame, type Entry, type ErrorFrame, type ServerFrame } from './frames.ts';
import { ConversationLog } from './log.ts';
import { Timers } from './timers.ts';

/** The end of a log, what came after the part that is held, or the page before it. */
export type Stretch = 'end' | 'newer' | 'older';

export interface ReadingOptions {
  /** False when there is no connection. */
  send: (frame: ClientFrame) => boolean;
  changed: (conv: string) => void;
  random: () => number;
  /** Nobody looks at the conversation yet. */
  ahead?: (conv: string) => boolean;
}

const page = 50;
const catchUp = 200;
const endOfLog = 2_147_483_647;
const answerWithin = 15_000;

/**
 * Reads the logs. What is wanted of each is noted until it was answered: a
 * question that is refused for the moment, or lost, is asked again.
 */
export class Reading {
  #logs = new Map<string, ConversationLog>();
  #wanted = new Map<string, Set<Stretch>>();
  /** The question under way; a log has one at a time. */
  #asked = new Map<string, Stretch>();
  #failures = new Map<string, number>();
  #timers = new Timers();

  constructor(private readonly options: ReadingOptions) {}

  get logs(): ConversationLog[] {
    return [...this.#logs.values()];
  }

  peek(conv: string): ConversationLog | undefined {
    return this.#logs.get(conv);
  }

  log(conv: string): ConversationLog {
    let log = this.#logs.get(conv);
    if (!log) this.#logs.set(conv, (log = new ConversationLog(conv)));
    return log;
  }

  /** The stretch is asked for, now or as soon as it can be. */
  isWanted(conv: string, which: Stretch): boolean {
    return this.#wanted.get(conv)?.has(which) ?? false;
  }

  want(conv: string, which: Stretch): void {
    const wanted = this.#wanted.get(conv) ?? new Set();
    this.#wanted.set(conv, wanted.add(which));
    this.#ask(conv);
  }

  /** What came since, or the end of a log that was never read. */
  catchUp(conv: string): void {
    this.want(conv, this.log(conv).loaded ? 'newer' : 'end');
  }

  /** Asks for everything anew: what was under way may have been dropped. */
  again(conv: string): void {
    this.#cancel(conv);
    this.catchUp(conv);
  }

  opened(): void {
    for (const conv of this.#wanted.keys()) this.#ask(conv);
  }

  /** The connection is gone; what is wanted is asked for on the next one. */
  lost(): void {
    this.#timers.clearAll();
    this.#asked.clear();
    this.#failures.clear();
  }

  drop(conv: string): void {
    this.#cancel(conv);
    this.#wanted.delete(conv);
    this.#logs.delete(conv);
  }

  clear(): void {
    this.lost();
    this.#wanted.clear();
    this.#logs.clear();
  }

  /** A live entry. True when it was not known. */
  event(entry: Entry): boolean {
    const log = this.log(entry.conv);
    const known = log.has(entry.seq);
    if (log.add(entry) || !log.loaded) this.catchUp(entry.conv);
    return !known;
  }

  /** A stretch of a log. Gives the entries that came since the log was last read. */
  missed(frame: ServerFrame & { t: 'missed' }): Entry[] {
    const { conv, events } = frame;
    const log = this.log(conv);
    const which = this.#answered(log, frame);
    if (!log.loaded && which !== 'end') {
      // Nothing can be joined to a log that was never read but from its end.
      this.want(conv, 'end');
      return [];
    }
    const { loaded, top } = log;
    const fresh = events.filter((e) => loaded && e.seq > top && !log.has(e.seq));
    log.addStretch(events[0]?.seq ?? frame.from, events.at(-1)?.seq ?? frame.from - 1, events);
    // A page that came late was taken for another answer: what it leaves open is asked for, once.
    if ((log.gap && which !== 'newer') || (log.top > top && (log.gap || (loaded && frame.more)))) this.want(conv, 'newer');
    this.#ask(conv);
    return fresh;
  }

  /** Which question this answers; none, when it tells what was missed before the connection. */
  #answered(log: ConversationLog, frame: { conv: string; from: number; events: Entry[] }): Stretch | undefined {
    const which = this.#asked.get(log.conv);
    if (which === 'older' && frame.events.length > 0 && frame.from >= log.bottom) return undefined;
    this.#cancel(log.conv);
    this.#failures.delete(log.conv);
    if (which) this.#unwant(log.conv, which);
    return which;
  }

  #unwant(conv: string, which: Stretch): void {
    const wanted = this.#wanted.get(conv);
    if (!wanted) return;
    for (const done of which === 'older' ? (['older'] as const) : (['end', 'newer'] as const)) wanted.delete(done);
    if (wanted.size === 0) this.#wanted.delete(conv);
  }

  /** A question was refused: for the moment, or for good. */
  refused(frame: ErrorFrame): void {
    for (const conv of frame.conv ? [frame.conv] : [...this.#asked.keys()]) {
      if (!this.#asked.has(conv)) continue;
      this.#cancel(conv);
      if (passes(frame.code)) this.#later(conv, frame.retry_after_ms);
      else this.#wanted.delete(conv);
      this.options.changed(conv);
    }
  }

  #ask(conv: string): void {
    const wanted = this.#wanted.get(conv);
    if (!wanted || this.#asked.has(conv) || this.#timers.has(`again:${conv}`)) return;
    const log = this.log(conv);
    const which = !log.loaded ? 'end' : wanted.has('newer') || wanted.has('end') ? 'newer' : 'older';
    if (which === 'older' && !log.hasOlder) return this.#unwant(conv, which);
    const frame: ClientFrame =
      which === 'newer'
        ? { t: 'fetch', conv, after_seq: log.top, limit: catchUp }
        : { t: 'fetch', conv, before_seq: which === 'older' ? log.bottom : endOfLog, limit: page, ...(this.options.ahead?.(conv) && { ahead: true }) };
    if (!this.options.send(frame)) return;
    this.#asked.set(conv, which);
    this.#timers.set(`answer:${conv}`, answerWithin, () => {
      this.#asked.delete(conv);
      this.#later(conv);
    });
  }

  #later(conv: string, atLeast?: number): void {
    const failures = (this.#failures.get(conv) ?? 0) + 1;
    this.#failures.set(conv, failures);
    this.#timers.set(`again:${conv}`, backoff(failures, this.options.random(), atLeast), () => this.#ask(conv));
  }

  #cancel(conv: string): void {
    this.#asked.delete(conv);
    this.#timers.clear(`answer:${conv}`);
    this.#timers.clear(`again:${conv}`);
  }
}
