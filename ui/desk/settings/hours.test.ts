import { expect, test } from 'vitest';
import { openAt, readMinutes, stateAt, writeMinutes, type Calendar } from './hours.ts';

const office: Calendar = {
  name: 'Office',
  time_zone: 'Asia/Shanghai',
  week: [...Array.from({ length: 5 }, () => [{ from: '09:00', to: '12:00' }, { from: '13:00', to: '18:00' }]), [], []],
  holidays: [{ name: 'National day', date: '10-01' }],
  exceptions: [{ date: '2026-10-10', spans: [{ from: '10:00', to: '11:05' }] }],
};
const at = (text: string) => Date.parse(`${text}+08:00`);

test('open by the week, by holidays and by exceptions', () => {
  expect(openAt(office, at('2026-09-28T08:59'))).toBe(false);
  expect(openAt(office, at('2026-09-28T09:00'))).toBe(true);
  expect(openAt(office, at('2026-09-28T12:00'))).toBe(false);
  expect(openAt(office, at('2026-10-01T10:00'))).toBe(false);
  expect(openAt(office, at('2026-10-10T10:30'))).toBe(true);
});

test('when it opens and closes next', () => {
  expect(stateAt(office, at('2026-09-28T10:00'))).toEqual({ open: true, until: at('2026-09-28T12:00') });
  expect(stateAt(office, at('2026-09-30T18:00'))).toEqual({ open: false, until: at('2026-10-02T09:00') });
  expect(stateAt(office, at('2026-10-10T10:59'))).toEqual({ open: true, until: at('2026-10-10T11:05') });
  expect(stateAt({ ...office, week: [[], [], [], [], [], [], []], exceptions: [] }, at('2026-09-28T10:00'))).toEqual({ open: false });
});

test('working time as people write it', () => {
  expect(['', '30', '90 min', '2h', '1:30', '24 h', 'soon', '-1', '1:75'].map(readMinutes)).toEqual([0, 30, 90, 120, 90, 1440, undefined, undefined, undefined]);
  expect([0, 30, 60, 90, 1440].map(writeMinutes)).toEqual(['', '30 min', '1 h', '1:30', '24 h']);
  for (const n of [1, 59, 60, 61, 600, 1439]) expect(readMinutes(writeMinutes(n))).toBe(n);
});
