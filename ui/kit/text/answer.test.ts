import { expect, test } from 'vitest';
import { answerText } from './answer.ts';

const at = Date.UTC(2026, 10, 2, 12, 43) * 1000;
const answer = (value: string, transaction?: { id: string; at?: number }) => ({ field: 'f', kind: 'transaction', label: 'Which?', value, ...(transaction && { transaction }) });

test('the time of a transaction is the reader’s', () => {
  const text = answerText(answer('128.92 EUR · Shop · 2026-11-02 12:43 UTC · twice', { id: 'tx1', at }), 'en-GB');
  expect(text).toMatch(/^128\.92 EUR · Shop · .*\d\d:43 · twice$/);
  expect(text).not.toMatch(/UTC|2026-11/);
});

test('any other answer is as it is', () => {
  expect(answerText(answer('2026-11-02 12:43 UTC'), 'en-GB')).toBe('2026-11-02 12:43 UTC');
  expect(answerText(answer('a · b', { id: 'tx1' }), 'en-GB')).toBe('a · b');
});
