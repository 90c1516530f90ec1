import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { leads } from './link.ts';
import { lines, plain, when } from './say.ts';
import Step from './Step.svelte';
import { words as en } from './words.en.ts';
import { words as zh } from './words.zh.ts';
import type { Answer, Run, View } from './wire.ts';

const run: Run = { id: 'r', flow: 'FL7', title: 'Get a refund', state: 'asking', step: 's', revision: 1 };
const cny = (amount: string) => ({ amount, currency: 'CNY', scale: 2 });

function show(view: View, part: { run?: Run; asks?: boolean; own?: boolean; busy?: boolean; m?: typeof en; tag?: string } = {}) {
  const onanswer = vi.fn<(a: Answer) => void>();
  render(Step, { view, run, asks: true, busy: false, m: en, tag: 'en', onanswer, ...part });
  return onanswer;
}

afterEach(cleanup);

test('a sentence is filled in as its reader writes money and time', () => {
  const figures = { 'act.amount': { money: cny('1268.00') }, 'payment.party': { text: 'متجر' } };
  expect(plain('{act.amount} to {payment.party}.\nSafe.', figures, 'en')).toBe('⁨¥1,268.00⁩ to ⁨متجر⁩.\nSafe.');
  expect(lines('{nothing} is left', {}, 'en')).toEqual([[{ text: ' is left' }]]);
});

test('no space stands between Chinese and a Chinese name', () => {
  const said = (name: string) => lines('转给 {name} 的 {sum} 正在途中', { name: { text: name }, sum: { money: cny('1.00') } }, 'zh-CN')[0]!.map((p) => p.text).join('');
  expect(said('京东商城')).toBe('转给京东商城的 ¥1.00 正在途中');
  expect(said('京东（自营）')).toBe('转给京东（自营）的 ¥1.00 正在途中');
  expect(said('Lotus Market')).toBe('转给 Lotus Market 的 ¥1.00 正在途中');
});

test('the customer agrees to exactly what is shown', () => {
  const onanswer = show({
    step: 'agree',
    kind: 'confirm',
    say: '{act.amount} goes back.',
    figures: { 'act.amount': { money: cny('268.00') } },
    card: 'act',
    value: { type: 'act', act: { id: 'a', act: 'refund', state: 'proposed', hash: 'h1', proof: 2, four_eyes: true, amount: cny('268.00'), destination: 'Visa •••• 1111', effects: ['points_lost', 'unheard_of'], reversible: false } },
  });
  expect(screen.getByText('Visa •••• 1111')).toBeVisible();
  expect(screen.getByText(en.effects.points_lost!)).toBeVisible();
  expect(screen.queryByText('unheard_of')).toBeNull();
  expect(screen.getByText(en.proof)).toBeVisible();
  expect(screen.getByText(en.fourEyes)).toBeVisible();
  screen.getByRole('button', { name: en.yes }).click();
  expect(onanswer).toHaveBeenCalledWith({ do: 'confirm', hash: 'h1' });
});

test('staff see what is to be agreed to, and cannot agree', () => {
  show({ step: 'agree', kind: 'confirm', card: 'act', value: { type: 'act', act: { id: 'a', act: 'refund', state: 'proposed', hash: 'h1', proof: 2, four_eyes: false, reversible: false } } }, { own: false });
  expect(screen.getByText(en.acts.refund!)).toBeVisible();
  expect(screen.queryByRole('button', { name: en.yes })).toBeNull();
});

