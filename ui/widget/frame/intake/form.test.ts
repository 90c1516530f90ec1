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

test.each([
  ['12.50', '12.50'],
  ['12,50', '12.50'],
  ['１２，５０', '12.50'],
  ['1 234,5', '1234.5'],
  ['1.234,50', '1234.50'],
  ['1,234.50', '1234.50'],
  ['1,234', '1234'],
  ['1.234.567', '1234567'],
  ['0.125', '0.125'],
  ['0,00000001', '0.00000001'],
  ['12', '12'],
  ['-3', undefined],
  ['about 5', undefined],
  ['1..2', undefined],
  ['1.123456789', undefined],
  ['1234567890123456', undefined],
])('the amount %s is %s', (written, plain) => expect(plainAmount(written)).toBe(plain));

describe('what is wrong', () => {
  const field = (id: string) => form.fields.find((f) => f.id === id)!;
  test.each([
    ['what', undefined, 'missing'],
    ['what', { choice: 'a' }, undefined],
    ['money', undefined, undefined],
    ['money', { amount: 'much' }, 'amount'],
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
