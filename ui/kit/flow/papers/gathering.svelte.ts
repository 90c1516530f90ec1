import type { Picked, Picks } from '../../files/picks.svelte.ts';
import type { Held } from './held.ts';
import type { Answer, FileGiven, FilesView, FileWant, View } from '../wire.ts';

/** How the page on which a step is drawn takes files. */
export interface Filing {
  /** An empty choice of files; undefined where it cannot be had now. */
  picks: () => Promise<Picks | undefined>;
  limits: () => { attachment_bytes: number; attachment_types?: string[] } | undefined;
  /** There is a connection. */
  online: () => boolean;
  /** The address at which a file that was given is read. */
  link: (id: string) => Promise<string>;
  /** Has a picture cut and covered, where it is held until somebody adds it. */
  edit?: (picks: Picks, key: number) => void;
  /** Where what is held is kept, so that a reload does not lose it. */
  held?: () => Promise<Held | undefined>;
}

/** What a step that asks for files stands on. */
export interface Around {
  view: View;
  busy: boolean;
  filing: Filing;
  onanswer: (a: Answer) => Promise<void> | void;
}

/** Why a file is not with the step: it was not stored, was not taken, or no answer came. */
export type Refusal = NonNullable<Picked['problem']> | 'no_answer' | (string & {});

/** A file that was taken away. */
export interface Gone {
  want: string;
  file: File;
}

const nothing: FilesView = { wants: [], given: [], least: 1, most: 0 };

/** As what a file is asked for; '' for anything else. */
export function sortOf(type: string): 'image' | 'pdf' | 'text' | '' {
  if (type.startsWith('image/')) return 'image';
  return type === 'application/pdf' ? 'pdf' : type.startsWith('text/') ? 'text' : '';
}

/** Whether a file may be what is wanted; of one whose type the browser does not know the server says so. */
function fitting(file: File, want: FileWant): boolean {
  return file.type === '' || want.takes.includes(sortOf(file.type) as 'image');
}

/**
 * The files of one step: those that are chosen here, until the run has them, and those
 * that it has. Each is stored, and then given, one after the other; the run tells what
 * it has, whoever gave it.
 */
export class Gathering {
  picks = $state.raw<Picks>();
  /** What every chosen file is for, by its key. */
  readonly #wants = new Map<number, string>();
  /** Why files that are stored were not taken, by their key. */
  refused = $state.raw<ReadonlyMap<number, Refusal>>(new Map());
  /** Files that were given, and are on their way out. */
  leaving = $state.raw<ReadonlySet<string>>(new Set());
  /** What was taken away; it can be given anew while this page has its bytes. */
  gone = $state.raw<readonly Gone[]>([]);
  /** The file that is taken away for good, if somebody says so once more. */
  doubted = $state.raw<string>();
  /** Of a choice: what had no place, and what is of no sort that is asked for. */
  leftOut = $state.raw<{ want: string; many: number; odd: string[] }>();
  /** Somebody wants to go on as soon as all is given. */
  going = $state.raw(false);
  /** They wanted to, and something was in the way. */
  stopped = $state.raw(false);
  /** What has just happened, for whoever does not see it. */
  said = $state.raw<{ what: 'given' | 'removed'; name: string }>();
  /** The bytes of what was given here, so that pictures of it can be shown. */
  readonly shown = new Map<string, File>();
  /** The choice is opened once, whoever brings something first. */
  #opening?: Promise<Picks | undefined>;
  #working = false;
  #left = false;
  /** Where what is held is kept, once it was looked for there: nothing takes its place before. */
  #held?: Held;
  /** What is kept there. */
  #marks = '';

  constructor(private readonly around: Around) {}

  get files(): FilesView {
    return this.around.view.files ?? nothing;
  }

  /** What the run has, without what is on its way out. */
  get kept(): FileGiven[] {
    return this.files.given.filter((f) => !this.leaving.has(f.id));
  }

