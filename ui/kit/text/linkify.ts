export type Piece = { text: string; href?: string };

// Plain http and https addresses alone. Chinese punctuation ends an address,
// because nobody puts a space after it.
const address = () => /https?:\/\/[^\s<>"'`‹›“”‘’，。！？；：、（）《》【】]+/giu;

/** Takes off what is punctuation of the sentence and not part of the address. */
function trimEnd(url: string): string {
  let end = url.length;
  for (;;) {
    const last = url[end - 1]!;
    if (/[.,!?;:'"*_~]/.test(last)) end--;
    else if (last === ')' && !url.slice(0, end).includes('(')) end--;
    else return url.slice(0, end);
  }
}

/** Splits a text into plain pieces and links; a link's text is always its own address. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(address())) {
    const shown = trimEnd(match[0]);
    const href = safe(shown);
    if (!href) continue;
    if (match.index > at) pieces.push({ text: text.slice(at, match.index) });
    pieces.push({ text: shown, href });
    at = match.index + shown.length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at) });
  return pieces;
}

/** The address when it is http or https and hides no name or password before the host. */
function safe(text: string): string | undefined {
  try {
    const url = new URL(text);
    if ((url.protocol !== 'http:' && url.protocol !== 'https:') || url.username || url.password) return undefined;
    return url.href;
  } catch {
    return undefined;
  }
}
