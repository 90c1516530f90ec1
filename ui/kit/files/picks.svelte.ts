import type { Attachment } from '../protocol/frames.ts';
import { UploadRefused, type Upload } from './upload.ts';

/** Full: the sender has as many files waiting to be sent as they may. */
export type Problem = 'offline' | 'large' | 'kind' | 'failed' | 'full';

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

export interface PicksOptions {
  upload: Upload;
  online: () => boolean;
  /** The largest file that is taken, in bytes. */
  limit: () => number | undefined;
  /** How many files are taken; a message's when it is left out. */
  most?: number;
  /** Which files are held until release; none when it is left out. */
  holds?: (file: File) => boolean;
  wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export const mostFiles = 10;
const mostTries = 10;
const longestWait = 20_000;

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()));
  });
}

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

  /** Something is on its way, or has failed: more than waiting to be released. */
  get pressing(): boolean {
    return this.items.some((p) => p.state !== 'stored' && p.state !== 'held');
  }

  get failed(): boolean {
    return this.items.some((p) => p.state === 'failed');
  }

  take(files: File[]): void {
    const taken = files.slice(0, Math.max(0, this.most - this.items.length));
    this.leftOut = files.length - taken.length;
    const added = taken.map((file): Picked => {
      const key = this.#next++;
      this.#files.set(key, file);
      return { key, name: file.name, state: this.options.holds?.(file) ? 'held' : 'waiting', part: 0 };
    });
    this.items = [...this.items, ...added];
    void this.#work();
  }

  /** Takes files that are stored already. */
  adopt(stored: Attachment[]): void {
    this.items = [...this.items, ...stored.map((file): Picked => ({ key: this.#next++, name: file.name, state: 'stored', part: 1, stored: file }))];
  }

  get held(): boolean {
    return this.items.some((p) => p.state === 'held');
  }

  /** Sends what was held. */
  release(): void {
    for (const p of this.items) if (p.state === 'held') this.#set(p.key, { state: 'waiting' });
    void this.#work();
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

  /** The connection is back. */
  resume(): void {
    for (const p of this.items) if (p.problem === 'offline') this.retry(p.key);
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
    const failed = (problem: Problem): Partial<Picked> => ({ state: 'failed', problem });
    const limit = this.options.limit();
    if (limit && file.size > limit) return failed('large');
    for (let tries = 0; tries < mostTries && !signal.aborted; tries++) {
      if (!this.options.online()) return failed('offline');
      this.#set(key, { state: 'sending', part: 0 });
      try {
        return { state: 'stored', stored: await this.options.upload(file, signal, (part) => this.#set(key, { part })) };
      } catch (error) {
        const { status, retryAfter } = error instanceof UploadRefused ? error : { status: 0, retryAfter: 0 };
        if (status === 413) return failed('large');
        if (status === 415) return failed('kind');
        if (status !== 429) return failed(this.options.online() ? 'failed' : 'offline');
        // What is long is not waited for: the message would wait too, and sending it is what makes room.
        if (retryAfter > longestWait) return failed('full');
        // Still "sending" to the person: the server is asked again by itself.
        await (this.options.wait ?? wait)(retryAfter || 1000, signal);
      }
    }
    return failed('failed');
  }
}
