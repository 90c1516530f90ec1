import { textPieces, type TextPiece } from './pieces.ts';

/** A part of what staff write, with how it stands out: b, i, or code. */
export type RichPiece = TextPiece & { look?: '' | 'b' | 'i' | 'code' };

// **bold**, `code`, *italic* with what stands before it. No lookbehind: older browsers refuse to read it.
const marks = /\*\*([^*\n]+)\*\*|`([^`\n]+)`|(^|[^\w*])\*([^\s*][^*\n]*)\*(?![\w*])/;
const looks = ['', 'b', 'code', '', 'i'] as const;

/**
 * The subset of Markdown in which staff write: **bold**, *italic*, `code`, lines
 * that begin with a dash as points of a list. Addresses become links and always show
 * themselves. Everything else stands as it was typed, so that the text read plainly
 * says the same. What comes out is pieces, never HTML.
 */
export function richPieces(text: string): RichPiece[] {
  // Splitting gives the words between the marks, and after each the four parts of a mark.
  return text
    .replace(/^[-*] /gm, '• ')
    .split(marks)
    .flatMap((part, n) => (part ? textPieces(part).map((piece) => ({ ...piece, look: looks[n % 5] })) : []));
}
