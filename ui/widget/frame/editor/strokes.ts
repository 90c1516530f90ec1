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

/** The side of the blocks that an area is covered with: a line of text has hardly two, one above the other. */
export function blockOf({ w, h }: Area): number {
  return Math.max(12, Math.ceil(Math.min(w, h) / 3));
}

/**
 * Covers an area for good. Averages alone can be guessed back, letter by letter;
 * so the blocks change places at random, and their colours are made coarse. What
 * is left tells how the area looked from afar, and nothing of what stood there.
 */
export function cover(context: CanvasRenderingContext2D, area: Area, random: (n: number) => number): void {
  const { x, y, w, h } = area;
  const side = blockOf(area);
  const { data } = context.getImageData(x, y, w, h);
  const colours: string[] = [];
  const places: [number, number][] = [];
  for (let top = 0; top < h; top += side) {
    for (let left = 0; left < w; left += side) {
      places.push([left, top]);
      colours.push(average(data, w, left, top, Math.min(left + side, w), Math.min(top + side, h)));
    }
  }
  for (let i = colours.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [colours[i], colours[j]] = [colours[j]!, colours[i]!];
  }
  places.forEach(([left, top], i) => {
    context.fillStyle = colours[i]!;
    context.fillRect(x + left, y + top, Math.min(side, w - left), Math.min(side, h - top));
  });
}

function average(data: Uint8ClampedArray, width: number, left: number, top: number, right: number, bottom: number): string {
  const sum = [0, 0, 0];
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      for (let c = 0; c < 3; c++) sum[c]! += data[4 * (row * width + column) + c]!;
    }
  }
  const count = (right - left) * (bottom - top);
  return `rgb(${sum.map((s) => 32 * Math.round(s / count / 32)).join()})`;
}

/** A whole number below n, that nobody can guess. */
export function secure(n: number): number {
  const [value] = crypto.getRandomValues(new Uint32Array(1));
  return value! % n;
}
