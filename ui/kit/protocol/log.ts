import type { Entry } from './frames.ts';

/** An entry as it is shown: with what was done to it since. */
export interface Line extends Entry {
  edited?: { at: number };
  redacted?: { at: number; classes: string[] };
}

interface Change {
  seq: number;
  at: number;
  text: string;
  redacted: boolean;
  classes: string[];
}

/**
 * What this page knows of one conversation: a stretch of the log without gaps,
 * from `bottom` to `top`. Entries above a gap wait aside until it is filled.
 */
export class ConversationLog {
  #lines = new Map<number, Line>();
  #aside = new Map<number, Line>();
  #changes = new Map<number, Change>();
  #sorted: Line[] | undefined;

  /** The lowest and highest sequence number held; 0 when the log was not read yet. */
  bottom = 0;
  top = 0;
  /** The log was read at least once, from its end. */
  loaded = false;

  constructor(readonly conv: string) {}

  get lines(): Line[] {
    this.#sorted ??= [...this.#lines.values()].sort((a, b) => a.seq - b.seq);
    return this.#sorted;
  }

  has(seq: number): boolean {
    return this.#lines.has(seq) || this.#aside.has(seq);
  }

  /** There is more above the oldest line that is held. */
  get hasOlder(): boolean {
    return this.bottom > 1;
  }

  /** Entries wait above what is missing. */
  get gap(): boolean {
    return this.loaded && this.#aside.size > 0;
  }

  /** A live entry. True when something is missing before it and must be fetched. */
  add(entry: Entry): boolean {
    this.#amend(entry);
    if (this.loaded && entry.seq <= this.top) {
      if (entry.seq >= this.bottom) this.#put(this.#lines, entry);
      return false;
    }
    if (this.loaded && entry.seq === this.top + 1) {
      this.#put(this.#lines, entry);
      this.top = entry.seq;
      this.#join();
      return false;
    }
    this.#put(this.#aside, entry);
    return this.loaded;
  }

  /** The conversation was begun a moment ago: its log is empty, and known. */
  begin(): void {
    if (this.loaded) return;
    this.loaded = true;
    this.bottom = 1;
    this.#join();
  }

  /** A stretch read from the log: entries from `from` to `to`, ascending and complete. */
  addStretch(from: number, to: number, entries: Entry[]): void {
    for (const e of entries) this.#amend(e);
    const first = !this.loaded;
    const touches = first || (from <= this.top + 1 && to >= this.bottom - 1);
    const target = touches ? this.#lines : this.#aside;
    for (const e of entries) this.#put(target, e);
    if (!touches) return;
    this.loaded = true;
    if (entries.length > 0 || to >= from) {
      this.bottom = first ? from : Math.min(this.bottom, from);
      this.top = first ? to : Math.max(this.top, to);
    }
    this.#join();
  }

  /** Moves what waited aside and now follows without a gap. */
  #join(): void {
    for (let next = this.#aside.get(this.top + 1); next; next = this.#aside.get(this.top + 1)) {
      this.#aside.delete(next.seq);
      this.#lines.set(next.seq, next);
      this.top = next.seq;
    }
    for (const seq of this.#aside.keys()) if (seq <= this.top) this.#aside.delete(seq);
    this.#sorted = undefined;
  }

  #put(where: Map<number, Line>, entry: Entry): void {
    const change = this.#changes.get(entry.seq);
    where.set(entry.seq, change ? changed(entry, change) : { ...entry });
    this.#sorted = undefined;
  }

  /** Applies an edit or a redaction to the entry it is about, held or still to come. */
  #amend(entry: Entry): void {
    const of = entry.payload.of;
    if ((entry.kind !== 'edited' && entry.kind !== 'redacted') || typeof of !== 'number') return;
    const before = this.#changes.get(of);
    if (before && before.seq > entry.seq) {
      // An older edit must not bring back, in its own entry either, what a later redaction took away.
      if (before.redacted) entry.payload = { ...entry.payload, text: '' };
      return;
    }
    const redacted = entry.kind === 'redacted' || (before?.redacted ?? false);
    const classes = [...new Set([...(before?.classes ?? []), ...(entry.payload.classes ?? [])])];
    this.#changes.set(of, { seq: entry.seq, at: entry.at, text: entry.payload.text ?? '', redacted, classes });
    this.#rewrite(of, entry.kind === 'redacted');
  }

  #rewrite(of: number, withdraw: boolean): void {
    const change = this.#changes.get(of)!;
    for (const where of [this.#lines, this.#aside]) {
      const line = where.get(of);
      if (line) where.set(of, changed(line, change));
      if (!withdraw) continue;
      for (const [seq, l] of where) {
        if (l.kind === 'edited' && l.payload.of === of) where.set(seq, { ...l, payload: { of } });
      }
    }
    this.#sorted = undefined;
  }
}

function changed(line: Line, change: Change): Line {
  // What a form's answers said is gone with the text.
  const { form: _, ...rest } = line.payload;
  const payload: Line['payload'] = { ...rest, text: change.text };
  if (change.redacted) {
    if (change.classes.length > 0) payload.classes = change.classes;
    return { ...line, payload, redacted: { at: change.at, classes: change.classes } };
  }
  return { ...line, payload, edited: { at: change.at } };
}
