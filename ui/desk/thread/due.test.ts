import { expect, test } from 'vitest';
import { dueTime, nextDue, pressing } from './due.ts';

const minute = 60_000_000;
const now = new Date(2026, 2, 3, 12, 0).getTime() * 1000;

test('the next promise is the one that is due first, and none that stands still', () => {
  const first = { kind: 'first_response', due: now + minute, state: 'running', level: 0 } as const;
  const solve = { kind: 'resolution', due: now + 90 * minute, state: 'running', level: 0 } as const;
  expect(nextDue([solve, first])).toBe(first);
  expect(nextDue([{ kind: 'resolution', state: 'paused', level: 0 }])).toBeUndefined();
  expect(nextDue(undefined)).toBeUndefined();
});

test('it presses more as it comes nearer', () => {
  const clock = (due: number, level = 0) => ({ kind: 'first_response', due, state: 'running', level }) as const;
  expect(pressing(clock(now + 60 * minute), now)).toBe('plain');
  expect(pressing(clock(now + 60 * minute, 75), now)).toBe('waiting');
  expect(pressing(clock(now + 5 * minute), now)).toBe('waiting');
  expect(pressing(clock(now - 1), now)).toBe('danger');
});

test('the time of day near, the day afar', () => {
  expect(dueTime({ kind: 'resolution', due: now + 60 * minute, state: 'running', level: 0 }, 'en', now)).toBe('13:00');
  expect(dueTime({ kind: 'resolution', due: now + 72 * 60 * minute, state: 'running', level: 0 }, 'en', now)).not.toContain(':');
});
