import { expect, test } from 'vitest';
import { acts, leastOf } from './actions.ts';
import { en } from './messages/en.ts';
import { zh } from './messages/zh.ts';

test('no rule is offered less than its acts need', () => {
  expect(leastOf([])).toBe(1);
  expect(leastOf(['freeze', 'notify'])).toBe(1);
  expect(leastOf(['freeze', 'refund'])).toBe(2);
  expect(leastOf(['recall', 'unfreeze'])).toBe(3);
});

test('every act has its words', () => {
  for (const words of [en, zh]) {
    expect(Object.keys(words.action_policy.act).sort()).toEqual([...acts].sort());
  }
});
