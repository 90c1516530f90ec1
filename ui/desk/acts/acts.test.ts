import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Change } from '../../kit/protocol/client.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import { Problem, type Api } from '../shell/api.ts';
import { actEn } from '../messages/act.en.ts';
import { actZh } from '../messages/act.zh.ts';
import { en } from '../messages/en.ts';
import { moneyText } from '../../kit/text/money.ts';
import { cardOf, sumOf, type Act } from './act.ts';
import ActRequests from './ActRequests.svelte';
import { Acts } from './acts.svelte.ts';
import ActsPanel from './ActsPanel.svelte';

const act = (more: Partial<Act> = {}): Act => ({
  id: 'a1', conv: 'c1', customer: 'anna', act: 'freeze', state: 'proposed', does: { effects: ['payments_stop'], reversible: true }, hash: 'h'.repeat(64), level: 1, four_eyes: false,
  maker: { kind: 'staff', id: 's1' }, created_at: 1_700_000_000_000_000, changed_at: 1_700_000_000_000_000, may_confirm: true, may_start: false, may_cancel: true, may_decide: false, ...more,
});
const card = { id: 'card-1', type: 'card', brand: 'Visa', last4: '4242', status: 'active', default: true };

type Answer = (method: string, path: string, body?: Record<string, unknown>) => unknown;

function panel(answer: Answer, offers = ['freeze', 'instrument_block', 'refund'], frozen = false) {
  const call = vi.fn(async (method: string, path: string, body?: Record<string, unknown>) => {
    await Promise.resolve();
    return path === '/v1/act-offers' ? { acts: offers } : answer(method, path, body);
  });
  const acts = new Acts({ call } as unknown as Api, 'c1');
  const onwalk = vi.fn();
  const onsaid = vi.fn();
  render(ActsPanel, { m: en, tag: 'en', acts, instruments: [card, { ...card, id: 'old', status: 'expired' }], frozen, onwalk, onsaid });
  return { acts, call, onwalk, onsaid };
}

beforeAll(() => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
});
afterEach(cleanup);

test('what may be done now, what needs the customer, and what this wallet does not do', async () => {
  const { acts, onwalk } = panel(() => ({ items: [] }));
  await screen.findByRole('button', { name: 'Freeze the wallet' });
  expect(screen.getByRole('button', { name: 'Block a card' })).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Sign out everywhere' })).toBeNull();
  expect(screen.getByText(/^Refund: only with the customer’s yes/)).toBeVisible();
  expect(screen.getByText(/does not do: .*sign out everywhere/)).toBeVisible();
  await fireEvent.click(screen.getByRole('button', { name: en.walk.go }));
  expect(onwalk).toHaveBeenCalled();
  acts.leave();
});

test('a card is blocked after exactly that was shown and agreed to', async () => {
  const proposed = act({ act: 'instrument_block', target: 'card-1', does: { destination: 'Visa •••• 4242', effects: ['instrument_stops'], reversible: false } });
  const { acts, call, onsaid } = panel((_, path) => {
    if (path.endsWith('/acts')) return { act: proposed };
    if (path.endsWith('/confirm')) return act({ ...proposed, state: 'confirmed', may_confirm: false, may_start: true });
    if (path.endsWith('/start')) return act({ ...proposed, state: 'sent', may_confirm: false });
    return { items: [] };
  });
  await fireEvent.click(await screen.findByRole('button', { name: 'Block a card' }));
  expect(call.mock.calls.filter(([method]) => method === 'POST')).toHaveLength(0);
  await fireEvent.submit(screen.getByRole('button', { name: actEn.workOut }).closest('dialog')!.querySelector('form')!);
  await screen.findByText('Visa •••• 4242');
  expect(call).toHaveBeenCalledWith('POST', '/v1/conversations/c1/acts', { act: 'instrument_block', reason: 'customer_asked', target: 'card-1' });
  expect(screen.getByText(en.flow.effects.instrument_stops!)).toBeVisible();
  expect(call.mock.calls.some(([, path]) => path.endsWith('/confirm'))).toBe(false);
  await fireEvent.click(screen.getByRole('button', { name: actEn.yes }));
  await waitFor(() => expect(onsaid).toHaveBeenCalledWith(actEn.begun));
  expect(call).toHaveBeenCalledWith('POST', '/v1/acts/a1/confirm', { hash: proposed.hash });
  expect(call).toHaveBeenCalledWith('POST', '/v1/acts/a1/start');
  acts.leave();
});

