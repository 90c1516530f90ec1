import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { createRawSnippet } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { en as m } from '../messages/en.ts';
import { Waiting } from '../settings/waiting.svelte.ts';
import { Api } from '../shell/api.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import Accounts from './Accounts.svelte';

afterEach(cleanup);

test('a role that waits for approval is not shown as the present one, and what it waits for is said until it is decided', async () => {
  const mei = { id: 'm'.repeat(26), name: 'Mei', email: 'mei@example.org', role: 'agent' };
  let requests: object[] = [];
  const api = new Api(async (input, init) => {
    const path = new URL(String(input), 'https://desk.example').pathname;
    if (init?.method === 'PATCH' || init?.method === 'PUT') {
      requests = [{ id: 'r', kind: 'staff.change', subject: `staff/${mei.id}`, payload: { id: mei.id, name: 'Mei', was_role: 'agent', was_disabled: false, role: 'admin' }, maker: { id: 'olga', name: 'Olga' }, expires_at: (Date.now() + 60_000) * 1000, may_decide: false }];
      return Response.json({ approval: 'r' }, { status: 202 });
    }
    if (path === '/v1/approvals') return Response.json({ items: requests });
    if (path === '/v1/staff') return Response.json({ items: [mei] });
    return Response.json({ items: [] });
  });
  const said: string[] = [];
  const desk = { tag: 'en', language: 'en', api, me: { id: 'olga', role: 'owner' }, waiting: new Waiting(api), teams: { find: () => undefined }, toasts: { say: (text: string) => said.push(text) } };
  desk.waiting.open();
  render(Accounts, { desk: desk as unknown as Desk, m, tabs: createRawSnippet(() => ({ render: () => '<i></i>' })) });
  const role = () => screen.findByLabelText<HTMLSelectElement>(`${m.access.people.role}: Mei`);
  await fireEvent.change(await role(), { target: { value: 'admin' } });
  await screen.findByText(m.access.people.waitsRole(m.role.admin!, 'Olga'));
  expect((await role()).value).toBe('agent');
  expect((await role()).disabled).toBe(true);
  expect(said).toEqual([m.access.people.pending]);
  mei.role = 'admin';
  requests = [];
  desk.waiting.stale();
  await vi.waitFor(async () => expect((await role()).value).toBe('admin'));
  expect((await role()).disabled).toBe(false);
  desk.waiting.close();
});
