import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepsFocus } from './focus.ts';

let list: HTMLElement;
let stop: () => void;
const line = (id: string) => list.querySelector<HTMLElement>(`[data-id="${id}"]`)!;
const held = () => (document.activeElement as HTMLElement).dataset.id ?? document.activeElement!.tagName;

beforeEach(() => {
  vi.stubGlobal('CSS', { escape: (text: string) => text });
  document.body.innerHTML = '<main class="desk"><h1 tabindex="-1">Inbox</h1><section></section><button>Elsewhere</button></main>';
  list = document.querySelector('section')!;
  list.innerHTML = ['a', 'b', 'c'].map((id) => `<button data-id="${id}">${id}</button>`).join('');
  stop = keepsFocus(list);
});
afterEach(() => {
  stop();
  vi.unstubAllGlobals();
});

test('a line that moves keeps the focus', async () => {
  const b = line('b');
  b.focus();
  b.remove();
  list.prepend(b);
  await vi.waitFor(() => expect(held()).toBe('b'));
});

test('where a line is gone the next has the focus, and after the last one the page', async () => {
  line('b').focus();
  line('b').remove();
  await vi.waitFor(() => expect(held()).toBe('c'));
  line('c').remove();
  await vi.waitFor(() => expect(held()).toBe('a'));
  line('a').remove();
  await vi.waitFor(() => expect(held()).toBe('H1'));
});

test('whoever went elsewhere is left alone', async () => {
  line('a').focus();
  document.querySelector<HTMLElement>('main > button')!.focus();
  (document.activeElement as HTMLElement).blur();
  line('a').remove();
  await new Promise((done) => queueMicrotask(() => done(undefined)));
  expect(held()).toBe('BODY');
});