test('why it is not allowed is said in words, and nothing is agreed to', async () => {
  const { acts } = panel((_, path) => (path.endsWith('/acts') ? { refused: 'too_many' } : { items: [] }));
  await fireEvent.click(await screen.findByRole('button', { name: 'Freeze the wallet' }));
  await fireEvent.submit(screen.getByRole('button', { name: actEn.workOut }).closest('dialog')!.querySelector('form')!);
  expect(await screen.findByRole('alert')).toHaveTextContent(actEn.refusals.too_many!);
  expect(screen.queryByRole('button', { name: actEn.yes })).toBeNull();
  acts.leave();
});

test('what has changed meanwhile is not done', async () => {
  const { acts, call, onsaid } = panel((_, path) => {
    if (path.endsWith('/confirm')) throw new Problem(409, 'conflict');
    return { items: [act()] };
  });
  await fireEvent.click(await screen.findByRole('button', { name: actEn.look }));
  await fireEvent.click(screen.getByRole('button', { name: actEn.yes }));
  expect(await screen.findByRole('alert')).toHaveTextContent(actEn.changed);
  expect(onsaid).not.toHaveBeenCalled();
  expect(call.mock.calls.some(([, path]) => path.endsWith('/start'))).toBe(false);
  acts.leave();
});

test('each act says how far it is, and what one may give up can be given up', async () => {
  const { acts, call } = panel((_, path) =>
    path.endsWith('/cancel') ? act({ state: 'cancelled' }) : { items: [act({ id: 'old', state: 'failed', refusal: 'already_done', may_confirm: false, may_cancel: false }), act({ id: 'a2', state: 'waiting', may_confirm: false })] },
  );
  const lines = (await screen.findAllByText(/^Freeze the wallet/)).filter((e) => e.closest('li')).map((e) => e.closest('li')!.textContent);
  expect(lines[0]).toContain(actEn.states.waiting!);
  expect(lines[1]).toContain(actEn.refusals.already_done!);
  await fireEvent.click(screen.getByRole('button', { name: actEn.cancel }));
  await waitFor(() => expect(call).toHaveBeenCalledWith('POST', '/v1/acts/a2/cancel'));
  acts.leave();
});

test('a wallet that does nothing shows nothing', async () => {
  const { acts } = panel(() => ({ items: [] }), []);
  await waitFor(() => expect(acts.offers).toEqual([]));
  expect(screen.queryByText(actEn.title)).toBeNull();
  acts.leave();
});

function requests(items: Act[], fail?: Problem) {
  const call = vi.fn(async (method: string) => {
    await Promise.resolve();
    if (method === 'POST' && fail) throw fail;
    return method === 'GET' ? { items } : items[0];
  });
  const desk = { tag: 'en', open: vi.fn(), toasts: { say: vi.fn() }, waiting: { readings: 0 }, api: { call } };
  render(ActRequests, { desk: desk as unknown as Desk, m: en });
  return { call, desk };
}
const eur = (amount: string) => ({ amount, currency: 'EUR', scale: 2 });
const refund = act({ act: 'refund', state: 'waiting', level: 2, four_eyes: true, maker: { kind: 'customer', id: 'x' }, does: { amount: eur('850.00'), destination: 'Visa •••• 4242', reversible: false }, may_confirm: false, may_decide: true });

test('the second person agrees to exactly what is drawn', async () => {
  const { call, desk } = requests([refund]);
  await screen.findByText('€850.00');
  expect(screen.getByText('Visa •••• 4242')).toBeVisible();
  await fireEvent.click(screen.getByRole('button', { name: actEn.approve }));
  await waitFor(() => expect(call).toHaveBeenCalledWith('POST', '/v1/acts/a1/approve', { hash: refund.hash }));
  await waitFor(() => expect(desk.toasts.say).toHaveBeenCalledWith(actEn.approved));
});

test('the second person sees all of what they agree to, in either language', async () => {
  const dispute = act({
    act: 'dispute', state: 'waiting', target: 'tx-1', also: ['tx-2', 'tx-3'], amount: eur('20.00'), reason: 'unknown_payments', expect: 'posted', details: [{ name: 'claim', text: 'unauthorised' }, { name: 'shop', text: 'Corner <b>Cafe</b>' }],
    does: { amount: eur('20.00'), fees: [{ kind: 'handling', amount: eur('1.50') }], effects: ['signed_out', 'something_else'], reversible: false, state: 'disputed' }, may_decide: true,
  });
  requests([dispute]);
  for (const text of ['tx-1', 'tx-2', 'tx-3', actEn.exact.also(2), actEn.reasons.unknown_payments, actEn.exact.claims.unauthorised!, 'Corner <b>Cafe</b>', '€1.50', 'something_else', en.wallet.state.posted!, en.wallet.state.disputed!, dispute.hash.slice(0, 16)]) {
    expect((await screen.findAllByText(text))[0]).toBeVisible();
  }
  expect(screen.getByText(actEn.effects.signed_out!)).toBeVisible();
});

