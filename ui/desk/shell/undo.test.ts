import { expect, test, vi } from 'vitest';
import { Toasts } from '../../kit/toasts.svelte.ts';
import { Undo, undoFor } from './undo.svelte.ts';

function doing(...what: string[]) {
  const toasts = new Toasts();
  const undo = new Undo(toasts, () => 'Undo');
  const back: string[] = [];
  for (const one of what) undo.say(one, () => void back.push(one));
  return { toasts, undo, back };
}

test('every notice takes back what it tells of', () => {
  const { toasts, back } = doing('first', 'second');
  toasts.list[0]!.action!.run();
  expect([back, toasts.list.map((t) => t.text)]).toEqual([['first'], ['second']]);
  toasts.list[0]!.action!.run();
  expect(back).toEqual(['first', 'second']);
});

test('the key takes back the newest that is still told of, one after another', () => {
  const { toasts, undo, back } = doing('first', 'second', 'third');
  toasts.dismiss(toasts.list[2]!.id);
  expect([undo.run(), undo.run(), undo.run()]).toEqual([true, true, false]);
  expect(back).toEqual(['second', 'first']);
});

test('what is told of no more cannot be taken back', () => {
  vi.useFakeTimers();
  const { undo, back } = doing('first');
  vi.advanceTimersByTime(undoFor);
  expect([undo.run(), back]).toEqual([false, []]);
  vi.useRealTimers();
});
