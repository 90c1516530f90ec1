import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Late } from './late.svelte.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function late() {
  let ids: string[] = ['old'];
  const told: number[] = [];
  const call = vi.fn(() => Promise.resolve({ items: ids.map((conv) => ({ conv })) }));
  const l = new Late({ call } as never, (n) => told.push(n));
  return { l, told, call, become: (...all: string[]) => (ids = all) };
}

test('what becomes overdue is told once, and what was overdue before is not', async () => {
  const { l, told, become } = late();
  l.open();
  await vi.advanceTimersByTimeAsync(10);
  expect(told).toEqual([]);
  become('old', 'a', 'a', 'b');
  l.stale();
  await vi.advanceTimersByTimeAsync(4_000);
  expect(told).toEqual([2]);
  await vi.advanceTimersByTimeAsync(180_000);
  expect(told).toEqual([2]);
  l.close();
});

test('a flood of changes is told at most once a minute', async () => {
  const { l, told, call, become } = late();
  l.open();
  await vi.advanceTimersByTimeAsync(10);
  for (let i = 0; i < 120; i++) {
    become(...Array.from({ length: i + 1 }, (_, n) => `c${n}`));
    l.stale();
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(told.length).toBeLessThanOrEqual(3);
  expect(call.mock.calls.length).toBeLessThan(8);
  const before = call.mock.calls.length;
  l.close();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(call.mock.calls.length).toBe(before);
});
