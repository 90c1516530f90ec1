import { matches } from '../palette/fuzzy.ts';
import type { Api } from '../shell/api.ts';
import { Items, type Item } from '../shell/items.ts';

/** What a conversation was about, or how it ended. */
export interface Code {
  name: string;
  /** By BCP 47 tags. */
  translations?: Record<string, string>;
  group?: string;
  /** Of the group, by BCP 47 tags; a code without any stands under those of another one. */
  group_translations?: Record<string, string>;
  order?: number;
  /** Without any it is for all. */
  teams?: string[];
  channels?: string[];
}

/** What a code has to be for. */
export interface About {
  team?: string;
  channel: string;
}

/** Read again after so long, in milliseconds. */
const goodFor = 60_000;

/** The wrap-up codes of the house, fetched when they are first needed. */
export class Codes {
  all = $state.raw<Item<Code>[]>([]);
  /** Out of use: conversations may still have them. */
  #old = $state.raw<Item<Code>[]>([]);
  /** Whoever resolves has to choose one, where there is one. */
  required = $state(false);
  problem = $state(false);
  #read = 0;
  #reading: Promise<void> | undefined;
  #items: Items<Code>;

  constructor(private readonly api: Pick<Api, 'call'>) {
    this.#items = new Items(api, 'wrap_up_code');
  }

  load(): Promise<void> {
    if (Date.now() - this.#read < goodFor) return Promise.resolve();
    this.#reading ??= this.#load().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** Somebody changed one: those that were read are read again. */
  async stale(): Promise<void> {
    const needed = this.#read > 0 || this.#reading !== undefined;
    await this.#reading;
    this.#read = 0;
    if (needed) await this.load();
  }

  async #load(): Promise<void> {
    try {
      const [all, old, rule] = await Promise.all([
        this.#items.all(),
        this.api.call<{ items: Item<Code>[] }>('GET', '/v1/settings/wrap_up_code', undefined, { archived: 'true' }),
        this.api.call<{ value: { required?: boolean } }>('GET', '/v1/settings/wrap_up'),
      ]);
      this.all = all.sort((a, b) => (a.value.order ?? 0) - (b.value.order ?? 0) || a.value.name.localeCompare(b.value.name));
      this.#old = old.items;
      this.required = rule.value.required === true;
      this.problem = false;
      this.#read = Date.now();
    } catch {
      this.problem = this.all.length === 0;
    }
  }

  clear(): void {
    this.all = [];
    this.#old = [];
    this.required = false;
    this.#read = 0;
  }

  /** What a code is called; '' for one that is not known. */
  name(id: string | undefined, language: string): string {
    const found = id && [...this.all, ...this.#old].find((c) => c.id === id);
    return found ? nameIn(found.value, language) : '';
  }

  /** Those that fit all of some conversations. */
  fitting(some: readonly About[]): Item<Code>[] {
    return this.all.filter(({ value: c }) => some.every((a) => isFor(c.teams, a.team) && isFor(c.channels, a.channel)));
  }

  /** Whether one has to be chosen for any of some conversations. */
  needed(some: readonly About[]): boolean {
    return this.required && some.some((a) => this.fitting([a]).length > 0);
  }
}

const isFor = (all: readonly string[] | undefined, one: string | undefined) => !all?.length || all.includes(one ?? '');

const inLanguage = (texts: Record<string, string> | undefined, language: string) => texts?.[language] ?? texts?.[language.split('-')[0]!];

export const nameIn = (code: Code, language: string): string => inLanguage(code.translations, language) ?? code.name;

/** What the group of a code is called, by its own words or by those of another code of it. */
export function groupIn(code: Code, codes: readonly Item<Code>[], language: string): string {
  const words = (c: Code) => inLanguage(c.group_translations, language);
  return words(code) ?? codes.filter((c) => c.value.group === code.group).map((c) => words(c.value)).find(Boolean) ?? code.group ?? '';
}

/** The codes that what was typed finds, by their names in any language and by their groups; the best first, or in their order. */
export function findCodes(codes: readonly Item<Code>[], query: string): Item<Code>[] {
  if (query.trim() === '') return [...codes];
  const groupWords = ({ group }: Code) => (group ? [group, ...codes.filter((o) => o.value.group === group).flatMap((o) => Object.values(o.value.group_translations ?? {}))] : []);
  const score = ({ value: c }: Item<Code>) => Math.max(matches(c.name, query), ...Object.values(c.translations ?? {}).map((t) => matches(t, query)), ...groupWords(c).map((g) => 0.5 * matches(g, query)));
  return codes
    .map((item) => ({ item, score: score(item) }))
    .filter((f) => f.score > 0)
    .sort((a, b) => b.score - a.score)
    .map((f) => f.item);
}
