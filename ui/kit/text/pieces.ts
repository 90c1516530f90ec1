import { linkify } from './linkify.ts';

/** A part of a message: plain words, a link, or the place where a secret was. */
export type TextPiece = { text: string; href?: string } | { secret: string; last4?: string };

/** How a page says, in its language, that a secret of this class stood here. */
export type SayRemoved = (secret: string, last4?: string) => string;

// What the server puts where it took a secret out: ‹class› or ‹class ••••1111›.
const marker = () => /‹(pan|cvv|otp|seed|key|password|id)(?: ••••([^›]{0,4}))?›/gu;

export function textPieces(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let at = 0;
  for (const match of text.matchAll(marker())) {
    if (match.index > at) pieces.push(...linkify(text.slice(at, match.index)));
    pieces.push({ secret: match[1]!, ...(match[2] && { last4: match[2] }) });
    at = match.index + match[0].length;
  }
  if (at < text.length) pieces.push(...linkify(text.slice(at)));
  return pieces;
}

/** The same in one line of plain words, for previews. */
export function plainText(text: string, say: SayRemoved): string {
  return text.replace(marker(), (_, secret: string, last4?: string) => say(secret, last4));
}
