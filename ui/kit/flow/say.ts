import { moneyText } from '../text/money.ts';
import { dayAndTime } from '../text/time.ts';
import type { Figure, Figures } from './wire.ts';

/** A stretch of a sentence; what is a figure stands apart, so that no name turns the line around. */
export interface Piece {
  text: string;
  figure?: boolean;
  /** A sum: it is what people look for. */
  sum?: boolean;
}

/** Microseconds since 1970, as times are written by. */
export const micros = (at: string): number => Date.parse(at) * 1000;

/** An instant as its reader says it; "" where there is none. */
export function when(at: string | null | undefined, tag: string): string {
  return at && !Number.isNaN(Date.parse(at)) ? dayAndTime(micros(at), tag) : '';
}

function figureText(f: Figure, tag: string): string {
  if (f.money) return moneyText(f.money, tag);
  return f.at ? when(f.at, tag) : (f.text ?? '');
}

/** The lines of a text, its places in braces filled in. A place without a figure stays empty. */
export function lines(text: string | undefined, figures: Figures | undefined, tag: string): Piece[][] {
  if (!text) return [];
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) =>
      // Authors part a place from the Chinese around it, for Latin names; a Chinese one stands without spaces.
      (tag[0] === 'z' ? line.replace(/ ?\{([\w.]+)\} ?/g, (place, name: string) => ((figures?.[name]?.text ?? '') < '一' ? place : place.trim())) : line).split(/\{([\w.]+)\}/).flatMap((part, i): Piece[] => {
        if (i % 2 === 0) return part === '' ? [] : [{ text: part }];
        const figure = figures?.[part];
        return figure ? [{ text: figureText(figure, tag), figure: true, sum: figure.money !== undefined }] : [];
      }),
    );
}

/** The same as one text, for a label. */
export function plain(text: string | undefined, figures: Figures | undefined, tag: string): string {
  return lines(text, figures, tag)
    .map((line) => line.map((p) => (p.figure ? `\u2068${p.text}\u2069` : p.text)).join(''))
    .join('\n');
}
