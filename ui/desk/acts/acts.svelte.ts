import type { Client } from '../../kit/protocol/client.ts';
import { codeOf } from '../inbox/inbox.svelte.ts';
import { Problem, type Api } from '../shell/api.ts';
import type { Sum } from '../../kit/text/money.ts';
import { ActsApi, isOver, type Act, type Giving, type Subject } from './act.ts';

/** While something is under way it is looked at this often, in milliseconds: without a connection, and with one, in case that a hint was lost. */
const pause = 5_000;
const lookAgain = 60_000;
const together = 150;

export type Wrong = { code: Problem['code']; why?: string };

/** What is done in the wallet for one conversation, and what may be done now. */
export class Acts {
  offers = $state.raw<string[]>();
  items = $state.raw<Act[]>();
  problem = $state<Problem['code']>();
  busy = $state.raw(false);
  /** What is about to be done: chosen, and then exactly as the wallet worked it out. */
  wish = $state.raw<{ act: string; about?: Subject; proposed?: Act }>();
  wrong = $state.raw<Wrong>();
  /** What one may give here; read when it is asked for. */
  giving = $state.raw<Giving>();
  readonly api: ActsApi;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #left = false;
  readonly #stop: (() => void) | undefined;

  constructor(
    api: Api,
    readonly conversation: string,
    /** Tells when something changed. */
    private readonly client?: Pick<Client, 'on' | 'state'>,
  ) {
    this.api = new ActsApi(api);
    this.#stop = client?.on((change) => {
      if (change.what === 'welcome' || (change.what === 'inbox' && !change.conv)) void this.read();
      // One step follows another: they are read together.
      if (change.what === 'act' && change.conv === conversation) this.#after(together);
    });
    void this.read();
  }

  leave(): void {
    this.#left = true;
    this.#stop?.();
    clearTimeout(this.#timer);
  }

  async read(): Promise<void> {
    this.problem = undefined;
    try {
      const [offers, items] = await Promise.all([this.offers ?? this.api.offers(), this.api.ofConversation(this.conversation)]);
      if (this.#left) return;
      this.offers = offers;
      this.items = items;
      this.#watch();
    } catch (error) {
      if (!this.#left) this.problem = codeOf(error);
    }
  }

  /** Something is chosen; nothing happens yet. */
  choose(act: string, about?: Subject): void {
    this.wrong = undefined;
    this.wish = { act, about };
  }

  /** Something is to be given: first it is told how much may be. */
  async give(): Promise<void> {
    this.choose('goodwill');
    this.giving = undefined;
    await this.#do(async () => {
      this.giving = await this.api.giving(this.conversation);
    });
  }

  drop(): void {
    this.wish = this.wrong = undefined;
  }

  /** Has the wallet work out what would happen. */
  async propose(reason: string, target?: string, amount?: Sum): Promise<void> {
    const { wish } = this;
    if (!wish) return;
    await this.#do(async () => {
      const { act, refused } = await this.api.propose(this.conversation, wish.act, reason, target, amount);
      if (refused) this.wrong = { code: 'forbidden', why: refused };
      else this.wish = { ...wish, proposed: act };
    });
  }

  /** Says yes to exactly what is shown, and has it done. True when it is under way. */
  async agree(a: Act): Promise<boolean> {
    return this.#do(async () => {
      let now = await this.api.confirm(a);
      if (now.may_start) now = await this.api.start(now);
      this.wish = undefined;
    });
  }

  /** Has something done that was agreed to. */
  start = (a: Act): Promise<boolean> => this.#do(() => this.api.start(a));
  cancel = (a: Act): Promise<boolean> => this.#do(() => this.api.cancel(a));

  async #do(work: () => Promise<unknown>): Promise<boolean> {
    this.busy = true;
    this.wrong = undefined;
    try {
      await work();
      void this.read();
      return true;
    } catch (error) {
      this.wrong = { code: codeOf(error), why: error instanceof Problem ? error.reason : undefined };
      return false;
    } finally {
      this.busy = false;
    }
  }

  #watch(): void {
    clearTimeout(this.#timer);
    const moving = this.items?.some((a) => !isOver(a) && a.state !== 'proposed');
    if (moving) this.#after(this.client?.state === 'open' ? lookAgain : pause);
  }

  #after(wait: number): void {
    clearTimeout(this.#timer);
    if (!this.#left) this.#timer = setTimeout(() => void (document.visibilityState === 'hidden' ? this.#after(pause) : this.read()), wait);
  }
}
