import { expect, test } from 'vitest';
import { between, cover, remains, type Area } from './strokes.ts';

/** As much of a canvas as covering needs; jsdom has none. */
function canvas(at: (x: number, y: number) => [number, number, number]) {
  const pixels = new Map<string, string>();
  const read: number[] = [];
  const context = {
    fillStyle: '',
    getImageData(x: number, y: number, w: number, h: number) {
      const data = new Uint8ClampedArray(4 * w * h);
      for (let row = 0; row < h; row++) for (let column = 0; column < w; column++) data.set([...at(x + column, y + row), 255], 4 * (row * w + column));
      read.push(w, h);
      return { data };
    },
    fillRect(x: number, y: number, w: number, h: number) {
      for (let row = y; row < y + h; row++) for (let column = x; column < x + w; column++) pixels.set(`${column},${row}`, this.fillStyle);
    },
  };
  return { context: context as unknown as CanvasRenderingContext2D, pixels, read };
}

const area: Area = { x: 10, y: 20, w: 100, h: 30 };

test('every pixel of the area is drawn over, and none outside', () => {
  const { context, pixels } = canvas(() => [255, 255, 255]);
  cover(context, area);
  expect(pixels.size).toBe(area.w * area.h);
  for (const place of pixels.keys()) {
    const [x, y] = place.split(',').map(Number) as [number, number];
    expect(x >= 10 && x < 110 && y >= 20 && y < 50).toBe(true);
  }
});

test('whatever stands there, it is covered alike, and nothing of it is read', () => {
  const one = canvas(() => [255, 255, 255]);
  const figures = canvas((x, y) => ((x * 7 + y * 13) % 5 === 0 ? [0, 0, 0] : [250, 240, 90]));
  cover(one.context, area);
  cover(figures.context, area);
  expect([...one.pixels]).toEqual([...figures.pixels]);
  expect(new Set(one.pixels.values()).size).toBe(1);
  expect([...one.read, ...figures.read]).toEqual([]);
});

test('what is drawn stays within the picture, and the last crop is what remains', () => {
  const whole = { x: 0, y: 0, w: 100, h: 50 };
  expect(between({ x: 90, y: 45 }, { x: 500, y: -20 }, whole)).toEqual({ x: 90, y: 0, w: 10, h: 45 });
  expect(between({ x: 7, y: 7 }, { x: 7, y: 7 }, whole)).toEqual({ x: 7, y: 7, w: 1, h: 1 });
  expect(between({ x: 200, y: 200 }, { x: 300, y: 300 }, whole)).toEqual({ x: 99, y: 49, w: 1, h: 1 });
  const inner = { x: 10, y: 10, w: 20, h: 20 };
  expect(remains(100, 50, [])).toEqual(whole);
  expect(remains(100, 50, [{ what: 'crop', area: inner }, { what: 'cover', area: whole }])).toEqual(inner);
});
