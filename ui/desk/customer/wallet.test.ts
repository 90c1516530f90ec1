import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Problem } from '../shell/api.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import { en } from '../messages/en.ts';
import { storyEn } from '../messages/story.en.ts';
import { storyZh } from '../messages/story.zh.ts';
import { walletEn } from '../messages/wallet.en.ts';
import { walletZh } from '../messages/wallet.zh.ts';
import type { Thread } from '../thread/thread.svelte.ts';
import { sayable, type Story } from './story.ts';
import { asked, everything, kinds, statesOf, type Transaction, type WalletView } from './wallet.ts';
import WalletPanel from './WalletPanel.svelte';

const eur = (amount: string) => ({ amount, currency: 'EUR', scale: 2 });
const view: WalletView = {
  name: 'Anna S.',
  kind: 'person',
  kyc: 'approved',
  flags: ['large_type'],
  handles: [{ kind: 'phone', masked: '+49 ••••42' }],
  accounts: [
    { id: 'c', kind: 'crypto', status: 'active', block: 'none', balances: [{ total: eur('9.00'), available: { amount: '0.007999244961778940', currency: 'ETH', scale: 18 }, pending_in: eur('0.00'), pending_out: eur('0.00'), held: eur('0.00'), as_of: 1 }] },
    { id: 'a', kind: 'emoney', status: 'frozen', block: 'debit', number: '••••2403', balances: [{ total: eur('10.00'), available: eur('7.00'), pending_in: eur('0.00'), pending_out: eur('3.00'), held: eur('0.00'), as_of: 1 }] },
  ],
  instruments: [{ id: 'i', type: 'card', brand: 'Visa', last4: '4242', status: 'expired', default: true }],
  case: 'one',
};
const tx = (id: string, more: Partial<Transaction> = {}): Transaction => ({
  id,
  account_id: 'a',
  kind: 'transfer',
  direction: 'out',
  amount: eur('850.00'),
  party: 'Hausverwaltung K.',
  state: 'processing',
  plain: { key: 'late', tone: 'problem' },
  final: false,
  at: 2_000_000,
  history: [{ state: 'initiated', at: 1 }, { state: 'processing', at: 2 }],
  ...more,
});

const late = { key: 'late', text: '{amount} has left their account and should have arrived by {by}.', figures: { amount: { money: eur('850.00') }, by: { at: '2026-11-27T09:00:00Z' } } };
const told = (more: Partial<Story> = {}): Story => ({
  transaction: tx('t1', { note: '••••', counterparty: { name: 'Hausverwaltung K.', account: '••••2051' }, failure: { code: 'suspected_fraud', disclosable: false, retriable: false } }),
  case: 'one',
  assurance: 1,
  money: late,
  cause: { code: 'suspected_fraud', said: 'suspected_fraud', source: 'wallet', rail: 'card', raw_code: '59', raw_text: 'VELOCITY', known: true, agrees: true, mapped: 'suspected_fraud', untold: 'fraud' },
  withheld: false,
  say: { language: 'en', wanted: 'en', money: late, title: 'Not completed', text: 'We cannot complete this payment in this way.', retry: 'Trying again will not help.', next: ['Pay another way'] },
  timeline: {
    from: 'wallet',
    left: 0,
    items: [
      { at: 1, source: 'wallet', event: 'initiated', state: 'initiated', tellable: true },
      { at: 2, source: 'risk', event: 'rule_fired', raw_code: '59', tellable: false },
      { at: 3, source: 'run', event: 'FL2 ended', by: 'customer', ref: 'r', tellable: true },
      { at: 4, source: 'act', event: 'freeze succeeded', by: 'staff', ref: 'a', tellable: true },
    ],
  },
  refunds: { are: 'told', items: [{ id: 'rf', state: 'processing', route: 'original', amount: eur('850.00'), late: false, reference: '7453' }] },
  disputes: { are: 'silent', items: [] },
  ...more,
});

