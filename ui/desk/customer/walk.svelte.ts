import type { Answer, Run, Walk } from '../../kit/flow/wire.ts';
import type { Change, Client } from '../../kit/protocol/client.ts';
import { uuidv4 } from '../../kit/protocol/ids.ts';
import { codeOf } from '../inbox/inbox.svelte.ts';
import { Problem, type Api } from '../shell/api.ts';

export interface FlowOffer {
  id: string;
  title: string;
  about: string;
}

/** How often the desk looks at a run while nothing can be told by the connection, in milliseconds: the customer may have answered. */
const atWork = 1_000;
const asked = 4_000;
const forNews = 15_000;
/** With a connection, in case that a hint was lost. */
const lookAgain = 60_000;

const inLang = (lang: string) => `?lang=${encodeURIComponent(lang)}`;
const ofConversation = (id: string) => `/v1/conversations/${encodeURIComponent(id)}/runs`;

export const over = (run: Run): boolean => run.state === 'ended' || run.state === 'handed_over' || run.state === 'expired';

/** What the customer of one conversation does for themselves, and staff with them. */
export class Walks {
  flows = $state.raw<FlowOffer[]>();
  runs = $state.raw<Run[]>();
  problem = $state<Problem['code']>();
  /** The run that is shown, or that is to be chosen from the flows. */
  walk = $state.raw<Walk>();
  choosing = $state.raw<{ payment?: string }>();
  busy = $state.raw(false);
  /** Why the last press did not get through. */
  wrong = $state<Problem['code'] | 'customer_only'>();
  #again: (() => Promise<Walk>) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #left = false;
  #reading: Promise<void> | undefined;
  readonly #stop: (() => void) | undefined;

  constructor(
    private readonly api: Api,
    readonly conversation: string,
    private readonly lang: string,
    /** The customer's: what they type is read in it. */
    private readonly theirs: string,
    /** Tells when something changed. */
    private readonly client?: Pick<Client, 'on' | 'state'>,
  ) {
    this.#stop = client?.on((change) => this.#heard(change));
    void this.read();
  }

  #heard(change: Change): void {
    if (change.what === 'welcome' || (change.what === 'inbox' && !change.conv)) {
      void this.read();
      if (this.walk) void this.#look(this.walk.run);
    }
    if (change.what !== 'run' || change.conv !== this.conversation) return;
    const known = this.runs?.find((r) => r.id === change.run);
    // How one ended is not told, and a look at the list leaves a record: what goes on is noted here.
    if (!known || (known.state !== change.state && change.state === 'ended')) void this.read();
    else if (known.state !== change.state) this.runs = this.runs?.map((r) => (r === known ? { ...r, state: change.state as Run['state'] } : r));
    const shown = this.walk?.run;
    if (shown?.id === change.run && change.revision > shown.revision) void this.#look(shown);
  }

  get open(): boolean {
    return this.walk !== undefined || this.choosing !== undefined;
  }

  leave(): void {
    this.#left = true;
    this.#stop?.();
    clearTimeout(this.#timer);
  }

  /** What may be begun, and what was. */
  read(): Promise<void> {
    return (this.#reading ??= this.#read().finally(() => (this.#reading = undefined)));
  }

  async #read(): Promise<void> {
    this.problem = undefined;
    try {
      const [flows, runs] = await Promise.all([
        this.flows ?? this.api.call<{ items: FlowOffer[] }>('GET', `/v1/flows${inLang(this.lang)}`).then((a) => a.items),
        this.api.call<{ items: Run[] }>('GET', `${ofConversation(this.conversation)}${inLang(this.lang)}`).then((a) => a.items),
      ]);
      if (this.#left) return;
      this.flows = flows;
      this.runs = runs;
    } catch (error) {
      if (!this.#left) this.problem = codeOf(error);
    }
  }

  /** Shows the flows that may be begun, about one payment or none. */
  choose(payment?: string): void {
    this.walk = this.wrong = undefined;
    this.choosing = { payment };
  }

  start(flow: string): void {
    const payment = this.choosing?.payment;
    void this.#do(async () => {
      const begun = await this.api.call<Walk>('POST', `${ofConversation(this.conversation)}${inLang(this.theirs)}`, { flow, ...(payment !== undefined && { payment }) });
      return this.theirs === this.lang ? begun : this.#get(begun.run.id);
    });
  }

  /** Shows a run that was begun. */
  show(id: string): void {
    this.wrong = this.choosing = undefined;
    void this.#do(() => this.#get(id));
  }

  async answer(a: Answer): Promise<void> {
    const run = this.walk?.run;
    if (!run || this.busy) return;
    const op = uuidv4();
    await this.#do(async () => {
      try {
        return await this.api.call<Walk>('POST', `/v1/runs/${encodeURIComponent(run.id)}/answers${inLang(this.lang)}`, { op, step: run.step, ...a });
      } catch (error) {
        const code = codeOf(error);
        // The customer was faster, or the step is another one: what is so now is shown.
        if (code === 'conflict' || code === 'invalid') return this.#get(run.id);
        throw error;
      }
    });
  }

  tryAgain(): void {
    if (this.#again) void this.#do(this.#again);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.walk = this.choosing = this.wrong = undefined;
    this.#again = undefined;
    void this.read();
  }

  #get(id: string): Promise<Walk> {
    return this.api.call('GET', `/v1/runs/${encodeURIComponent(id)}${inLang(this.lang)}`);
  }

  async #do(work: () => Promise<Walk>): Promise<void> {
    this.busy = true;
    this.wrong = undefined;
    this.#again = work;
    try {
      this.#take(await work());
      this.choosing = undefined;
      this.#again = undefined;
    } catch (error) {
      this.wrong = error instanceof Problem && error.code === 'forbidden' && this.walk?.views.at(-1)?.kind === 'confirm' ? 'customer_only' : codeOf(error);
    } finally {
      this.busy = false;
    }
  }

  #take(walk: Walk): void {
    if (this.#left) return;
    const was = this.walk;
    // What is drawn already keeps what was typed into it.
    if (!was || was.run.id !== walk.run.id || was.run.revision !== walk.run.revision || was.run.state !== walk.run.state) this.walk = walk;
    this.#watch(walk.run);
  }

  #watch(run: Run, soon?: number): void {
    clearTimeout(this.#timer);
    if (this.#left || over(run)) return;
    const wait = soon ?? (this.client?.state === 'open' ? lookAgain : run.state === 'working' ? atWork : run.state === 'asking' ? asked : forNews);
    this.#timer = setTimeout(() => void this.#look(run), wait);
  }

  async #look(run: Run): Promise<void> {
    if (this.#left || this.walk?.run.id !== run.id) return;
    if (this.busy || document.visibilityState === 'hidden') return this.#watch(run, asked);
    try {
      this.#take(await this.#get(run.id));
    } catch {
      this.#watch(run); // it is asked again; the last that is known stays
    }
  }
}
