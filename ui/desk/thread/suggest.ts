/** What is being looked for at the caret: a macro behind a slash, or a colleague behind an at sign. */
export interface Asked {
  what: 'macro' | 'mention';
  query: string;
  /** Where the sign stands in the text. */
  from: number;
}

/**
 * Reads the words before the caret. A slash counts at the beginning of a word, so
 * that dates and addresses are left alone; an at sign anywhere but inside a word of
 * Latin letters, because Chinese puts no space before it.
 */
export function askedAt(text: string, caret: number, note: boolean): Asked | undefined {
  const before = text.slice(0, caret);
  const macro = /(?:^|\s)\/([^\s/]{0,40})$/u.exec(before);
  if (macro) return { what: 'macro', query: macro[1]!, from: caret - macro[1]!.length - 1 };
  const mention = note ? /(?:^|[^\w.])@([^\s@]{0,40})$/u.exec(before) : null;
  return mention ? { what: 'mention', query: mention[1]!, from: caret - mention[1]!.length - 1 } : undefined;
}

const mostNamed = 10;

/** Behind a name of letters with spaces between them another letter makes another name. */
function endsAt(name: string, after: string): boolean {
  return /\p{Script=Han}$/u.test(name) || !/^[\p{L}\p{N}_]/u.test(after);
}

/**
 * Who is named in a note: read from its words when it is sent, because a draft
 * keeps nothing but those. Where several have that name, it is whom its author
 * chose, or else all of them.
 */
export function mentionsIn(text: string, chosen: ReadonlyMap<string, string>, colleagues: readonly { id: string; name: string }[]): string[] {
  const people = [...[...chosen].map(([id, name]) => ({ id, name })), ...colleagues.filter((c) => !chosen.has(c.id))];
  const named = new Set<string>();
  // As where one is looked for: an address names nobody.
  for (const { index } of text.matchAll(/(?<![\w.])@/g)) {
    const words = text.slice(index + 1);
    const fit = people.filter(({ name }) => name !== '' && words.startsWith(name) && endsAt(name, words.slice(name.length)));
    const longest = Math.max(...fit.map(({ name }) => name.length));
    const same = fit.filter(({ name }) => name.length === longest);
    const picked = same.filter(({ id }) => chosen.has(id));
    for (const { id } of picked.length > 0 ? picked : same) named.add(id);
  }
  return [...named].slice(0, mostNamed);
}