type Answer = (method: string, path: string, body?: unknown) => unknown;

function panel(answer: Answer, status = 'open', role = 'agent') {
  const call = vi.fn((method: string, path: string, body?: unknown) =>
    new Promise((resolve, reject) => {
      try {
        resolve(answer(method, path, body));
      } catch (e) {
        reject(e as Error);
      }
    }),
  );
  const desk = { tag: 'en', me: { role }, open: vi.fn(), toasts: { say: vi.fn() }, api: { call } };
  const thread = { id: 'one', conversation: { status }, draft: 'I see it:\n', note: false, lines: [], typed: vi.fn(), customer: { conversations: [{ id: 'two', topic: 'Refund', created_at: 1_500_000 }] } };
  render(WalletPanel, { desk: desk as unknown as Desk, m: en, thread: thread as unknown as Thread, customer: 'anna' });
  return { desk, thread, call };
}

const whole: Answer = (_, path) => {
  if (path.endsWith('/wallet')) return view;
  if (path.endsWith('/transactions')) return { items: [tx('t1'), tx('t2', { direction: 'in', amount: eur('15.50'), party: 'Lea H.', plain: { key: 'posted', tone: 'done' }, at: 1_000_000 })] };
  if (path.endsWith('/reveal')) return { value: '+49 170 5550142', expires_at: Date.now() * 1000 + 300_000_000 };
  return told();
};

beforeAll(() => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
});
afterEach(cleanup);

test('what the wallet says, with every state in words', async () => {
  panel(whole);
  await screen.findByText('Hausverwaltung K.');
  expect(screen.getByText('Late')).toBeTruthy();
  expect(screen.getByText('−€850.00')).toBeTruthy();
  expect(screen.getByText('+€15.50')).toBeTruthy();
  expect(screen.getByText('Needs large type')).toBeTruthy();
  expect(screen.getByText('Frozen')).toBeTruthy();
  expect(screen.getByText('No money out')).toBeTruthy();
  expect(screen.getByText('€3.00 on its way out')).toBeTruthy();
  expect(document.body.textContent).toContain('ETH\u00a00.007999…');
  expect(document.body.textContent).not.toContain('170 5550142');
  const rows = [...document.querySelectorAll('.rows .row')].map((r) => r.textContent);
  expect(rows[1]).toContain('Asked about: Refund'); // between the two, in time
});

test('of a finished conversation nobody asks what is done in it, but who sees everything', async () => {
  const asked = (call: { mock: { calls: unknown[][] } }) => call.mock.calls.filter(([, path]) => /\/runs|\/acts/.test(path as string)).length;
  const agent = panel(whole, 'resolved');
  await screen.findByText(en.walk.finished);
  expect(asked(agent.call)).toBe(0);
  cleanup();
  const supervisor = panel(whole, 'resolved', 'supervisor');
  await screen.findByText('Hausverwaltung K.');
  expect(asked(supervisor.call)).toBe(2);
  expect(screen.queryByText(en.walk.finished)).toBeNull();
});

test('a wallet that does not answer is told as one, and asked again', async () => {
  let down = true;
  const { call } = panel((method, path, body) => {
    if (down) throw new Problem(503, 'unavailable');
    return whole(method, path, body);
  });
  await screen.findByText(walletEn.silent);
  down = false;
  await fireEvent.click(screen.getByRole('button', { name: walletEn.retry }));
  await screen.findByText('Hausverwaltung K.');
  expect(call.mock.calls.filter(([, path]) => path.includes('/wallet'))).toHaveLength(3);
});

test('a customer whom the wallet does not know', async () => {
  panel(() => {
    throw new Problem(404, 'not_found');
  });
  await screen.findByText(walletEn.none);
});

