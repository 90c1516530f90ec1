import { expect, test } from 'vitest';
import { duration, presetDates, rangeOf, satisfied, tableAddress } from './api.ts';

test('presets end today', () => {
  expect(presetDates('week', new Date(2026, 2, 3))).toEqual({ from: '2026-02-25', to: '2026-03-03' });
  expect(presetDates('today', new Date(2026, 2, 3))).toEqual({ from: '2026-03-03', to: '2026-03-03' });
});

test('a range takes the whole of its last day, and no more than the server gives', () => {
  const one = rangeOf('2026-03-01', '2026-03-01')!;
  expect(one.to - one.from).toBe(24 * 3600 * 1e6);
  expect(rangeOf('2026-03-02', '2026-03-01')).toBeUndefined();
  expect(rangeOf('2024-03-02', '2026-03-01')).toBeUndefined();
  expect(rangeOf('', '2026-03-01')).toBeUndefined();
});

test('durations are short', () => {
  expect([5, 60, 3600, 3660, 90 * 3600].map((s) => duration(s, 'en'))).toEqual(['5 sec', '1 min', '1 hr', '1 hr 1 min', '3 days 18 hr']);
});

test('a table has the same query', () => {
  expect(tableAddress({ from: 1, to: 2, time_zone: 'Asia/Shanghai', by: 'day', agent: '' })).toBe('/v1/reports/export?bom=true&from=1&to=2&time_zone=Asia%2FShanghai&by=day');
});

test('satisfied is a share of those who said something', () => {
  const none = { volume: 0, reopened: 0, rated: 0, scores: [0, 0, 0, 0, 0], first_response: { count: 0, median: 0, p90: 0, aimed: 0, within: 0 }, resolution: { count: 0, median: 0, p90: 0, aimed: 0, within: 0 } };
  expect(satisfied(none)).toBeUndefined();
  expect(satisfied({ ...none, rated: 4, scores: [1, 0, 0, 1, 2] })).toBe(0.75);
});
