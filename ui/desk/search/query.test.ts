import { describe, expect, test } from 'vitest';
import { dayText, partsOf, pieces, pointed, toggled, valuesOf, weeksOf, withValues, wordsOf } from './query.ts';

describe('the text of a search', () => {
  test.each([
    ['refund from:customer', [['from', 'customer']]],
    ['status:open,waiting STATUS:snoozed', [['status', 'open,waiting'], ['status', 'snoozed']]],
    ['tag:"two words" 退款 lang:zh', [['tag', 'two words'], ['language', 'zh']]],
    ['"from:me said" http://x re:this', []],
    ['tag：退款，提现', [['tag', '退款,提现']]],
    ['open "quote from:me', [['from', 'me']]],
    ['tag:', [['tag', '']]],
  ])('%s holds its filters', (text, want) => {
    expect(partsOf(text).map((p) => [p.key, p.values.join(',')])).toEqual(want);
  });

  test('takes a filter in, changes it and lets it go', () => {
    expect(withValues('refund', 'status', ['open', 'waiting'])).toBe('refund status:open,waiting');
    expect(withValues('a status:open b status:waiting', 'status', ['resolved'])).toBe('a b status:resolved');
    expect(withValues('from:me refund', 'from', [])).toBe('refund');
    expect(withValues('', 'tag', ['two words', 'a"b'])).toBe('tag:"two words","ab"');
    expect(valuesOf('tag:"two words",x tag:x', 'tag')).toEqual(['two words', 'x']);
    expect(wordsOf('from:me "lost card" before:2026-11-01 退款')).toBe('"lost card" 退款');
    expect(toggled(['VIP'], 'vip')).toEqual([]);
  });

  test('is pointed into by code points', () => {
    expect(pointed('🙂 status:opne x', 'q.2.13')).toEqual(['🙂 ', 'status:opne', ' x']);
    expect(pointed('x', 'q')).toBeUndefined();
  });
});

test('a snippet comes in pieces that are text and nothing else', () => {
  expect(pieces('🙂 <b>card</b> lost', [{ start: 5, end: 9 }, { start: 14, end: 18 }])).toEqual([
    { text: '🙂 <b>', found: false },
    { text: 'card', found: true },
    { text: '</b> ', found: false },
    { text: 'lost', found: true },
  ]);
  expect(pieces('all', [])).toEqual([{ text: 'all', found: false }]);
});

test('a month is whole weeks', () => {
  const weeks = weeksOf(new Date(2026, 10, 15), 1);
  expect(weeks.map((week) => week.length)).toEqual([7, 7, 7, 7, 7, 7]);
  expect([dayText(weeks[0]![0]!), dayText(weeks[5]![6]!)]).toEqual(['2026-10-26', '2026-12-06']);
});
