import { ActsApi, type Act } from '../acts/act.ts';
import { Problem, type Api } from '../shell/api.ts';
import { SettingsApi, type Approval } from './api.ts';

/** Changes of a moment are read together; in milliseconds. */
const settles = 300;
/** A timer takes no longer wait. */
const longest = 2_000_000_000;

/** Of what waits one sees: changes of the settings, of staff and of keys; and acts in the wallet. */
export interface Sees {
  changes: boolean;
  acts: boolean;
}

/** What waits for a second person, as far as one may see it: read anew whenever something of it changed. */
export class Waiting {
  all = $state.raw<Approval[]>([]);
  acts = $state.raw<Act[]>([]);
  /** Grows whenever something was read. */
  readings = $state(0);
  #settings: SettingsApi;
  #acts: ActsApi;
  #sees: Sees = { changes: true, acts: false };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #open = false;
  #reading: Promise<void> | undefined;
  #again = false;

  constructor(
    api: Pick<Api, 'call'>,
    private readonly now: () => number = Date.now,
  ) {
    this.#settings = new SettingsApi(api);
    this.#acts = new ActsApi(api);
  }

  /** How many one may decide. */
  get count(): number {
    return this.all.filter((a) => a.may_decide).length + this.acts.filter((a) => a.may_decide).length;
  }

  open(sees: Sees = { changes: true, acts: false }): void {
    this.#sees = sees;
    this.#open = true;
    void this.read();
  }

  close(): void {
    this.#open = this.#again = false;
    clearTimeout(this.#timer);
    this.all = [];
    this.acts = [];
  }

  /** Something changed. */
  stale(): void {
    if (this.#open) this.#later(settles);
  }

  /** Reads it now; while it is being read, once more. */
  read(): Promise<void> {
    if (this.#reading) this.#again = true;
    else this.#reading = this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<void> {
    do {
      this.#again = false;
      if (!this.#open) return;
      clearTimeout(this.#timer);
      try {
        const [all, acts] = await Promise.all([this.#sees.changes ? this.#settings.approvals() : [], this.#sees.acts ? this.#actsThatWait() : []]);
        if (!this.#open) return;
        this.all = all;
        this.acts = acts;
        this.readings++;
        // What nobody decides ends by itself, and nothing is told of it.
        const ends = Math.min(...[...all, ...acts].map((a) => (a.expires_at ?? Infinity) / 1000));
        if (Number.isFinite(ends)) this.#later(Math.min(longest, Math.max(settles, ends - this.now() + settles)));
      } catch {
        // The next change, or the next connection, reads it.
      }
    } while (this.#again);
  }

  async #actsThatWait(): Promise<Act[]> {
    try {
      return await this.#acts.waiting();
    } catch (error) {
      if (error instanceof Problem && error.code === 'not_found') return []; // there is no wallet
      throw error;
    }
  }

  #later(wait: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.read(), wait);
  }
}
