import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { en as m } from '../messages/en.ts';
import { Api } from '../shell/api.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import { SettingsApi } from './api.ts';
import Deliveries from './automation/Deliveries.svelte';
import History from './History.svelte';
import { en as w } from './messages/en.ts';
import { en as k } from './programs/messages/en.ts';
import Programs from './programs/Programs.svelte';

// jsdom has no modal dialogs.
beforeAll(() => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
});
beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

/** A server of lists, one item a page, that answers only when it is let. */
function lists(item: (n: number, query: URLSearchParams) => object) {
  const waiting: (() => void)[] = [];
  let holds = false;
  const api = new Api(async (input) => {
    const { pathname, searchParams } = new URL(String(input), 'https://desk.example');
    if (pathname === '/v1/approvals') return Response.json({ items: [] });
    if (holds) await new Promise<void>((done) => waiting.push(done));
    const n = Number(searchParams.get('cursor') ?? searchParams.get('before') ?? 0);
    return Response.json({ items: [item(n, searchParams)], ...(n < 2 && { next: n + 1 }) });
  });
  const desk = { tag: 'en', language: 'en', api, me: { id: 'olga', role: 'owner' }, toasts: { say: () => undefined } } as unknown as Desk;
  return {
    api, desk,
    hold: () => void (holds = true),
    /** Lets the answers come, in any order. */
    come: async (order: (all: (() => void)[]) => (() => void)[] = (all) => all) => {
      holds = false;
      for (const one of order(waiting.splice(0))) {
        one();
        await vi.advanceTimersByTimeAsync(20);
      }
    },
  };
}
const rows = () => screen.getAllByRole('listitem', { hidden: true });

test.each(['history', 'keys', 'deliveries'])('pressing “More” twice brings a page once: %s', async (which) => {
  const person = { id: 'x', name: 'Adam' };
  const { api, desk, hold, come } = lists((n) => ({ id: `i${n}`, revision: 9 - n, name: `Key ${n}`, scopes: [], state: which === 'keys' ? 'active' : 'delivered', type: 'x', created_at: 1, created_by: person, changed_at: 1, changed_by: person, attempts: 1, value: {} }));
  if (which === 'history') render(History, { m, w, tag: 'en', api: new SettingsApi(api), kind: 'team', id: 'a', revision: 9, mayRestore: false, onrestore: () => undefined, onclose: () => undefined });
  else if (which === 'keys') render(Programs, { desk, m, w, k, api: new SettingsApi(api) });
  else render(Deliveries, { desk, m, w, item: { id: 'h', revision: 1, value: {} }, draft: {}, mayChange: true });
  const more = await screen.findByRole('button', { name: { history: w.history.more, keys: k.more, deliveries: w.webhook.more }[which]!, hidden: true });
  hold();
  await fireEvent.click(more);
  await fireEvent.click(more);
  await come();
  await vi.waitFor(() => expect(rows()).toHaveLength(2));
});

test('deliveries that are on their way are followed without losing what was read further down, or a filter', async () => {
  const { desk, hold, come } = lists((n, query) => ({ id: `${query.get('state') ?? 'any'} ${n}`, type: 'x', state: query.get('state') ?? 'pending', created_at: 1, attempts: 0 }));
  render(Deliveries, { desk, m, w, item: { id: 'h', revision: 1, value: {} }, draft: {}, mayChange: true });
  await fireEvent.click(await screen.findByRole('button', { name: w.webhook.more }));
  await vi.waitFor(() => expect(rows()).toHaveLength(2));
  await vi.advanceTimersByTimeAsync(6000);
  expect(rows()).toHaveLength(2);
  const filter = screen.getByLabelText(w.webhook.filter);
  hold();
  await fireEvent.change(filter, { target: { value: 'failed' } });
  await fireEvent.change(filter, { target: { value: 'delivered' } });
  await come((all) => all.toReversed());
  await vi.waitFor(() => expect(rows().map((r) => r.querySelector('.state')?.textContent)).toEqual([w.webhook.state.delivered]));
});
