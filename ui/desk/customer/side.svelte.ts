import { codeOf } from '../inbox/inbox.svelte.ts';
import type { Api, Problem } from '../shell/api.ts';
import { everything, transactions, wallet, type Narrowed, type Transaction, type WalletView } from './wallet.ts';

type Part = 'view' | 'list' | 'more';

/** A customer's side of the wallet, as the panel shows it. Nothing of it is kept. */
export class WalletSide {
  view = $state.raw<WalletView>();
  items = $state.raw<Transaction[]>();
  next = $state<string>();
  problem = $state<Problem['code']>();
  listProblem = $state<Problem['code']>();
  busy = $state<Part>();
  narrowed = $state.raw<Narrowed>(everything);
  /** What was revealed, by field and object, until its time is over. */
  shown = $state.raw<Record<string, string>>({});

  #round = 0;
  #timers = new Set<ReturnType<typeof setTimeout>>();

  constructor(
    readonly api: Api,
    readonly customer: string,
  ) {
    void this.read();
  }

  leave(): void {
    this.#round++;
    for (const t of this.#timers) clearTimeout(t);
    this.shown = {};
  }

  async read(): Promise<void> {
    const round = ++this.#round;
    this.problem = undefined;
    this.busy = 'view';
    try {
      const view = await wallet(this.api, this.customer);
      if (round !== this.#round) return;
      this.view = view;
      await this.list();
    } catch (error) {
      if (round === this.#round) this.problem = codeOf(error);
    } finally {
      if (this.busy === 'view') this.busy = undefined;
    }
  }

  async narrow(to: Narrowed): Promise<void> {
    this.narrowed = to;
    await this.list();
  }

  async list(): Promise<void> {
    const round = ++this.#round;
    this.busy = 'list';
    this.listProblem = undefined;
    try {
      const page = await transactions(this.api, this.customer, this.narrowed);
      if (round !== this.#round) return;
      this.items = page.items;
      this.next = page.next;
    } catch (error) {
      if (round === this.#round) this.listProblem = codeOf(error);
    } finally {
      if (round === this.#round) this.busy = undefined;
    }
  }

  async more(): Promise<void> {
    if (!this.next || this.busy) return;
    const round = ++this.#round;
    this.busy = 'more';
    this.listProblem = undefined;
    try {
      const page = await transactions(this.api, this.customer, this.narrowed, this.next);
      if (round !== this.#round) return;
      // What came meanwhile moves the pages: the end of one is the beginning of the next.
      const known = new Set(this.items?.map((t) => t.id));
      this.items = [...(this.items ?? []), ...page.items.filter((t) => !known.has(t.id))];
      this.next = page.next;
    } catch (error) {
      if (round === this.#round) this.listProblem = codeOf(error);
    } finally {
      if (round === this.#round) this.busy = undefined;
    }
  }

  /** Shows a revealed field, and hides it when its time is over. */
  show(key: string, value: string, until: number): void {
    this.shown = { ...this.shown, [key]: value };
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.hide(key);
    }, Math.max(0, until / 1000 - Date.now()));
    this.#timers.add(timer);
  }

  hide(key: string): void {
    const { [key]: _, ...rest } = this.shown;
    this.shown = rest;
  }
}
