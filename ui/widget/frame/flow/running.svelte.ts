import type { Change } from '../../../kit/protocol/client.ts';
import { uuidv4 } from '../../../kit/protocol/ids.ts';
import { refOf, type Answer, type Offered, type Run, type View, type Walk } from '../../../kit/flow/wire.ts';
import type { Chat } from '../chat.svelte.ts';
import type { Form } from '../intake/form.ts';

/** Something that was seen, and what was said to it. */
export interface Passed {
  key: number;
  views: View[];
  /** What the customer answered, as it is shown. */
  said?: string;
}

/** What a walk begins with: a flow, or a run that was left. */
export type Begin = { flow: string; given?: Record<string, string>; conv?: string } | { id: string };

/** In milliseconds. What changes is told by the connection; a hint that was lost is made good by this. */
const lookAgain = 60_000;
const patience = 20_000;

/** Whoever kept the run says that it goes no further this way. */
class Refused extends Error {
  constructor(readonly status: number) {
    super(String(status));
  }
}

/** Asks Kefu about flows, as whoever holds the session of the connection. */
export async function ask<T>(chat: Chat, path: string, lang: string, body?: unknown): Promise<T> {
  const answer = await fetch(`/rt/${path}?lang=${encodeURIComponent(lang)}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Authorization: `Bearer ${chat.client.session}`, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(patience),
  });
  if (!answer.ok) throw new Refused(answer.status);
  return (await answer.json()) as T;
}

/** The payment that the card of a view is about; any other view is about itself: what was agreed to stays as it was shown. */
const cardOf = (v: View): unknown => (v.card === 'payment' && v.value ? refOf(v.value) : v);
const bare = (v: View): View => ({ ...v, card: undefined, value: undefined, problem: undefined, stuck: undefined });

export const offered = (chat: Chat, lang: string): Promise<Offered> => ask<Offered>(chat, 'flows', lang);

/** Somebody on the way through a flow. Kefu keeps the run; this is what is seen of it. */
export class Running {
  run = $state.raw<Run>();
  views = $state.raw<View[]>([]);
  passed = $state.raw<Passed[]>([]);
  busy = $state.raw(false);
  /** The last press did not get through; it is kept, and tried again as the same one. */
  failed = $state.raw(false);
  /** It cannot be begun, or is not theirs. */
  gone = $state.raw(false);
  #again: (() => Promise<void>) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #left = false;
  #keys = 0;
  /** The newest revision that the connection has told of. */
  #told = 0;
  #looking = false;
  readonly #stop: () => void;

  private lang: string;
  private readonly begin: Begin;

  constructor(
    private readonly chat: Chat,
    begin: Begin,
    /** What is asked instead where the flow is not to be had. */
    private readonly form?: Form,
  ) {
    this.lang = chat.parts.language;
    // The page asked for help with one payment.
    this.begin = 'flow' in begin && chat.about !== undefined ? { given: { payment: chat.about }, ...begin } : begin;
    this.#stop = chat.client.on((change) => this.#heard(change));
    void this.open();
  }

  #heard(change: Change): void {
    if (change.what === 'run' && change.run === this.run?.id) {
      this.#told = Math.max(this.#told, change.revision);
      if (change.revision > this.run.revision) void this.look();
    }
    // What was told while there was no connection, or dropped, nobody heard.
    if (change.what === 'welcome' || (change.what === 'inbox' && !change.conv)) void this.look();
  }

  /** Begins, or goes on where it was left. */
  open(): Promise<void> {
    const { begin } = this;
    return this.#do(() => ('id' in begin ? this.#ask(`runs/${encodeURIComponent(begin.id)}`) : this.#ask('runs', { ...begin, lang: this.lang })));
  }

  /** The language changed: everything is said anew. */
  speak(lang: string): void {
    if (lang === this.lang) return;
    this.lang = lang;
    void this.look();
  }

  get #attended(): boolean {
    return this.chat.shown && !document.hidden;
  }

  /** Asks what is so now, if somebody can see it: what is looked at counts as seen. */
  async look(): Promise<void> {
    const { run } = this;
    if (!run || this.busy || this.#looking || this.#left || !this.#attended) return;
    this.#looking = true;
    const told = this.#told;
    try {
      this.#take(await this.#ask(`runs/${encodeURIComponent(run.id)}`));
    } catch {
      this.#watch(); // The connection says what is the matter.
    } finally {
      this.#looking = false;
    }
    if (this.#told > told) this.#catchUp();
  }

  /** The connection told of something newer while it was being asked. */
  #catchUp(): void {
    if (this.run && this.#told > this.run.revision) void this.look();
  }

  /** Answers the step that asks; `said` is how the answer is shown. */
  async answer(a: Answer, said?: string): Promise<void> {
    const { run, busy } = this;
    if (!run || busy) return;
    const op = uuidv4();
    const step = this.views;
    await this.#do(async () => {
      try {
        const walk = await this.#ask(`runs/${encodeURIComponent(run.id)}/answers`, { op, ...a });
        this.#pass(a, step, said, walk);
        return walk;
      } catch (error) {
        // Another device was first, or the step is another one: what is so now is shown.
        if (error instanceof Refused && (error.status === 409 || error.status === 400)) return this.#ask(`runs/${encodeURIComponent(run.id)}`);
        throw error;
      }
    });
  }

  /** Tries again what did not get through. */
  tryAgain(): void {
    if (this.#again) void this.#do(this.#again as () => Promise<never>);
    else void this.open();
  }

  /** Nobody looks at it any more. The run itself goes on. */
  leave(): void {
    this.#left = true;
    this.#stop();
    clearTimeout(this.#timer);
  }

  #ask(path: string, body?: unknown): Promise<Walk> {
    return ask<Walk>(this.chat, path, this.lang, body);
  }

  async #do(work: () => Promise<Walk>): Promise<void> {
    this.busy = true;
    this.failed = false;
    this.#again = work as unknown as () => Promise<void>;
    try {
      this.#take(await work());
      this.#again = undefined;
      this.chat.about = undefined;
    } catch (error) {
      const final = error instanceof Refused && (error.status === 403 || error.status === 404);
      if (final && !this.run && this.form) return void this.chat.fill(this.form);
      this.gone = final;
      this.failed = !final;
    }
    this.busy = false;
    this.#watch();
    this.#catchUp();
  }

  #take({ run, views }: Walk): void {
    if (this.#left) return;
    const same = this.run?.revision === run.revision && this.run.id === run.id && this.run.state === run.state;
    this.run = run;
    // What is drawn already keeps what was typed into it.
    if (!same || JSON.stringify(views) !== JSON.stringify(this.views)) this.views = views;
    this.#watch();
  }

  /** What was answered moves up, and stays readable. */
  #pass(a: Answer, step: View[], said: string | undefined, walk: Walk): void {
    const last = step.at(-1);
    if (a.file || a.do === 'remove') return; // the step is the same
    if (a.do === 'back') {
      this.passed = this.passed.slice(0, -1);
      return;
    }
    // The same question again was not answered.
    if (walk.views.at(-1)?.problem && walk.run.step === last?.step) return;
    // A card that is drawn again, as it is now, need not stand twice below each other.
    const drawn = new Set(walk.views.map(cardOf));
    this.passed = [
      ...this.passed.map((p) => ({ ...p, views: p.views.map((v) => (drawn.has(cardOf(v)) ? bare(v) : v)) })),
      { key: this.#keys++, views: step.map((v) => (drawn.has(cardOf(v)) ? bare(v) : { ...v, problem: undefined, stuck: undefined })), said },
    ];
    if (walk.views.some((v) => v.forgets)) this.passed = this.passed.map((p) => (p.views.at(-1)?.type === 'text' ? { ...p, said: undefined } : p));
  }

  #watch(): void {
    clearTimeout(this.#timer);
    const { run } = this;
    if (this.#left || !run) return;
    if (run.state === 'working' || run.state === 'waiting') this.#timer = setTimeout(() => (this.#attended ? void this.look() : this.#watch()), lookAgain);
  }
}
