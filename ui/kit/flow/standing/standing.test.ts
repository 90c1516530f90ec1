import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import Card from '../Card.svelte';
import { words as flowEn } from '../words.en.ts';
import { words as flowZh } from '../words.zh.ts';
import type { Value } from '../wire.ts';
import { words as en } from './words.en.ts';
import { words as zh } from './words.zh.ts';

afterEach(cleanup);

const cny = (amount: string) => ({ amount, currency: 'CNY', scale: 2 });

test.each([
  ['en-GB', flowEn, en],
  ['zh-CN', flowZh, zh],
] as const)('what stands is told in the words of %s, which come after it', async (tag, m, w) => {
  const stop = { id: 'r1', scope: 'wallet', stops: 'debit', placed_by: 'customer', release: 'customer', why: 'customer_reports_fraud', expires_at: '2026-11-24T06:02:00Z' };
  const value: Value = { type: 'restrictions', restrictions: { there: true, own: true, items: [stop] } };
  const { rerender } = render(Card, { value, m, tag });
  expect(await screen.findByText(w.release.customer!)).toBeVisible();
  expect(screen.getByText(w.placedBy.customer!, { exact: false })).toHaveTextContent(`${w.stopWhy.customer_reports_fraud} ${w.until}`);
  expect(document.querySelector('time')).toHaveAttribute('datetime', '2026-11-24T06:02:00.000Z');
  expect(screen.getByText(m.stops.debit!)).toBeVisible();
  await rerender({ value: { type: 'limits', limits: { there: true, items: [{ period: 'day', max: cny('100.00'), used: cny('25.00'), raise: 'verify_income' }] } }, m, tag });
  expect(screen.getByRole('meter', { name: w.periods.day })).toHaveAttribute('value', '0.25');
  expect(screen.getByText(w.used('¥25.00', '¥100.00'))).toBeVisible();
  expect(screen.getByText(w.raise.verify_income!)).toBeVisible();
  await rerender({ value: { type: 'limits', limits: { there: true, items: [] } }, m, tag });
  expect(screen.getByText(w.noLimits)).toBeVisible();
});
