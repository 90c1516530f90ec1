import type { Api } from '../shell/api.ts';
import { Items, type Item } from '../shell/items.ts';
import type { Duties, Skill } from './duties.ts';

export interface Team {
  name: string;
  description?: string;
}

/** What was read is read again when somebody wants to choose, and it is older than this. In milliseconds. */
const freshFor = 60_000;

/** The teams there are, and which of them one is in oneself. */
export class Teams {
  /** Those in use, by name. */
  all = $state.raw<Item<Team>[]>([]);
  mine = $state.raw<readonly string[]>([]);
  /** Those that somebody has or that are asked for, as far as one may know. */
  skills = $state.raw<readonly Skill[]>([]);
  #items: Items<Team>;
  #me: string | undefined;
  #read = 0;
  #knows = false;
  #turn = 0;

  constructor(private readonly api: Pick<Api, 'call'>) {
    this.#items = new Items(api, 'team');
  }

  /** knows: may read what others can do. */
  open(me: string, knows: boolean): void {
    this.#me = me;
    this.#knows = knows;
    this.#read = 0;
    void this.refresh();
  }

  close(): void {
    this.#me = undefined;
    this.all = [];
    this.mine = [];
    this.skills = [];
  }

  /** Reads what may have changed, unless that was done just now. */
  async refresh(): Promise<void> {
    const me = this.#me;
    if (me === undefined || Date.now() - this.#read < freshFor) return;
    const turn = ++this.#turn;
    this.#read = Date.now();
    try {
      const [all, own, known] = await Promise.all([
        this.#items.all(),
        this.api.call<Duties>('GET', `/v1/staff/${encodeURIComponent(me)}/duties`),
        this.#knows ? this.api.call<{ items: Skill[] }>('GET', '/v1/skills') : { items: [] },
      ]);
      // Another reading began later, and has what changed meanwhile.
      if (this.#me !== me || turn !== this.#turn) return;
      this.all = all.sort((a, b) => a.value.name.localeCompare(b.value.name));
      this.mine = own.teams;
      this.skills = known.items;
    } catch {
      // Names of teams are missing until they are asked for again.
      if (turn === this.#turn) this.#read = 0;
    }
  }

  /** Somebody changed one. */
  async stale(): Promise<void> {
    this.#read = 0;
    await this.refresh();
  }

  find(id: string | undefined): Item<Team> | undefined {
    return id ? this.all.find((t) => t.id === id) : undefined;
  }
}
