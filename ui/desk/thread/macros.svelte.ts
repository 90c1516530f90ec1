import { matches } from '../palette/fuzzy.ts';
import type { Api, Conversation, Priority } from '../shell/api.ts';
import { Items, type Item } from '../shell/items.ts';

/** An answer that is kept for many. */
export interface Macro {
  name: string;
  texts?: { language: string; text: string }[];
  /** It writes a note, and no answer. */
  note?: boolean;
  then?: { status?: 'open' | 'waiting' | 'resolved'; priority?: Priority; code?: string; add_tags?: string[] };
}

/** Read again after so long, in milliseconds: what others change is there soon enough. */
const goodFor = 60_000;

/** The macros of the house and one's own, fetched when one is first looked for. */
export class Macros {
  all = $state.raw<Item<Macro>[]>([]);
  problem = $state(false);
  loading = $state(false);
  #items: Items<Macro>;
  #read = 0;

  constructor(api: Pick<Api, 'call'>) {
    this.#items = new Items(api, 'macro');
  }

  async load(): Promise<void> {
    if (this.loading || Date.now() - this.#read < goodFor) return;
    this.loading = true;
    try {
      this.all = (await this.#items.all()).sort((a, b) => a.value.name.localeCompare(b.value.name));
      this.#read = Date.now();
      this.problem = false;
    } catch {
      this.problem = this.all.length === 0;
    } finally {
      this.loading = false;
    }
  }

  /** Somebody changed one: they are read again when they are looked for. */
  stale(): void {
    this.#read = 0;
  }

  clear(): void {
    this.all = [];
    this.#read = 0;
  }

  find(query: string): Item<Macro>[] {
    if (query === '') return this.all.slice(0, 20);
    const scored = this.all.map((item) => ({ item, score: Math.max(matches(item.value.name, query), 0.3 * Math.max(0, ...(item.value.texts ?? []).map((t) => matches(t.text.slice(0, 200), query)))) }));
    return scored
      .filter((s) => s.score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, 20)
      .map((s) => s.item);
  }
}

/** What a macro says in the customer's language, or else in the desk's, or in what there is. */
export function textFor(macro: Macro, language: string | undefined, desk: string): string {
  const texts = macro.texts ?? [];
  const primary = (tag: string | undefined) => tag?.toLowerCase().split('-')[0];
  const pick = (wanted: string | undefined) => texts.find((t) => t.language.toLowerCase() === wanted?.toLowerCase()) ?? texts.find((t) => primary(t.language) === primary(wanted));
  return (pick(language) ?? pick(desk) ?? texts[0])?.text ?? '';
}

/** A Chinese name is one word, and is said whole. */
function firstName(name: string): string {
  return /\p{Script=Han}/u.test(name) ? name : (name.split(/\s+/)[0] ?? '');
}

/** Puts the fields in, letter for letter: what is put in is not looked through again. */
export function filled(text: string, c: Conversation, agent: string, nobody: string): string {
  const name = c.customer.name ?? '';
  const fields: Record<string, string> = {
    customer: name || nobody,
    first_name: firstName(name) || nobody,
    agent,
    reference: c.id.slice(0, 8).toUpperCase(),
  };
  return text.replace(/\{(customer|first_name|agent|reference)\}/g, (_, field: string) => fields[field]!);
}
