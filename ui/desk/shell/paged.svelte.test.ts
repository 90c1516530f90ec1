import { expect, test } from 'vitest';
import { Problem } from './api.ts';
import { Paged } from './paged.svelte.ts';

/** A list of letters, three a page, whose pages come when the test lets them. */
function letters(text: () => string) {
  const waiting: (() => void)[] = [];
  const asked: number[] = [];
  const list = new Paged<string, number>(async (from = 0) => {
    asked.push(from);
    const found = text();
    await new Promise<void>((done) => waiting.push(done));
    if (found === '') throw new Problem(503, 'unavailable');
    return { items: [...found.slice(from, from + 3)], ...(from + 3 < found.length && { next: from + 3 }) };
  });
  const come = async (n = waiting.length) => {
    for (const one of waiting.splice(0, n)) one();
    await new Promise((done) => setTimeout(done));
  };
  return { list, asked, come, shown: () => (list.items ?? []).join('') };
}

test('asking for more twice brings a page once', async () => {
  const { list, asked, come, shown } = letters(() => 'abcdefgh');
  void list.open();
  await come();
  void list.more();
  expect(list.busy).toBe(true);
  void list.more();
  await come();
  expect([shown(), asked, list.busy]).toEqual(['abcdef', [0, 3], false]);
  void list.more();
  await come();
  void list.more();
  expect([shown(), list.next, asked]).toEqual(['abcdefgh', undefined, [0, 3, 6]]);
});

test('what was wanted before does not win by coming late', async () => {
  let text = 'abc';
  const { list, come, shown } = letters(() => text);
  void list.open();
  text = 'xyz';
  void list.open();
  await come();
  expect([shown(), list.busy]).toEqual(['xyz', false]);
});

test('reading again keeps what was read further down, and does not overtake a page that is asked for', async () => {
  let text = 'abcdefgh';
  const { list, asked, come, shown } = letters(() => text);
  void list.open();
  await come();
  void list.more();
  await come();
  text = 'ABCDEFGH';
  void list.renew();
  for (let i = 0; i < 3; i++) await come();
  expect([shown(), list.next, asked.slice(2)]).toEqual(['ABCDEF', 6, [0, 3]]);
  void list.more();
  void list.renew();
  for (let i = 0; i < 5; i++) await come();
  expect([shown(), list.next, list.busy]).toEqual(['ABCDEFGH', undefined, false]);
});

test('a page that fails leaves what is there, and is read when it is asked for again', async () => {
  let text = 'abcd';
  const { list, come, shown } = letters(() => text);
  void list.open();
  await come();
  text = '';
  void list.more();
  await come();
  expect([shown(), list.problem, list.busy]).toEqual(['abc', 'unavailable', false]);
  text = 'abcd';
  void list.more();
  await come();
  expect([shown(), list.problem]).toEqual(['abcd', undefined]);
});
