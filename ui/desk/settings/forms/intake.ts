import { newId } from '../../shell/items.ts';

/** What a customer is asked before a person reads, as the setting is written. Texts are by language. */
export type Texts = Record<string, string>;

export const fieldKinds = ['choice', 'text', 'longtext', 'amount', 'when', 'transaction', 'counterparty', 'error', 'file', 'contact'] as const;
export type FieldKind = (typeof fieldKinds)[number];

export interface Option {
  id: string;
  label: Texts;
}

export interface Field {
  id: string;
  kind: FieldKind;
  label: Texts;
  help?: Texts | undefined;
  required?: boolean | undefined;
  choices?: Option[] | undefined;
  when?: { field: string; is: string[] } | undefined;
}

export interface IntakeForm {
  id: string;
  title: Texts;
  hint?: Texts | undefined;
  icon?: string | undefined;
  order?: number | undefined;
  person?: boolean | undefined;
  paused?: boolean | undefined;
  /** What whoever is signed in is led through instead. */
  flow?: string | undefined;
  fields: Field[];
  topic?: string | undefined;
  tags?: string[] | undefined;
  skills?: string[] | undefined;
  priority?: string | undefined;
}

export const languages = ['en', 'zh'] as const;
export const icons = ['card', 'clock', 'question', 'refund', 'key', 'shield', 'chat'] as const;
export const bounds = { fields: 12, choices: 20, title: 80, hint: 120, label: 120, help: 300, order: 1_000_000 };

/** A text with one language changed; what is emptied is not kept, and no text at all is undefined. */
export function withText(texts: Texts | undefined, language: string, text: string): Texts | undefined {
  const next = { ...texts, [language]: text };
  if (text === '') delete next[language];
  return Object.keys(next).length > 0 ? next : undefined;
}

/** A text as somebody who speaks a language reads it, as the server shows it to customers. */
export function inLanguage(texts: Texts | undefined, language: string): string {
  return texts?.[language] || texts?.en || Object.values(texts ?? {}).find(Boolean) || '';
}

/** Every text of a form that customers read. */
function textsOf(form: IntakeForm): (Texts | undefined)[] {
  return [form.title, form.hint, ...(form.fields ?? []).flatMap((f) => [f.label, f.help, ...(f.choices ?? []).map((c) => c.label)])];
}

/** How many texts are written in some language and not in this one. */
export function untranslated(form: IntakeForm, language: string): number {
  return textsOf(form).filter((t) => t && !t[language] && Object.values(t).some(Boolean)).length;
}

/** A short name for rules and reports, made of the title. */
export function nameOf(title: string): string {
  return title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
}

/**
 * The id of a new question or answer. It is never shown, and never that of one that
 * went: what was answered under that id means the one that went.
 */
export function freshId(prefix: string): string {
  return `${prefix}-${newId().slice(0, 8)}`;
}

/** A list with one element moved by a place; the same list at its ends. */
export function moved<T>(list: T[], at: number, by: -1 | 1): T[] {
  const to = at + by;
  if (to < 0 || to >= list.length) return list;
  const next = [...list];
  [next[at], next[to]] = [next[to]!, next[at]!];
  return next;
}

/** A form without one question, and without what depended on it. */
export function without(fields: Field[], at: number): Field[] {
  const gone = fields[at]!.id;
  return fields.filter((_, i) => i !== at).map((f) => (f.when?.field === gone ? { ...f, when: undefined } : f));
}

/** The choices that stand before a question: what it may depend on. */
export function earlier(fields: Field[], at: number): Field[] {
  return fields.slice(0, at).filter((f) => f.kind === 'choice');
}

/** A question of another kind: what only the old kind has is gone. */
export function asKind(field: Field, kind: FieldKind): Field {
  const choices = kind === 'choice' ? (field.choices ?? [{ id: freshId('a'), label: {} }, { id: freshId('a'), label: {} }]) : undefined;
  return { ...field, kind, choices };
}

/**
 * The orders to save, so that an element stands one place further up or down. As a
 * rule it is one; all are numbered anew when there is no room between its neighbours.
 */
export function reordered(orders: number[], at: number, by: -1 | 1): { at: number; order: number }[] {
  const to = at + by;
  if (to < 0 || to >= orders.length) return [];
  const rest = orders.filter((_, i) => i !== at);
  const [before, after] = [to > 0 ? rest[to - 1]! : -1, to < rest.length ? rest[to]! : rest.at(-1)! + 20];
  const order = Math.floor((Math.max(before, 0) + after) / 2);
  const sorted = rest.every((o, i) => i === 0 || rest[i - 1]! < o);
  if (sorted && order > before && order < after && order <= bounds.order) return [{ at, order }];
  const places = orders.map((_, i) => i);
  places.splice(at, 1);
  places.splice(to, 0, at);
  return places.flatMap((place, i) => (orders[place] === (i + 1) * 10 ? [] : [{ at: place, order: (i + 1) * 10 }]));
}
