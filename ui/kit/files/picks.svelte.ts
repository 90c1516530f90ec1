import type { Attachment } from '../protocol/frames.ts';
import { attempt, type Attempts, type Problem } from './attempt.ts';

export type { Problem };

export interface Picked {
  key: number;
  name: string;
  /** Held: not sent before the person says so. */
  state: 'held' | 'waiting' | 'sending' | 'stored' | 'failed';
  /** How much of it has gone, from 0 to 1. */
  part: number;
  stored?: Attachment;
  problem?: Problem;
}

export interface PicksOptions extends Attempts {
  /** How many files are taken; a message's when it is left out. */
  most?: number;
  /** Which files are held until the message is sent; none when it is left out. */
  holds?: (file: File) => boolean;
}

export const mostFiles = 10;

/** The files of the message that is being written. They go one after another: a connection sends one at a time. */
export class Picks {
  items = $state.raw<Picked[]>([]);
  /** How many files were too many, in the last choice. */
  leftOut = $state.raw(0);
  #files = new Map<number, File>();
  #aborts = new Map<number, AbortController>();
  #working = false;
  #next = 0;

  constructor(private readonly options: PicksOptions) {}

  get most(): number {
    return this.options.most ?? mostFiles;
  }

  get stored(): Attachment[] {
    return this.items.flatMap((p) => p.stored ?? []);
  }

  /** Some are not stored yet, or could not be: a message sent now would lack them. */
  get unfinished(): boolean {
    return this.items.some((p) => p.state !== 'stored');
  }

  /** Something is on its way, or was refused: it is waited for, or taken away, before the message is sent. */
  get pressing(): boolean {
    return this.items.some((p) => p.state !== 'stored' && p.state !== 'held' && p.problem !== 'offline');
  }

  get failed(): boolean {
    return this.items.some((p) => p.state === 'failed');
  }

  /** Takes files, and gives what it took; `bytes` is the most of one that whoever gets it takes, where that is less than what may be stored. */
  take(files: File[], bytes = Infinity): Picked[] {
    const taken = files.slice(0, Math.max(0, this.most - this.items.length));
    this.leftOut = files.length - taken.length;
    const added = taken.map((file): Picked => {
      const key = this.#next++;
      this.#files.set(key, file);
      // What is held is looked at now: after it was sent nothing can be chosen in its place.
      const large = file.size > Math.min(bytes, this.options.limit() ?? Infinity);
      return { key, name: file.name, part: 0, ...(large ? { state: 'failed', problem: 'large' } : { state: this.options.holds?.(file) ? 'held' : 'waiting' }) };
    });
    this.items = [...this.items, ...added];
    void this.#work();
    return added;
  }

  /** Takes files that are stored already. */
  adopt(stored: Attachment[]): void {
    this.items = [...this.items, ...stored.map((file): Picked => ({ key: this.#next++, name: file.name, state: 'stored', part: 1, stored: file }))];
  }

  /** Hands over what is sent with a message, and forgets it: what was stored already, and what is still to be. */
  hand(): { stored: Attachment[]; files: File[] } {
    const { stored } = this;
    const files = this.items.flatMap((p) => (p.stored ? [] : (this.#files.get(p.key) ?? [])));
    this.clear();
    return { stored, files };
  }

  /** The file as it will be sent. */
  file(key: number): File | undefined {
    return this.#files.get(key);
  }

  /** Puts another file in the place of one; what was sent of that one is not used. */
  replace(key: number, file: File): void {
    if (!this.#files.has(key)) return;
    this.#files.set(key, file);
    this.#aborts.get(key)?.abort();
    this.#set(key, { name: file.name, state: this.options.holds?.(file) ? 'held' : 'waiting', part: 0, stored: undefined, problem: undefined });
    void this.#work();
  }

  retry(key: number): void {
    this.#set(key, { state: 'waiting', part: 0, problem: undefined });
    void this.#work();
  }

  /** The connection is back. What failed may have failed with the one before. */
  resume(): void {
    for (const p of this.items) if (p.problem === 'offline' || p.problem === 'failed') this.retry(p.key);
  }

  drop(key: number): void {
    this.leftOut = 0;
    this.items = this.items.filter((p) => p.key !== key);
    this.#files.delete(key);
    this.#aborts.get(key)?.abort();
  }

  clear(): void {
    for (const { key } of this.items) this.drop(key);
  }

  #set(key: number, change: Partial<Picked>): void {
    this.items = this.items.map((p) => (p.key === key ? { ...p, ...change } : p));
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    for (let item; (item = this.items.find((p) => p.state === 'waiting')); ) {
      const { key } = item;
      const abort = new AbortController();
      this.#aborts.set(key, abort);
      const end = await this.#send(key, this.#files.get(key)!, abort.signal);
      // What was given up is of a file that is not this one any more.
      if (!abort.signal.aborted) this.#set(key, end);
      this.#aborts.delete(key);
    }
    this.#working = false;
  }

  async #send(key: number, file: File, signal: AbortSignal): Promise<Partial<Picked>> {
    const end = await attempt(file, signal, this.options, (part) => this.#set(key, { state: 'sending', part }));
    return typeof end === 'string' ? { state: 'failed', problem: end } : { state: 'stored', stored: end };
  }
}
