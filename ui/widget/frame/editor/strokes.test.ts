import { expect, test } from 'vitest';
import { between, blockOf, cover, remains, type Area } from './strokes.ts';

/** As much of a canvas as covering needs; jsdom has none. */
function canvas(width: number, height: number, at: (x: number, y: number) => [number, number, number]) {
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
  return { context: context as unknown as CanvasRenderingContext2D, pixels, width, height };
}

const area: Area = { x: 10, y: 20, w: 100, h: 30 };

test('every pixel of the area is drawn over, and none outside', () => {
  const { context, pixels } = canvas(200, 100, () => [255, 255, 255]);
  cover(context, area, () => 0);
  expect(pixels.size).toBe(area.w * area.h);
  for (const place of pixels.keys()) {
    const [x, y] = place.split(',').map(Number) as [number, number];
    expect(x >= 10 && x < 110 && y >= 20 && y < 50).toBe(true);
  }
});

test('pictures that differ in what stands there are covered alike', () => {
  // A black stroke of a letter's width, here or there in the same block.
  const letter = (from: number) => canvas(200, 100, (x) => (x >= from && x < from + 3 ? [0, 0, 0] : [255, 255, 255]));
  const [one, other] = [letter(11), letter(15)];
  cover(one.context, area, () => 0);
  cover(other.context, area, () => 0);
  expect([...one.pixels]).toEqual([...other.pixels]);
});

test('the blocks change places', () => {
  const halves = () => canvas(200, 100, (x) => (x < 60 ? [0, 0, 0] : [255, 255, 255]));
  const [one, other] = [halves(), halves()];
  cover(one.context, area, () => 0);
  cover(other.context, area, (n) => n - 1);
  expect([...one.pixels]).not.toEqual([...other.pixels]);
});

test('a block is no smaller than a third of the area, and never fine', () => {
  expect(blockOf({ x: 0, y: 0, w: 300, h: 90 })).toBe(30);
  expect(blockOf({ x: 0, y: 0, w: 5, h: 5 })).toBe(12);
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
