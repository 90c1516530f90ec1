import { expect, test } from 'vitest';
import { fits, initials, matches } from './fuzzy.ts';

test.each([
  ['转交会话', 'zjhh'],
  ['王强', 'wq'],
  ['李静 VIP', 'lj vip'],
  ['Hand over', ''],
])('the letters of %s are %j', (text, want) => expect(initials(text)).toBe(want));

test('what fits better comes first', () => {
  const all = ['Resolve, or reopen', 'Write a reply', 'Reports', 'Search', 'Hand over'];
  const best = (query: string) => all.map((t) => [t, fits(t, query)] as const).filter(([, s]) => s > 0).sort((a, b) => b[1] - a[1])[0]?.[0];
  expect([best('rep'), best('reply'), best('reop'), best('hov'), best('xyz')]).toEqual(['Reports', 'Write a reply', 'Resolve, or reopen', 'Hand over', undefined]);
});

test.each([
  ['转交会话', '会话'],
  ['转交会话', 'zj'],
  ['王强', 'wq'],
  ['已解决', 'yjj'],
])('%s is found by %s', (text, query) => expect(fits(text, query)).toBeGreaterThan(0.5));

test('letters in another order do not fit', () => expect([matches('abc', 'cba'), matches('Snooze', 'zs')]).toEqual([0, 0]));
