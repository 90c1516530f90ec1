/**
 * Shows what a date or time field holds in the page's language: "28 Oct 2026", "2026年10月28日",
 * "09:00". The browser writes such a field in its own language, which need not be the
 * page's. While it is typed in, it is the browser's again. Use it as an attachment;
 * the words are drawn by the desk's style sheet.
 */
export function spelled(value: string | undefined, tag: string): (input: HTMLInputElement) => void {
  return (input) => {
    // Only Chromium draws words before such a field, and only its writing strays from the reader's.
    if ('userAgentData' in navigator) input.dataset.shown = spell(input.type, value ?? '', tag);
  };
}

/** The words for a value as such a field holds it: 2026-10-28 or 09:00. */
export function spell(type: string, value: string, tag: string): string {
  if (type === 'time') return value.slice(0, 5) || '--:--';
  const at = Date.parse(`${value}T00:00Z`);
  if (Number.isNaN(at)) return blank(tag);
  return new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeZone: 'UTC' }).format(at);
}

/** What an empty date asks for, in the order of the language. */
function blank(tag: string): string {
  const names = new Intl.DisplayNames(tag, { type: 'dateTimeField', style: 'short' });
  const parts = new Intl.DateTimeFormat(tag, { day: '2-digit', month: '2-digit', year: 'numeric', timeZone: 'UTC' }).formatToParts(0);
  return parts.map(({ type, value }) => (type === 'literal' ? value : (names.of(type as 'day') ?? value))).join('');
}
