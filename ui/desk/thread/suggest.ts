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

/** Who is named in a note: of those that were put in, those whose name still stands there. */
export function mentionsIn(text: string, named: ReadonlyMap<string, string>): string[] {
  return [...named].filter(([, name]) => text.includes(`@${name}`)).map(([id]) => id).slice(0, 10);
}
