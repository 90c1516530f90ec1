/** The filters that the server knows, in the order of the page. */
export const filterKeys = ['from', 'assignee', 'status', 'team', 'channel', 'tag', 'language', 'has', 'is', 'customer', 'after', 'before', 'on'] as const;
export type FilterKey = (typeof filterKeys)[number];

/** A filter as it stands in the text, [start, end) of its UTF-16 units. */
export interface Part {
  start: number;
  end: number;
  key: FilterKey;
  values: string[];
}

const closing: Record<string, string> = { '"': '"', '＂': '＂', '“': '”', '„': '”', '「': '」', '『': '』', '«': '»' };

/** The filters in a text, as the server reads them; it alone judges whether they mean something. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < text.length; ) {
    const close = closing[text[at]!];
    const end = close === undefined ? -1 : text.indexOf(close, at + 1);
    if (end >= 0) {
      at = end + 1;
      continue;
    }
    const key = at === 0 || /\s/.test(text[at - 1]!) ? /^([a-z]+)[:：]/i.exec(text.slice(at, at + 12))?.[1]?.toLowerCase() : undefined;
    const known = key === 'lang' ? 'language' : filterKeys.find((k) => k === key);
    if (!key || !known) {
      at++;
      continue;
    }
    const [values, after] = valuesAt(text, at + key.length + 1);
    parts.push({ start: at, end: after, key: known, values });
    at = after;
  }
  return parts;
}

function valuesAt(text: string, at: number): [string[], number] {
  const values: string[] = [];
  let value = '';
  const take = () => {
    if (value.trim() !== '') values.push(value.trim());
    value = '';
  };
  for (; at < text.length && !/\s/.test(text[at]!); at++) {
    const close = closing[text[at]!];
    const end = close === undefined ? -1 : text.indexOf(close, at + 1);
    if (end >= 0) {
      value += text.slice(at + 1, end);
      at = end;
    } else if (text[at] === ',' || text[at] === '，') take();
    else value += text[at];
  }
  take();
  return [values, at];
}

export function valuesOf(text: string, key: FilterKey): string[] {
  return [...new Set(partsOf(text).flatMap((p) => (p.key === key ? p.values : [])))];
}

const written = (value: string) => (/[\s,，"＂“”„「」『』«»]/.test(value) ? `"${value.replaceAll('"', '')}"` : value);

/** The text with a filter set to some values; without any, without the filter. */
export function withValues(text: string, key: FilterKey, values: readonly string[]): string {
  let rest = text;
  for (const p of partsOf(text).reverse()) if (p.key === key) rest = `${rest.slice(0, p.start)} ${rest.slice(p.end)}`;
  rest = rest.replace(/\s+/g, ' ').trim();
  return values.length === 0 ? rest : `${rest} ${key}:${values.map(written).join(',')}`.trim();
}

export function toggled(values: readonly string[], value: string): string[] {
  const same = (v: string) => v.toLowerCase() === value.toLowerCase();
  return values.some(same) ? values.filter((v) => !same(v)) : [...values, value];
}

/** The words of a text, without its filters. */
export function wordsOf(text: string): string {
  return filterKeys.reduce((rest, key) => withValues(rest, key, []), text);
}

/** What a field such as q.5.16 points at: the text before, the part, and the text after. The server counts code points. */
export function pointed(text: string, field: string | undefined): [string, string, string] | undefined {
  const place = /^q\.(\d+)\.(\d+)$/.exec(field ?? '');
  if (!place) return undefined;
  const chars = Array.from(text);
  const [start, end] = [Number(place[1]), Number(place[2])];
  return [chars.slice(0, start).join(''), chars.slice(start, end).join(''), chars.slice(end).join('')];
}

/** A snippet in pieces, of which those that were found are marked. */
export function pieces(snippet: string, highlights: readonly { start: number; end: number }[]): { text: string; found: boolean }[] {
  const chars = Array.from(snippet);
  const all: { text: string; found: boolean }[] = [];
  let at = 0;
  const add = (to: number, found: boolean) => {
    if (to > at) all.push({ text: chars.slice(at, to).join(''), found });
    at = Math.max(at, to);
  };
  for (const { start, end } of highlights) {
    add(start, false);
    add(end, true);
  }
  add(chars.length, false);
  return all;
}

/** A day as filters write it. */
export function dayText(day: Date): string {
  return `${String(day.getFullYear()).padStart(4, '0')}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`;
}

export function dayOf(text: string): Date | undefined {
  const parts = /^(\d{4})[-/年](\d{1,2})[-/月](\d{1,2})日?$/.exec(text);
  return parts ? new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3])) : undefined;
}

/** The weeks of a month, each from the first day of the week in this language. */
export function weeksOf(month: Date, firstDay: number): Date[][] {
  const first = new Date(month.getFullYear(), month.getMonth(), 1);
  const back = (first.getDay() - firstDay + 7) % 7;
  const days = new Date(month.getFullYear(), month.getMonth() + 1, 0).getDate();
  return Array.from({ length: Math.ceil((back + days) / 7) }, (_, week) => Array.from({ length: 7 }, (_, day) => new Date(first.getFullYear(), first.getMonth(), 1 - back + week * 7 + day)));
}

/** On which day a week begins where this language is spoken: 0 is Sunday. */
export function firstDayOf(tag: string): number {
  const locale = new Intl.Locale(tag) as Intl.Locale & { getWeekInfo?: () => { firstDay: number }; weekInfo?: { firstDay: number } };
  return (locale.getWeekInfo?.() ?? locale.weekInfo)?.firstDay === 7 ? 0 : 1;
}
