import { expect, test } from 'vitest';
import { heardOf } from './left.ts';

test('a minute is read aloud in five sentences, and never as more than a step ahead of what is left', () => {
  const said = Array.from({ length: 91 }, (_, i) => heardOf(90 - i));
  expect([...new Set(said)]).toEqual([120, 60, 30, 10, 5, 0]);
  expect(said.every((heard, i) => heard >= 90 - i)).toBe(true);
});