test('no transactions at all, and none that fit', async () => {
  panel((method, path, body) => (path.endsWith('/transactions') ? { items: [] } : whole(method, path, body)));
  await screen.findByText(walletEn.noTransactions);
  await fireEvent.input(screen.getByLabelText(walletEn.search), { target: { value: 'nobody' } });
  await screen.findByText(walletEn.nothingFound);
  await fireEvent.click(screen.getByRole('button', { name: walletEn.clear }));
  await screen.findByText(walletEn.noTransactions);
});

test('a field is revealed for a reason, and hidden again', async () => {
  const { call } = panel(whole);
  await fireEvent.click(await screen.findByRole('button', { name: 'Reveal Phone' }));
  const reveal = screen.getByRole('button', { name: walletEn.revealDo });
  expect((reveal as HTMLButtonElement).disabled).toBe(true);
  await fireEvent.input(screen.getByLabelText(walletEn.revealWords), { target: { value: 'the line broke off' } });
  await fireEvent.submit(reveal.closest('dialog')!.querySelector('form')!);
  await screen.findByText('+49 170 5550142');
  expect(call).toHaveBeenLastCalledWith('POST', '/v1/customers/anna/wallet/reveal', {
    conversation: 'one', field: 'customer.phone', object: '0', reason: 'identify_customer', text: 'the line broke off',
  });
  await fireEvent.click(screen.getByRole('button', { name: 'Hide Phone' }));
  await waitFor(() => expect(screen.queryByText('+49 170 5550142')).toBeNull());
});

test('of two numbers the one that was asked for is shown, and the other stays masked', async () => {
  const two = { ...view, handles: [...view.handles, { kind: 'phone', masked: '+49 ••••42' }] };
  const { call } = panel((method, path, body) => (path.endsWith('/wallet') ? two : whole(method, path, body)));
  await fireEvent.click((await screen.findAllByRole('button', { name: 'Reveal Phone' }))[1]!);
  await fireEvent.input(screen.getByLabelText(walletEn.revealWords), { target: { value: 'the line broke off' } });
  await fireEvent.submit(screen.getByRole('button', { name: walletEn.revealDo }).closest('dialog')!.querySelector('form')!);
  await screen.findByText('+49 170 5550142');
  expect(call.mock.lastCall![2]).toMatchObject({ field: 'customer.phone', object: '1' });
  expect(screen.getAllByText('+49 170 5550142')).toHaveLength(1);
  expect(screen.getAllByText('+49 ••••42')).toHaveLength(1);
});

test('a payment that moved from one page to the next stands there once', async () => {
  panel((method, path, body) => {
    if (!path.endsWith('/transactions')) return whole(method, path, body);
    return (body as { cursor?: string }).cursor ? { items: [tx('t2', { party: 'Second' }), tx('t3', { party: 'Third' })] } : { items: [tx('t1', { party: 'First' }), tx('t2', { party: 'Second' })], next: 'more' };
  });
  await fireEvent.click(await screen.findByRole('button', { name: walletEn.more }));
  await screen.findByText('Third');
  expect(screen.getAllByText('Second')).toHaveLength(1);
});

test('who has not the conversation is told to take it', async () => {
  panel((method, path, body) => {
    if (path.endsWith('/reveal')) throw new Problem(403, 'forbidden');
    return whole(method, path, body);
  });
  await fireEvent.click(await screen.findByRole('button', { name: 'Reveal Name' }));
  await fireEvent.input(screen.getByLabelText(walletEn.revealWords), { target: { value: 'to be quite sure' } });
  await fireEvent.submit(screen.getByRole('button', { name: walletEn.revealDo }).closest('dialog')!.querySelector('form')!);
  await screen.findByText(walletEn.revealForbidden);
});