test('what cannot be read, or may have happened, is decided by nobody', async () => {
  requests([{ ...refund, state: 'unknown', may_decide: false, unreadable: true, hash: '' }]);
  await screen.findByText(actEn.unreadable);
  expect(screen.queryByRole('button', { name: actEn.approve })).toBeNull();
  cleanup();
  requests([{ ...refund, state: 'unknown', may_decide: false }]);
  await screen.findByText(actEn.inDoubt);
  expect(screen.queryByRole('button', { name: actEn.approve })).toBeNull();
  cleanup();
  const { acts } = panel(() => ({ items: [act({ state: 'unknown', unreadable: true, may_confirm: false, may_cancel: false })] }));
  await screen.findByText(actEn.unreadableShort);
  acts.leave();
});

test('what is frozen is not offered to be frozen', async () => {
  const { acts } = panel(() => ({ items: [] }), ['freeze', 'instrument_block'], true);
  await screen.findByText(actEn.frozen);
  expect(screen.queryByRole('button', { name: 'Freeze the wallet' })).toBeNull();
  expect(screen.getByRole('button', { name: 'Block a card' })).toBeVisible();
  acts.leave();
});

test('a refusal has a reason, and who wanted it cannot decide it', async () => {
  const { call } = requests([refund]);
  await fireEvent.click((await screen.findAllByRole('button', { name: actEn.reject }))[0]!);
  const no = screen.getAllByRole('button', { name: actEn.reject }).at(-1)!;
  expect(no).toBeDisabled();
  await fireEvent.input(screen.getByLabelText(actEn.rejectWhy), { target: { value: 'paid out already' } });
  await fireEvent.click(no);
  await waitFor(() => expect(call).toHaveBeenCalledWith('POST', '/v1/acts/a1/reject', { reason: 'paid out already' }));
  cleanup();
  requests([{ ...refund, may_decide: false }]);
  await screen.findByText(actEn.notYou);
  expect(screen.queryByRole('button', { name: actEn.approve })).toBeNull();
});

test('what has moved meanwhile is said to have moved', async () => {
  const { desk } = requests([refund], new Problem(409, 'conflict'));
  await fireEvent.click(await screen.findByRole('button', { name: actEn.approve }));
  await waitFor(() => expect(desk.toasts.say).toHaveBeenCalledWith(actEn.moved, 'danger', 10_000));
});

test('a card says when it is there in the form that the kit reads', () => {
  expect(cardOf(act({ does: { arrives_by: 1_700_000_000_000_000, reversible: true } }), 'points').act!.arrives_by).toBe('2023-11-14T22:13:20.000Z');
});

test('points of an act are counted, and no currency', () => {
  const redeem = act({ act: 'points_redeem', does: { amount: { amount: '500', currency: 'PTS', scale: 0 }, reversible: false } });
  expect(cardOf(redeem, '积分').act!.amount).toEqual({ amount: '500', currency: '积分', scale: 0 });
  expect(moneyText(sumOf(redeem, 'points')!, 'en')).toBe('500\u00a0points');
  expect(moneyText(sumOf(redeem, '积分')!, 'zh-CN')).toBe('500\u00a0积分');
  expect(sumOf(refund, 'points')).toEqual(eur('850.00'));
});

test('both languages have the same words', () => {
  const keys = (o: object): string[] => Object.entries(o).flatMap(([k, v]) => (typeof v === 'object' && v !== null ? keys(v as object).map((x) => `${k}.${x}`) : [k]));
  expect(keys(actZh)).toEqual(keys(actEn));
});

test('what happens to an act is told by the connection, and read once for all that comes together', async () => {
  const ears = new Set<(change: Change) => void>();
  const client = { state: 'open' as const, on: (ear: (change: Change) => void) => (ears.add(ear), () => ears.delete(ear)) };
  let state: Act['state'] = 'sent';
  const call = vi.fn((_: string, path: string) => Promise.resolve(path === '/v1/act-offers' ? { acts: [] } : { items: [act({ state })] }));
  const acts = new Acts({ call } as unknown as Api, 'c1', client);
  const read = () => call.mock.calls.filter(([, path]) => path !== '/v1/act-offers').length;
  await vi.waitFor(() => expect(acts.items?.[0]?.state).toBe('sent'));
  state = 'succeeded';
  const tell = (conv: string, revision: number) => ears.forEach((ear) => ear({ what: 'act', conv, act: 'a1', revision }));
  tell('another', 2);
  tell('c1', 2);
  tell('c1', 3);
  await vi.waitFor(() => expect(acts.items?.[0]?.state).toBe('succeeded'));
  expect(read()).toBe(2);
  acts.leave();
  expect(ears.size).toBe(0);
});
