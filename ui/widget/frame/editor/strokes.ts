/** A part of a picture, in its pixels. */
export interface Area {
  x: number;
  y: number;
  w: number;
  h: number;
}

export type Stroke = { what: 'cover'; area: Area } | { what: 'crop'; area: Area };

/** The part of a picture that remains after all crops, in the pixels of the original. */
export function remains(width: number, height: number, strokes: readonly Stroke[]): Area {
  return strokes.reduce<Area>((left, s) => (s.what === 'crop' ? s.area : left), { x: 0, y: 0, w: width, h: height });
}

/** Two corners as an area that lies within another, in whole pixels; at least one. */
export function between(a: { x: number; y: number }, b: { x: number; y: number }, within: Area): Area {
  const clamp = (v: number, from: number, size: number) => Math.min(Math.max(Math.round(v), from), from + size);
  const x = clamp(Math.min(a.x, b.x), within.x, within.w - 1);
  const y = clamp(Math.min(a.y, b.y), within.y, within.h - 1);
  const right = clamp(Math.max(a.x, b.x), x + 1, within.x + within.w - x - 1);
  const bottom = clamp(Math.max(a.y, b.y), y + 1, within.y + within.h - y - 1);
  return { x, y, w: right - x, h: bottom - y };
}

/** What a cover looks like: the same wherever it lies, and whatever is beneath. */
export const coverColour = '#20242b';

/**
 * Covers an area for good, in one colour. Nothing of what is drawn may depend on
 * what stood there: from averages, however coarse and whatever their order, a code
 * of a few figures is guessed back.
 */
export function cover(context: CanvasRenderingContext2D, { x, y, w, h }: Area): void {
  context.fillStyle = coverColour;
  context.fillRect(x, y, w, h);
}
