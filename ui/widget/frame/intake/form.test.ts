import { describe, expect, test } from 'vitest';
import { answered, asked, body, plainAmount, shown, wrong, type Form } from './form.ts';

const form: Form = {
  id: 'f',
  revision: 3,
  title: 'A payment failed',
  fields: [
    { id: 'what', kind: 'choice', label: 'What?', required: true, choices: [{ id: 'a', label: 'An A' }, { id: 'b', label: 'A B' }] },
    { id: 'why', kind: 'choice', label: 'Why?', choices: [{ id: 'x', label: 'X' }, { id: 'y', label: 'Y' }], when: { field: 'what', is: ['b'] } },
    { id: 'then', kind: 'text', label: 'Then?', most: 5, when: { field: 'why', is: ['x'] } },
    { id: 'money', kind: 'amount', label: 'How much?' },
    { id: 'day', kind: 'when', label: 'When?' },
  ],
};
const ids = (answers: Parameters<typeof asked>[1]) => asked(form, answers).map((f) => f.id).join(' ');

test('a question that depends on another is asked while that one is', () => {
  expect(ids({})).toBe('what money day');
  expect(ids({ what: { choice: 'b' } })).toBe('what why money day');
  expect(ids({ what: { choice: 'b' }, why: { choice: 'x' } })).toBe('what why then money day');
  expect(ids({ what: { choice: 'a' }, why: { choice: 'x' } })).toBe('what money day');
});

test('an amount that may be two is sent when it was said which', () => {
  expect(plainAmount({ amount: '1.125', currency: 'BTC' })).toBeUndefined();
  expect(plainAmount({ amount: '1.125', currency: 'BTC', read: '1.125' })).toBe('1.125');
  expect(plainAmount({ amount: '1.125', currency: 'BTC', read: '1125' })).toBe('1125');
  // It is of what was written before.
  expect(plainAmount({ amount: '1.126', currency: 'BTC', read: '1.125' })).toBeUndefined();
  const money = { amount: '1,125', currency: 'btc', read: '1.125' };
  expect(body(form, { money }, 'en').answers).toEqual({ money: { amount: '1.125', currency: 'BTC' } });
});

describe('what is wrong', () => {
  const field = (id: string) => form.fields.find((f) => f.id === id)!;
  test.each([
    ['what', undefined, 'missing'],
    ['what', { choice: 'a' }, undefined],
    ['money', undefined, undefined],
    ['money', { amount: 'much' }, 'amount'],
    ['money', { amount: '1.125', currency: 'BTC' }, 'which'],
    ['money', { amount: '1.125', currency: 'EUR' }, undefined],
    ['then', { text: 'over five' }, 'long'],
  ] as const)('%s %j: %s', (id, answer, what) => expect(wrong(field(id), answer)).toBe(what));

  test('a contact that cannot be reached', () => {
    const contact = { id: 'c', kind: 'contact', label: '' } as const;
    expect(wrong(contact, { text: 'call me' })).toBe('contact');
    expect(wrong(contact, { text: '+49 30 123456' })).toBeUndefined();
    expect(wrong(contact, { text: 'a@b.example' })).toBeUndefined();
  });
});

test('what is sent holds what is asked, as the server reads it', () => {
  const answers = { what: { choice: 'a' }, why: { choice: 'x' }, money: { amount: '1.234,50', currency: 'eur' }, day: { date: '', time: '10:00' } };
  const sent = body(form, answers, 'en', { browser: 'Firefox' });
  expect(JSON.parse(JSON.stringify(sent))).toEqual({
    type: 'form', form: 'f', revision: 3, lang: 'en', diagnostics: { browser: 'Firefox' },
    answers: { what: { choice: 'a' }, money: { amount: '1234.50', currency: 'EUR' } },
  });
  expect(shown(form, sent, {}).answers.map((a) => [a.label, a.value])).toEqual([['What?', 'An A'], ['How much?', '1234.50 EUR']]);
  expect(answered({ text: '  ' })).toBe(false);
});