  get #items(): Picked[] {
    return this.picks?.items ?? [];
  }

  #want(id: string | undefined): FileWant | undefined {
    return this.files.wants.find((w) => w.id === id);
  }

  /** What is chosen and not given yet. */
  get open(): Picked[] {
    return this.#items.filter((p) => !this.files.given.some((f) => f.id === p.stored?.id));
  }

  /** Of that, what is for one thing. */
  chosen(want: string): Picked[] {
    return this.open.filter((p) => this.#wants.get(p.key) === want);
  }

  problem(p: Picked): Refusal | undefined {
    return p.problem ?? this.refused.get(p.key);
  }

  /** How many more may be chosen for one thing. */
  room(want: FileWant): number {
    const of = this.files.given.filter((f) => f.want === want.id).length + this.chosen(want.id).length;
    const all = this.files.given.length + this.open.length;
    return Math.max(0, Math.min(want.most - of, this.files.most - all));
  }

  /** How many are still needed for one thing, beside those that are chosen. */
  lacks(want: FileWant): number {
    const good = this.chosen(want.id).filter((p) => !this.problem(p)).length;
    return Math.max(0, want.least - this.kept.filter((f) => f.want === want.id).length - good);
  }

  /** How many are still needed in all. */
  get lacking(): number {
    const good = this.open.filter((p) => !this.problem(p)).length;
    const each = this.files.wants.reduce((sum, w) => sum + this.lacks(w), 0);
    return Math.max(each, this.files.least - this.kept.length - good, 0);
  }

  /** Something could not be given: it is taken away or tried again before one goes on. */
  get hindered(): boolean {
    return this.open.some((p) => this.problem(p) !== undefined);
  }

  async #opened(): Promise<Picks | undefined> {
    this.#opening ??= this.around.filing.picks();
    try {
      this.picks = await this.#opening;
    } finally {
      // What could not be had now is asked for anew.
      if (!this.picks) this.#opening = undefined;
    }
    return this.picks;
  }

  async take(want: FileWant, files: File[]): Promise<Picked[]> {
    if (files.length === 0) return [];
    this.stopped = false;
    const picks = await this.#opened();
    if (!picks || this.#left) return [];
    const fits = files.filter((f) => fitting(f, want));
    const odd = files.filter((f) => !fits.includes(f)).map((f) => f.name);
    const taken = fits.slice(0, this.room(want));
    this.leftOut = taken.length < files.length ? { want: want.id, many: fits.length - taken.length, odd } : undefined;
    const added = picks.take(taken, this.files.bytes);
    for (const { key } of added) this.#wants.set(key, want.id);
    picks.items = [...picks.items];
    return added;
  }

  /** Takes up again what was held here before the page was read anew. */
  async restore(): Promise<void> {
    const held = await this.around.filing.held?.();
    if (!held) return;
    const { step } = this.around.view;
    const before = [...(await held.get())].filter(([key]) => key.startsWith(`${step}/`));
    if (this.#left) return;
    for (const [key, file] of before) {
      const want = this.#want(key.split('/')[1]);
      if (want) await this.take(want, [file]);
    }
    this.#held = held;
    this.#marks = marks(before);
    this.remember();
  }

  /** Keeps what is held as it is now. */
  remember(): void {
    if (!this.#held || this.#left) return;
    const held = this.open.flatMap(({ key, state, problem }): [string, File][] => {
      const file = state !== 'stored' && problem !== 'large' && this.picks?.file(key);
      return file ? [[`${this.around.view.step}/${this.#wants.get(key)}/${key}`, file]] : [];
    });
    const now = marks(held);
    if (now !== this.#marks) void this.#held.put(new Map(held));
    this.#marks = now;
  }

  /** The first thing for which such a file may still be given. */
  place(file: File): FileWant | undefined {
    return this.files.wants.find((w) => this.room(w) > 0 && fitting(file, w));
  }

  /** Sends what was held until somebody had looked at it, or what failed. */
  send(key: number): void {
    this.stopped = false;
    const item = this.#items.find((p) => p.key === key);
    if (item?.stored) {
      this.refused = without(this.refused, key);
      void this.work();
    } else this.picks?.retry(key);
  }

  drop(key: number): void {
    this.stopped = false;
    this.refused = without(this.refused, key);
    this.picks?.drop(key);
  }

  /** Takes a file away that was given: at once where it can be had back, else when it is said twice. */
  remove(file: FileGiven): void {
    this.stopped = false;
    if (!this.shown.has(file.id) && this.doubted !== file.id) {
      this.doubted = file.id;
      return;
    }
    this.doubted = undefined;
    this.leaving = new Set(this.leaving).add(file.id);
    void this.work();
  }

  /** Gives again what was taken away. */
  async back(gone: Gone): Promise<void> {
    this.gone = this.gone.filter((g) => g !== gone);
    const want = this.#want(gone.want);
    if (!want) return;
    // It was looked at before.
    this.#add(await this.take(want, [gone.file]));
  }

  /** Sends what is held of these. */
  #add(items: Picked[]): void {
    for (const p of items) if (p.state === 'held') this.picks?.retry(p.key);
  }

  /** Goes on with what is there, as soon as all of it was given. */
  goOn(): void {
    this.#add(this.#items);
    if (this.hindered || this.lacking > 0) {
      this.stopped = true;
      return;
    }
    this.stopped = false;
    this.going = true;
    void this.work();
  }

  /** Goes on without. What was chosen is forgotten with the step, and is still there where no answer came. */
  async skip(): Promise<void> {
    const { step } = this.around.view;
    await this.around.onanswer({ do: 'skip' });
    if (this.#left || this.around.view.step === step) return;
    this.picks?.clear();
    void this.#held?.put(new Map());
  }

  /** The connection is back. */
  resume(): void {
    this.refused = new Map([...this.refused].filter(([, why]) => why !== 'no_answer'));
    this.picks?.resume();
    void this.work();
  }

  /** Nobody looks at the step any more. */
  leave(): void {
    this.#left = true;
    this.picks?.clear();
  }

  /** Tells the run what there is to tell, one thing after the other. */
  async work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    await Promise.resolve(); // what it was called from is drawn first
    try {
      for (let next; !this.#left && !this.around.busy && (next = this.#next()); ) {
        await this.around.onanswer(next.answer);
        if (this.#left || !next.then()) break;
      }
    } finally {
      this.#working = false;
    }
  }

  #next(): { answer: Answer; then: () => boolean } | undefined {
    const given = new Set(this.files.given.map((f) => f.id));
    for (const p of this.#items) if (p.stored && given.has(p.stored.id)) this.#given(p);
    const out = this.files.given.find((f) => this.leaving.has(f.id));
    if (out) return { answer: { do: 'remove', text: out.id }, then: () => this.#went(out) };
    const item = this.#items.find((p) => p.state === 'stored' && !this.refused.has(p.key));
    const bytes = item && this.picks?.file(item.key);
    if (bytes) this.shown.set(item.stored!.id, bytes);
    if (item) return { answer: { do: 'give', text: this.#wants.get(item.key) ?? '', file: item.stored!.id }, then: () => this.#took(item) };
    if (!this.going) return undefined;
    if (this.hindered || this.#items.some((p) => p.problem)) this.#stop();
    else if (!this.picks?.unfinished) {
      this.going = false;
      return { answer: { do: 'go_on' }, then: () => true };
    }
    return undefined;
  }

  /** A file is gone; one that is still there, because no answer came, is shown again. */
  #went(out: FileGiven): boolean {
    this.leaving = new Set([...this.leaving].filter((id) => id !== out.id));
    if (this.files.given.some((f) => f.id === out.id)) return false;
    const file = this.shown.get(out.id);
    if (file) this.gone = [...this.gone, { want: out.want, file }];
    this.said = { what: 'removed', name: out.name };
    return true;
  }

  #stop(): void {
    this.going = false;
    this.stopped = true;
  }

  #took(item: Picked): boolean {
    if (this.files.given.some((f) => f.id === item.stored!.id)) {
      this.#given(item);
      return true;
    }
    this.refused = new Map(this.refused).set(item.key, this.around.view.problem ?? 'no_answer');
    return this.around.view.problem !== undefined;
  }

  #given(item: Picked): void {
    this.said = { what: 'given', name: item.name };
    this.refused = without(this.refused, item.key);
    this.picks?.drop(item.key);
  }
}

/** What tells one state of what is held from another. */
const marks = (files: [string, File][]) => files.map(([key, { size }]) => key + size).join();

function without<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  if (!map.has(key)) return map;
  return new Map([...map].filter(([k]) => k !== key));
}
