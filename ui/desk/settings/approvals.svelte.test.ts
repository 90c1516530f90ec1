import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import { en as m } from '../messages/en.ts';
import { Api } from '../shell/api.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import { SettingsApi, type Approval } from './api.ts';
import Approvals from './Approvals.svelte';
import { en as w } from './messages/en.ts';
import { en as k } from './programs/messages/en.ts';

afterEach(cleanup);

const issuer = { issuer: 'https://old.example', audience: 'kefu', keys: [] };
const asks = (n: number): Partial<Approval> => ({
  id: `r${n}`, kind: 'setting.save', subject: `setting/issuer/i${n}`, summary: `Request ${n}`, payload: { kind: 'issuer', id: `i${n}`, revision: 2, value: issuer },
  maker: { id: 'adam', name: 'Adam' }, created_at: 1, expires_at: 2, state: 'pending', may_decide: true, may_withdraw: false,
});

function show(pages: Partial<Approval>[][], archived: boolean) {
  const api = new Api(async (input) => {
    const at = new URL(String(input), 'https://desk.example');
    if (at.pathname === '/v1/approvals') {
      const n = Number(at.searchParams.get('cursor') ?? 0);
      return Response.json({ items: pages[n], ...(n + 1 < pages.length && { next: String(n + 1) }) });
    }
    return Response.json({ id: at.pathname.split('/').at(-1), revision: 2, archived, value: issuer });
  });
  render(Approvals, { desk: { tag: 'en', me: { id: 'olga', role: 'owner' } } as unknown as Desk, m, w, k, api: new SettingsApi(api), ondecided: () => undefined });
}

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
