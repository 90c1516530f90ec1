// @vitest-environment node
import { expect, test } from 'vitest';
import { exactMoney, moneyText, signedText } from './money.ts';

const sum = (amount: string, currency: string) => ({ amount, currency, scale: amount.split('.')[1]?.length ?? 0 });

test.each([
  ['1234.50', 'EUR', 'en', '€1,234.50'],
  ['1234.50', 'EUR', 'de', '1.234,50\u00a0€'],
  ['699.00', 'CNY', 'zh-CN', '¥699.00'],
  ['-3.00', 'GBP', 'en', '−£3.00'],
  ['1500', 'JPY', 'en', '¥1,500'],
  ['0.00', 'EUR', 'en', '€0.00'],
  ['0.034500000000000000', 'ETH', 'en', 'ETH\u00a00.0345'],
  ['2.000000000000000000', 'ETH', 'en', 'ETH\u00a02.00'],
  ['0.000000000000000001', 'ETH', 'en', 'ETH\u00a00.000000000000000001'],
  ['12.500000', 'USDT', 'en', '12.50\u00a0USDT'],
  ['90071992547409931234.567890123456789012', 'ETH', 'en', 'ETH\u00a090,071,992,547,409,931,234.567890123456789012'],
])('%s %s in %s', (amount, currency, lang, want) => {
  expect(moneyText(sum(amount, currency), lang)).toBe(want);
});

test('with its direction, and exactly', () => {
  expect(signedText(sum('5.00', 'EUR'), 'in', 'en')).toBe('+€5.00');
  expect(signedText(sum('5.00', 'EUR'), 'out', 'en')).toBe('−€5.00');
  expect(exactMoney(sum('2.000000000000000000', 'ETH'))).toBe('2.000000000000000000 ETH');
});

test('where there is little room the rest is cut off, and said to be', () => {
  expect(moneyText(sum('0.007999244961778940', 'ETH'), 'en', 6)).toBe('ETH\u00a00.007999…');
  expect(moneyText(sum('0.500000000000000000', 'ETH'), 'en', 6)).toBe('ETH\u00a00.50');
  expect(moneyText(sum('12.34', 'EUR'), 'en', 1)).toBe('€12.34');
});

test('points are counted, and no money', () => {
  expect(moneyText(sum('3581', 'PTS'), 'en')).toBe('3,581\u00a0points');
  expect(moneyText(sum('-20', 'PTS'), 'zh-CN')).toBe('−20\u00a0积分');
});
