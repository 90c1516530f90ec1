import { describe, expect, test } from 'vitest';
import { asKind, earlier, freshId, inLanguage, moved, nameOf, reordered, untranslated, without, withText, type Field, type IntakeForm } from './intake.ts';

const choice = (id: string): Field => ({ id, kind: 'choice', label: { en: id }, choices: [{ id: 'a1', label: { en: 'A' } }, { id: 'a2', label: { en: 'B', zh: '乙' } }] });

test('texts lose a language that is emptied, and are gone with the last', () => {
  expect(withText({ en: 'Hi' }, 'zh', '您好')).toEqual({ en: 'Hi', zh: '您好' });
  expect(withText({ en: 'Hi', zh: '您好' }, 'en', '')).toEqual({ zh: '您好' });
  expect(withText({ en: 'Hi' }, 'en', '')).toBeUndefined();
  expect([inLanguage({ en: 'Hi' }, 'zh'), inLanguage({ zh: '您好' }, 'en'), inLanguage(undefined, 'en')]).toEqual(['Hi', '您好', '']);
});

test('what is not translated is counted', () => {
  const form: IntakeForm = { id: 'f', title: { en: 'T', zh: '题' }, hint: { en: 'H' }, fields: [choice('q')] };
  expect([untranslated(form, 'zh'), untranslated(form, 'en')]).toEqual([3, 0]);
});

test('names are made of titles, and ids are new', () => {
  expect([nameOf(' Card is lost! '), nameOf('Überweisung'), nameOf('支付失败'), nameOf('x'.repeat(50))]).toEqual(['card-is-lost', 'u-berweisung', '', 'x'.repeat(40)]);
  expect(freshId('q')).toMatch(/^q-[0-9a-z]{8}$/);
  expect(freshId('q')).not.toBe(freshId('q'));
});

test('a question is moved, taken out with what hangs on it, and asked in another way', () => {
  expect(moved([1, 2, 3], 0, 1)).toEqual([2, 1, 3]);
  expect(moved([1, 2, 3], 0, -1)).toEqual([1, 2, 3]);
  const fields: Field[] = [choice('a'), { id: 'b', kind: 'text', label: {}, when: { field: 'a', is: ['a1'] } }];
  expect(without(fields, 0)).toEqual([{ id: 'b', kind: 'text', label: {}, when: undefined }]);
  expect(earlier(fields, 1).map((f) => f.id)).toEqual(['a']);
  expect(asKind(fields[0]!, 'text').choices).toBeUndefined();
  expect(asKind(fields[1]!, 'choice').choices).toHaveLength(2);
});

describe('the order of forms', () => {
  const after = (orders: number[], at: number, by: -1 | 1) => {
    const all = orders.map((order, i) => ({ i, order }));
    for (const change of reordered(orders, at, by)) all[change.at]!.order = change.order;
    return all.sort((a, b) => a.order - b.order || a.i - b.i).map((x) => x.i);
  };
  test.each([
    [[10, 20, 30], 2, -1, [0, 2, 1], 1],
    [[10, 20, 30], 0, 1, [1, 0, 2], 1],
    [[10, 20, 30], 1, -1, [1, 0, 2], 1],
    [[10, 20, 30], 1, 1, [0, 2, 1], 1],
    [[10, 11, 12], 2, -1, [0, 2, 1], 2],
    [[5, 5, 5], 2, -1, [0, 2, 1], 3],
    [[0, 1], 1, -1, [1, 0], 2],
    [[10, 20], 0, -1, [0, 1], 0],
    [[10, 20], 1, 1, [0, 1], 0],
    [[999_990, 1_000_000], 0, 1, [1, 0], 2],
  ] as const)('of %j, %i moved by %i', (orders, at, by, want, saves) => {
    expect(after([...orders], at, by)).toEqual([...want]);
    expect(reordered([...orders], at, by)).toHaveLength(saves);
  });
});
