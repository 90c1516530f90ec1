import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { en as m } from '../messages/en.ts';
import { Api, Problem } from '../shell/api.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import { SettingsApi, type Approval } from './api.ts';
import Approvals from './Approvals.svelte';
import { en as w } from './messages/en.ts';
import { en as k } from './programs/messages/en.ts';
import { Waiting } from './waiting.svelte.ts';

afterEach(cleanup);

const issuer = { issuer: 'https://old.example', audience: 'kefu', keys: [] };
const asks = (n: number): Partial<Approval> => ({
  id: `r${n}`, kind: 'setting.save', subject: `setting/issuer/i${n}`, summary: `Request ${n}`, payload: { kind: 'issuer', id: `i${n}`, revision: 2, value: issuer },
  maker: { id: 'adam', name: 'Adam' }, created_at: 1, expires_at: 2, state: 'pending', may_decide: true, may_withdraw: false,
});

function show(pages: Partial<Approval>[][], archived: boolean, waiting: Pick<Waiting, 'readings'> = { readings: 0 }) {
  const api = new Api(async (input) => {
    const at = new URL(String(input), 'https://desk.example');
    if (at.pathname === '/v1/approvals') {
      const n = Number(at.searchParams.get('cursor') ?? 0);
      return Response.json({ items: pages[n], ...(n + 1 < pages.length && { next: String(n + 1) }) });
    }
    return Response.json({ id: at.pathname.split('/').at(-1), revision: 2, archived, value: issuer });
  });
  render(Approvals, { desk: { tag: 'en', me: { id: 'olga', role: 'owner' }, waiting } as unknown as Desk, m, w, k, api: new SettingsApi(api), ondecided: () => undefined });
}

test('acts in the wallet that wait are counted, for those who may decide them', async () => {
  const call = vi.fn(async (_: string, path: string) => ({ items: path.startsWith('/v1/acts') ? [{ id: 'a', may_decide: true }, { id: 'b', may_decide: false }] : [asks(1)] }));
  const counts = async (changes: boolean, acts: boolean) => {
    const waiting = new Waiting({ call } as never);
    waiting.open({ changes, acts });
    await waiting.read();
    waiting.close();
    waiting.open({ changes, acts });
    await waiting.read();
    const n = waiting.count;
    waiting.close();
    return [n, waiting.count];
  };
  expect(await counts(true, true)).toEqual([2, 0]); // an owner
  expect(await counts(false, true)).toEqual([1, 0]); // a supervisor
  call.mockClear();
  expect(await counts(true, false)).toEqual([1, 0]); // an admin, who decides over no acts
  expect(call.mock.calls.some(([, path]) => path.startsWith('/v1/acts'))).toBe(false);
});

test('without a wallet the rest is counted', async () => {
  const call = async (_: string, path: string) => {
    if (path.startsWith('/v1/acts')) throw new Problem(404, 'not_found');
    return { items: [asks(1)] };
  };
  const waiting = new Waiting({ call } as never);
  waiting.open({ changes: true, acts: true });
  await waiting.read();
  expect(waiting.count).toBe(1);
  waiting.close();
});

// Nothing of its value differs, and yet whoever it trusts is trusted again.
test('who approves sees that something comes back into use', async () => {
  show([[asks(1)]], true);
  await screen.findByText(w.edit.unarchive);
});

test('a change of what is in use says nothing of the kind', async () => {
  show([[asks(1)]], false);
  await screen.findByText(/Request 1/);
  expect(screen.queryByText(w.edit.unarchive)).toBeNull();
});

test('all that waits is seen, however much it is', async () => {
  show([[asks(1)], [asks(2)], [asks(3)]], false);
  await screen.findByText(/Request 3/);
  expect(screen.getAllByRole('listitem')).toHaveLength(3);
});

test('what a colleague asks for or decides meanwhile is seen without a reload', async () => {
  const pages = [[asks(1)]];
  const waiting = new Waiting({ call: async () => ({ items: pages[0] }) } as never);
  show(pages, false, waiting);
  await screen.findByText(/Request 1/);
  pages[0] = [asks(1), asks(2)];
  waiting.open();
  await screen.findByText(/Request 2/);
  pages[0] = [];
  waiting.stale();
  await screen.findByText(w.approvals.none);
  waiting.close();
});

test('the number is of those that one may decide, and is read anew once for many changes', async () => {
  vi.useFakeTimers({ now: 1_000 });
  let items: Partial<Approval>[] = [asks(1), { ...asks(2), may_decide: false }];
  const call = vi.fn(async () => ({ items: items.map((a) => ({ ...a, expires_at: 3_600_000_000 })) }));
  const waiting = new Waiting({ call } as never);
  waiting.stale();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(call).not.toHaveBeenCalled(); // nobody is signed in
  waiting.open();
  await vi.advanceTimersByTimeAsync(0);
  expect([waiting.count, waiting.all.length]).toEqual([1, 2]);
  items = [asks(1), asks(3)];
  for (let n = 0; n < 5; n++) waiting.stale();
  await vi.advanceTimersByTimeAsync(400);
  expect([waiting.count, call.mock.calls.length]).toEqual([2, 2]);
  items = [];
  await vi.advanceTimersByTimeAsync(3_600_000); // they have expired
  expect(waiting.count).toBe(0);
  waiting.close();
  const calls = call.mock.calls.length;
  await vi.advanceTimersByTimeAsync(7_200_000);
  expect(call.mock.calls.length).toBe(calls);
  vi.useRealTimers();
});

test('who decides nothing sees what became of what they asked for, and is led to nothing of others', async () => {
  const asked: string[] = [];
  const api = new Api(async (input) => {
    const at = new URL(String(input), 'https://desk.example');
    asked.push(at.pathname + at.search);
    return Response.json({ items: [{ ...asks(1), kind: 'customer.erase', summary: 'K-1', maker: { id: 'paula', name: 'Paula' }, state: 'pending', may_decide: false, may_withdraw: true }] });
  });
  render(Approvals, { desk: { tag: 'en', me: { id: 'paula', role: 'privacy_officer' }, waiting: { readings: 0 } } as unknown as Desk, m, w, k, api: new SettingsApi(api), own: true, ondecided: () => undefined });
  expect(await screen.findByText(w.approvals.eraseCustomer('K-1'))).toBeTruthy();
  expect(screen.getByText(w.approvals.mine)).toBeTruthy();
  expect(screen.getByRole('button', { name: w.approvals.withdraw })).toBeTruthy();
  expect(screen.queryByRole('button', { name: w.approvals.approve })).toBeNull();
  screen.getByText(w.approvals.decided).click();
  await vi.waitFor(() => expect(asked.some((a) => a.startsWith('/v1/approvals?') && a !== asked[0])).toBe(true));
  expect(asked.every((a) => a.startsWith('/v1/approvals'))).toBe(true);
});
