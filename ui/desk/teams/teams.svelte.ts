import type { Api } from '../shell/api.ts';
import { Items, type Item } from '../shell/items.ts';
import type { Duties } from './duties.ts';

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
  #items: Items<Team>;
  #me: string | undefined;
  #read = 0;

  constructor(private readonly api: Pick<Api, 'call'>) {
    this.#items = new Items(api, 'team');
  }

  open(me: string): void {
    this.#me = me;
    this.#read = 0;
    void this.refresh();
  }

  close(): void {
    this.#me = undefined;
    this.all = [];
    this.mine = [];
  }

  /** Reads what may have changed, unless that was done just now. */
  async refresh(): Promise<void> {
    const me = this.#me;
    if (me === undefined || Date.now() - this.#read < freshFor) return;
    this.#read = Date.now();
    try {
      const [all, own] = await Promise.all([this.#items.all(), this.api.call<Duties>('GET', `/v1/staff/${encodeURIComponent(me)}/duties`)]);
      if (this.#me !== me) return;
      this.all = all.sort((a, b) => a.value.name.localeCompare(b.value.name));
      this.mine = own.teams;
    } catch {
      // Names of teams are missing until they are asked for again.
      this.#read = 0;
    }
  }

  find(id: string | undefined): Item<Team> | undefined {
    return id ? this.all.find((t) => t.id === id) : undefined;
  }
}
