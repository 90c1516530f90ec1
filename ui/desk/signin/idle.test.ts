import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { IdleLock } from './idle.ts';

const minute = 60_000;
let kept: Map<string, string>;
const shared = () => ({ getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) });

beforeEach(() => {
  kept = new Map();
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

test('a desk that nobody touches locks, once', () => {
  const locked = vi.fn();
  new IdleLock(locked, undefined, Date.now, shared()).watch(15 * minute);
  vi.advanceTimersByTime(14 * minute);
  expect(locked).not.toHaveBeenCalled();
  vi.advanceTimersByTime(20 * minute);
  expect(locked).toHaveBeenCalledTimes(1);
});

test('a hand, or somebody in another tab, keeps it open', () => {
  const locked = vi.fn();
  const lock = new IdleLock(locked, undefined, Date.now, shared());
  lock.watch(15 * minute);
  vi.advanceTimersByTime(14 * minute);
  dispatchEvent(new Event('pointerdown'));
  vi.advanceTimersByTime(14 * minute);
  kept.set('kefu.desk.seen', String(Date.now()));
  vi.advanceTimersByTime(14 * minute);
  expect(locked).not.toHaveBeenCalled();
  lock.rest();
  vi.advanceTimersByTime(60 * minute);
  expect(locked).not.toHaveBeenCalled();
});

test('without a limit it never locks', () => {
  const locked = vi.fn();
  new IdleLock(locked, undefined, Date.now, shared()).watch(0);
  vi.advanceTimersByTime(24 * 60 * minute);
  expect(locked).not.toHaveBeenCalled();
});

test('before it locks it asks, and whoever answers, here or in another tab, stays', () => {
  const locked = vi.fn();
  const soon = vi.fn();
  const lock = new IdleLock(locked, soon, Date.now, shared());
  const began = Date.now();
  lock.watch(15 * minute);
  vi.advanceTimersByTime(13.9 * minute);
  expect(soon).not.toHaveBeenCalled();
  vi.advanceTimersByTime(0.2 * minute);
  expect(soon).toHaveBeenLastCalledWith(began + 15 * minute);
  dispatchEvent(new KeyboardEvent('keydown', { key: 'a' })); // for the question, which answers
  expect(soon).toHaveBeenCalledTimes(1);
  lock.touch();
  expect(soon).toHaveBeenLastCalledWith(undefined);
  vi.advanceTimersByTime(14.5 * minute);
  expect(soon).toHaveBeenLastCalledWith(expect.any(Number));
  kept.set('kefu.desk.seen', String(Date.now()));
  vi.advanceTimersByTime(5_000);
  expect(soon).toHaveBeenLastCalledWith(undefined);
  expect(locked).not.toHaveBeenCalled();
  vi.advanceTimersByTime(15 * minute);
  expect(locked).toHaveBeenCalledTimes(1);
  expect(soon).toHaveBeenLastCalledWith(undefined);
});