test('where the money is comes before why', () => {
  show({
    step: 'tell',
    kind: 'show',
    card: 'cause',
    value: { type: 'cause', cause: { code: 'insufficient_funds', where: 'not_taken', title: 'Not enough available balance', text: 'There was less available.', money: { text: '{amount} was not taken.', figures: { amount: { money: cny('268.00') } } }, next: [{ key: 'top_up', where: 'wallet', label: 'Add money', url: 'https://wallet.example/top-up' }, { key: 'bad', where: 'wallet', label: 'Do not', url: 'javascript:alert(1)' }, { key: 'p', where: 'person', label: 'Person' }] } },
  });
  const said = screen.getByText('was not taken.', { exact: false });
  expect(said.textContent.trim()).toBe('¥268.00 was not taken.');
  expect(said.compareDocumentPosition(screen.getByText('Not enough available balance')) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
  expect(screen.getByRole('link', { name: 'Add money' })).toHaveAttribute('href', 'https://wallet.example/top-up');
  expect(screen.getByText(en.inWallet('Do not'))).toBeVisible();
  expect(screen.queryByRole('link', { name: 'Do not' })).toBeNull();
  expect(screen.queryByText('Person')).toBeNull();
});

test('who may try again later sees from when', () => {
  const failed = (minutes: number): View => ({
    step: 'tell',
    kind: 'show',
    card: 'cause',
    value: { type: 'cause', cause: { code: 'issuer_or_network_down', where: 'not_taken', retry_text: 'Later.', retry_at: new Date(Date.now() + minutes * 60_000).toISOString() } },
  });
  show(failed(9.5));
  expect(screen.getByRole('timer')).toHaveTextContent(en.againIn(10));
  expect(screen.queryByText('Later.')).toBeNull();
  cleanup();
  show(failed(-1));
  expect(screen.getByRole('timer')).toHaveTextContent(en.againNow);
});

test('who cannot make a proof goes on without it', () => {
  const onanswer = show({ step: 'prove', kind: 'step_up', say: 'Confirm in the wallet.', cannot: true }, { asks: false, run: { ...run, state: 'waiting', step: 'prove' } });
  screen.getByRole('button', { name: en.cannot }).click();
  expect(onanswer).toHaveBeenCalledWith({ do: 'cannot' });
});

test('a payment is chosen by its id, and none of them can be said', () => {
  const onanswer = show({
    step: 'pick',
    kind: 'choose',
    say: 'Which payment is it?',
    other: true,
    items: [{ type: 'payment', payment: { id: 'tx-1', kind: 'payment', direction: 'out', state: 'failed', party: 'Lotus Market', amount: cny('268.00'), where: 'not_taken', begun: '2026-11-27T08:58:00Z' } }],
  });
  screen.getByRole('button', { name: /Lotus Market/ }).click();
  expect(onanswer).toHaveBeenLastCalledWith({ do: 'set', text: 'tx-1' });
  screen.getByRole('button', { name: en.other }).click();
  expect(onanswer).toHaveBeenLastCalledWith({ do: 'other' });
});

test('of what can be chosen both its time and what is noted of it are shown', () => {
  const entry = (id: string, more: object) => ({ type: 'entry', entry: { id, name: { text: 'Lotus Market' }, ...more } });
  const at = new Date(Date.now() - 400 * 86_400_000).toISOString();
  const note = { text: 'Arrived' };
  show({ step: 'which', kind: 'choose', say: 'Which?', items: [entry('a', { at, note }), entry('b', { at }), entry('c', { note }), entry('d', {})] });
  const below = screen.getAllByRole('button').map((button) => button.querySelector('small')?.textContent);
  const day = when(at, 'en');
  expect(day).toMatch(/\d{4}/);
  expect(below).toEqual([`${day} · Arrived`, day, 'Arrived', undefined]);
});

test('an answer that was not taken says why, and offers a person when it goes wrong again and again', () => {
  const onanswer = show({ step: 'amount', kind: 'ask', type: 'amount', say: 'How much?', problem: 'ambiguous', stuck: true });
  expect(screen.getByRole('alert')).toHaveTextContent(en.problems.ambiguous!);
  expect(screen.getByRole('textbox', { name: 'How much?' })).toHaveFocus();
  screen.getByRole('button', { name: /Talk to a person/ }).click();
  expect(onanswer).toHaveBeenCalledWith({ do: 'human' });
});

test('what is over asks nothing more', () => {
  show({ step: 'what', kind: 'ask', type: 'choice', say: 'What now?', options: [{ id: 'a', label: 'A' }] }, { asks: false });
  expect(screen.queryByRole('button')).toBeNull();
});

test('both languages have the same words', () => {
  const keys = (o: object): string[] => Object.entries(o).flatMap(([k, v]) => (typeof v === 'object' && v !== null ? keys(v as object).map((x) => `${k}.${x}`) : [k]));
  expect(keys(zh).sort()).toEqual(keys(en).sort());
});

test('what would do something in this page is no way out of it', () => {
  for (const link of ['https://wallet.example/ask?1', 'acmepay://confirm', 'http://127.0.0.1:8081/?ask=1', 'http://localhost/x']) expect(leads(link)).toBe(link);
  for (const link of [undefined, '', 'x', '/x', 'javascript:alert(1)', 'JavaScript:alert(1)', ' javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'blob:https://x', 'intent://x', 'http://elsewhere.example/'])
    expect(leads(link)).toBeUndefined();
  const view: View = { step: 'prove', kind: 'step_up', say: 'Confirm.', value: { type: 'act', act: { id: 'a', act: 'refund', state: 'confirmed', hash: 'h', proof: 2, four_eyes: false, reversible: false, link: 'javascript:alert(1)' } } };
  const waiting = { run: { ...run, state: 'waiting', step: 'prove' } as Run, asks: false, own: true };
  render(Step, { view, busy: false, m: en, tag: 'en', onanswer: vi.fn(), ...waiting });
  expect(screen.queryByRole('link')).toBeNull();
  cleanup();
  render(Step, { view: { ...view, value: { ...view.value!, act: { ...view.value!.act!, link: 'acmepay://confirm' } } }, busy: false, m: en, tag: 'en', onanswer: vi.fn(), ...waiting });
  expect(screen.getByRole('link')).toHaveAttribute('href', 'acmepay://confirm');
});
