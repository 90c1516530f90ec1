import { describe, expect, test } from 'vitest';
import { actions, and, blankAction, tagsOf } from './automation.ts';

describe('conditions that grow', () => {
  test.each([
    [undefined, 'a', 'a'],
    ['  ', 'a', 'a'],
    ['a', 'b', 'a && b'],
    ['a || b', 'c', '(a || b) && c'],
    ['(a || b)', 'c', '(a || b) && c'],
    ['a ? b : c', 'd', '(a ? b : c) && d'],
  ])('%s and %s', (had, part, want) => expect(and(had, part)).toBe(want));
});

test('tags are told apart by commas of either form, each once', () => {
  expect(tagsOf(' refund, 退款，退款、 ,vip ')).toEqual(['refund', '退款', 'vip']);
});

test('every action begins as itself', () => {
  for (const what of actions) expect(blankAction(what).do).toBe(what);
});
