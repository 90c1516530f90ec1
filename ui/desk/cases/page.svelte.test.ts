import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { en as m } from '../messages/en.ts';
import { Api } from '../shell/api.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import CasesPage from './CasesPage.svelte';
import { lettersFor, type File } from './cases.ts';
import { en as w } from './messages/en.ts';
import { zh } from './messages/zh.ts';

afterEach(cleanup);

const both = (en: string) => ({ en, zh: en });
const line = { id: 'c1', reference: 'K-1', customer: 'u', type: 'scam', stage: 'investigating', jurisdiction: 'uk', noticed_at: 1, opened_at: 1, changed_at: 1, due_at: Date.now() * 1000, breached: 0 };
const file: File = {
  ...line, revision: 4, confirmed: true, channel: 'chat', language: 'en', convs: ['v1'], payments: [],
  clocks: [
    { id: 'reimburse', title: both('Reimburse it'), state: 'paused', start_at: 1, then_at: Date.now() * 1000, pause: 'police', amount: 5, unit: 'business_days', source: 'Direction 20', checked: 'secondary', certain: true, told: true },
    { id: 'reply', title: both('Answer it'), state: 'running', start_at: 1, due_at: Date.now() * 1000, amount: 15, unit: 'business_days', source: 'DISP', checked: 'unverified', certain: true, told: false },
  ],
  evidence: [{ id: 'police_report', title: both('Police report'), customer: true, required: false }], facts: [{ fact: 'vulnerable', required: true }], lacks: ['vulnerable'],
  pauses: [{ id: 'police', title: both('The police were asked'), since: 1 }], outlook: { next: 'investigate', needs: [] }, appeals: 0, events: [{ seq: 1, kind: 'opened', at: 1, happened_at: 1, by_kind: 'customer', by: '' }],
};

function deskWith(answer: (method: string, path: string, body: unknown) => unknown) {
  const api = new Api(async (input, init) => {
    const body: unknown = init?.body ? JSON.parse(String(init.body)) : undefined;
    return Response.json(answer(init?.method ?? 'GET', new URL(String(input), 'https://desk.example').pathname, body));
  });
  return { tag: 'en', language: 'en', api, me: { id: 'ada', role: 'supervisor' }, visit: vi.fn(), toasts: { say: vi.fn() } } as unknown as Desk;
}

test('a list says what is due, and an empty one what would stand there', async () => {
  render(CasesPage, { desk: deskWith((_, path) => (path === '/v1/cases' ? { items: [line] } : { mine: 1, due: 1, late: 0, unconfirmed: 0 })), m, words: w, path: [] });
  expect((await screen.findByRole('link', { name: /K-1/ })).getAttribute('href')).toBe('#/cases/c1');
  expect(await screen.findByText(`${w.lists.mine} 1`)).toBeTruthy();
  cleanup();
  render(CasesPage, { desk: deskWith((_, path) => (path === '/v1/cases' ? { items: [] } : {})), m, words: w, path: ['late'] });
  expect(await screen.findByText(w.none.late)).toBeTruthy();
});

test('a case says where each deadline comes from, and why one stands still', async () => {
  const asked: unknown[] = [];
  const desk = deskWith((method, path, body) => {
    if (method === 'POST') asked.push(body);
    return path === '/v1/cases/c1' || path === '/v1/cases/c1/events' ? file : { items: [] };
  });
  render(CasesPage, { desk, m, words: w, path: ['c1'] });
  const clock = (await screen.findByText('Reimburse it')).closest('li')!;
  expect(within(clock).getByText(new RegExp(w.stands('The police were asked')))).toBeTruthy();
  expect(within(screen.getByText('Answer it').closest('li')!).getByText(w.checked['unverified']!)).toBeTruthy();
  await fireEvent.click(screen.getByRole('button', { name: w.ask }));
  expect(asked).toEqual([{ revision: 4, kind: 'asked', items: ['police_report'] }]);
  await fireEvent.click(await screen.findByRole('button', { name: w.decide }));
  await fireEvent.change(screen.getByLabelText(w.outcome), { target: { value: 'refused' } });
  expect(screen.getByText(w.lacks([w.fact['vulnerable']!]))).toBeTruthy();
});

test('money is lent in a case about money, and not in a request about data', async () => {
  for (const [type, offered] of [['scam', 1], ['data_request', 0]] as const) {
    render(CasesPage, { desk: deskWith((_, path) => (path === '/v1/cases/c1' ? { ...file, type } : { items: [] })), m, words: w, path: ['c1'] });
    expect(await screen.findByRole('button', { name: w.inform })).toBeTruthy();
    expect(screen.queryAllByRole('button', { name: w.credited }).length).toBe(offered);
    cleanup();
  }
});

test('letters follow from how a case stands, and every word is there in both languages', () => {
  expect(lettersFor(file)).toEqual(['acknowledgement', 'holding_reply']);
  expect(lettersFor({ ...file, stage: 'decided', decision: { outcome: 'refused', reason: 'x', at: 1 } })[0]).toBe('refused');
  for (const key of ['types', 'stages', 'outcomes', 'next', 'states', 'checked', 'fact', 'letter', 'events'] as const) expect(Object.keys(zh[key]).sort()).toEqual(Object.keys(w[key]).sort());
});