test('one transaction: what not to say, and into the reply', async () => {
  const { thread } = panel(whole);
  await fireEvent.click(await screen.findByText('Hausverwaltung K.'));
  await screen.findByText(storyEn.why.fraud!);
  await fireEvent.click(screen.getByRole('button', { name: walletEn.put }));
  // It is typed: what is merely shown would be gone with the page.
  const [said] = thread.typed.mock.calls[0] as [string];
  expect(said).toMatch(/^I see it:\n\S/);
  expect(said).toContain('€850.00');
  expect(said).toContain('(t1)');
  expect(said).not.toContain('Hausverwaltung'); // a person's name is not put into words
});

const opened = async (more: Partial<Story> = {}) => {
  const made = panel((method, path, body) => (path.includes('/story') ? told(more) : whole(method, path, body)));
  await fireEvent.click(await screen.findByText('Hausverwaltung K.'));
  await screen.findByText(storyEn.maySay);
  return made;
};
const box = (name: string) => screen.getByRole('heading', { name: new RegExp(`^${name}`) }).closest('section')!;

test('where the money is, why, what to say and what not', async () => {
  const { thread, call } = await opened();
  expect(call).toHaveBeenCalledWith('GET', '/v1/customers/anna/wallet/transactions/t1/story?lang=en');
  expect(box(storyEn.money)).toHaveTextContent('€850.00 has left the account and should have arrived by');
  expect(screen.getByText(storyEn.agrees)).toBeVisible();
  expect(box(storyEn.unsaid)).toHaveTextContent('Suspected fraud');
  const may = box(storyEn.maySay);
  expect(may).not.toHaveTextContent(/fraud|59|VELOCITY/i);
  await fireEvent.click(screen.getByRole('button', { name: storyEn.use }));
  const [said] = thread.typed.mock.calls[0] as [string];
  expect(said).toBe(`I see it:\n${may.querySelector('blockquote')!.textContent}`); // exactly what was shown
  expect(said).toContain('€850.00');
  expect(said).not.toMatch(/\{|fraud|VELOCITY/i);
});

test('one line of time, from every side, the newest first', async () => {
  await opened();
  const events = [...box(storyEn.timeline).querySelectorAll('li')].map((li) => li.textContent!.replace(/\s+/g, ' '));
  expect(events[0]).toContain('Stop all payments from my wallet: done');
  expect(events[0]).toContain('Done here by staff');
  expect(events[1]).toContain('Why did my payment fail?: over');
  expect(events[2]).toContain(storyEn.notForThem);
  expect(events[2]).toContain('59');
  expect(events[3]).toContain('Begun');
  expect(events[3]).not.toContain(storyEn.notForThem);
  expect(screen.getByText('7453')).toBeVisible();
  expect(box(storyEn.disputes)).toHaveTextContent(storyEn.are.silent!);
});

test('until when a dispute takes something is told beside it, where it does', async () => {
  const dispute = { id: 'dp', state: 'open', claim: 'scam', amount: eur('850.00'), credited: false };
  await opened({ disputes: { are: 'told', items: [{ ...dispute, evidence_by: '2031-01-05T10:00:00Z' }] } });
  expect(box(storyEn.disputes)).toHaveTextContent(/Something can be added until .*2031/);
  cleanup();
  await opened({ disputes: { are: 'told', items: [dispute] } });
  expect(box(storyEn.disputes)).not.toHaveTextContent('Something can be added');
});

test('what is withheld is said to be so, and a code in no table too', async () => {
  await opened({ cause: undefined, withheld: true, timeline: { from: 'history', items: [], left: 2 } });
  expect(box(storyEn.unsaid)).toHaveTextContent(storyEn.withheld);
  expect(screen.getByText(storyEn.fromHistory)).toBeVisible();
  expect(screen.getByText(storyEn.leftOut(2))).toBeVisible();
  expect(document.body.textContent).not.toContain('59');
  cleanup();
  await opened({ cause: { code: 'unmapped', said: 'unmapped', source: 'issuer', rail: 'card', raw_code: 'XQ', mapped: 'unmapped', known: false, agrees: false, untold: 'unmapped' } });
  expect(screen.getByText(storyEn.unknownCode)).toBeVisible();
  cleanup();
  await opened({ cause: { code: 'expired_instrument', said: 'expired_instrument', source: 'issuer', rail: 'card', raw_code: '51', mapped: 'insufficient_funds', known: true, agrees: false, text: 'The card is past its date.' } });
  expect(screen.getByText(storyEn.disagrees('Not enough available balance'))).toBeVisible();
  expect(screen.getByText('The card is past its date.')).toBeVisible();
});

test('a customer of another language is told what there is none in theirs', async () => {
  await opened({ say: { ...told().say, wanted: 'ar', language: 'en' } });
  expect(screen.getByText(storyEn.noLanguage('Arabic', 'English'))).toBeVisible();
});

test('money and time as the customer reads them, where they are', () => {
  const say = { ...told().say, language: 'zh', money: { key: 'late', text: '{amount} 本应在 {by} 前到账。', figures: late.figures }, text: '请稍候。', retry: undefined };
  expect(sayable(say, 'Asia/Shanghai')).toBe('€850.00 本应在 11月27日 GMT+8 17:00 前到账。请稍候。');
  expect(sayable(say, 'Nowhere/Atall')).toContain('€850.00');
});

test('a wallet that takes its time, and one that does not answer, keep what the list knows', async () => {
  let down = true;
  panel((method, path, body) => {
    if (!path.includes('/story')) return whole(method, path, body);
    if (down) throw new Problem(503, 'unavailable');
    return told();
  });
  await fireEvent.click(await screen.findByText('Hausverwaltung K.'));
  await screen.findByText(walletEn.silent);
  expect(screen.getAllByText('−€850.00').length).toBeGreaterThan(1);
  expect(screen.queryByText(storyEn.maySay)).toBeNull();
  down = false;
  await fireEvent.click(screen.getByRole('button', { name: walletEn.retry }));
  await screen.findByText(storyEn.maySay);
});

test('a flag that the wallet names twice is shown once, and two sums in one currency are two', async () => {
  const account = view.accounts[1]!;
  panel((method, path, body) => (path.endsWith('/wallet') ? { ...view, flags: ['large_type', 'large_type'], accounts: [{ ...account, balances: [account.balances[0], account.balances[0]] }] } : whole(method, path, body)));
  await screen.findByText('Hausverwaltung K.');
  expect(screen.getAllByText(walletEn.flags.large_type!)).toHaveLength(1);
  expect(screen.getAllByTitle(/€7\.00|7\.00/)).toHaveLength(2);
});

test('what is asked of the wallet', () => {
  expect(asked(everything)).toEqual({ limit: 20 });
  expect(asked({ ...everything, text: ' k ' })).toEqual({ limit: 20 });
  const day = asked({ ...everything, text: 'kr', states: 'done', kind: 'bill', from: '2026-11-24', to: '2026-11-24', min: '5' }, 'next') as Record<string, number>;
  expect(day).toMatchObject({ text: 'kr', states: ['posted'], kinds: ['bill'], min: '5', cursor: 'next' });
  expect(day.to! - day.from!).toBe(24 * 3600 * 1_000_000);
});

test('both languages tell a story alike', () => {
  const keys = (o: object): string[] => Object.entries(o).flatMap(([k, v]) => (typeof v === 'object' && v !== null ? keys(v as object).map((x) => `${k}.${x}`) : [k]));
  expect(keys(storyZh)).toEqual(keys(storyEn));
});

test('both languages have a word for everything that a wallet says', () => {
  for (const words of [walletEn, walletZh]) {
    for (const state of [...Object.values(statesOf).flat(), 'late']) expect(words.state[state]).toBeTruthy();
    for (const kind of kinds) expect(words.kind[kind]).toBeTruthy();
    expect(words.failure.undisclosed).toBeTruthy();
    expect(Object.keys(words.failure)).toEqual(Object.keys(walletEn.failure));
  }
});
