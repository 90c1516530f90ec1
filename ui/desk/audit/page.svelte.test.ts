import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { en as m } from '../messages/en.ts';
import { Api } from '../shell/api.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import { en as days } from '../search/messages/en.ts';
import AuditPage from './AuditPage.svelte';

// jsdom has no popovers.
beforeAll(() => {
  HTMLElement.prototype.hidePopover = () => undefined;
});
afterEach(cleanup);

const w = m.access.audit;

test('what is shown goes on by the filters that it was found with, and so does the file', async () => {
  const asked: URLSearchParams[] = [];
  const api = new Api(async (input) => {
    const { pathname, searchParams } = new URL(String(input), 'https://desk.example');
    if (pathname === '/v1/audit/proof') return Response.json({ ok: true, proven: 0, proven_at: '', checked: 0, at: 0 });
    if (pathname !== '/v1/audit') return Response.json({ items: [] });
    asked.push(searchParams);
    const seq = Number(searchParams.get('before') ?? 9) - 1;
    return Response.json({ items: [{ seq, at: 1, actor_type: 'agent', actor_id: 'a', action: 'x.y', object_type: 'o', object_id: 'o', result: 'ok', previous: '' }], ...(seq > 6 && { next: seq }) });
  });
  vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: () => 'blob:x', revokeObjectURL: () => undefined }));
  const desk = { tag: 'en', language: 'en', api, me: { id: 'ada', role: 'auditor' }, failed: () => undefined };
  render(AuditPage, { desk: desk as unknown as Desk, m, path: [], words: days });
  const table = await screen.findByRole('table');
  const action = screen.getByLabelText(w.action);
  await fireEvent.input(action, { target: { value: 'staff.' } });
  await fireEvent.click(screen.getByRole('button', { name: w.more }));
  await fireEvent.click(screen.getByRole('button', { name: w.more }));
  await vi.waitFor(() => expect(within(table).getAllByRole('row')).toHaveLength(3));
  await fireEvent.click(screen.getByRole('button', { name: w.export }));
  await vi.waitFor(() => expect(asked).toHaveLength(5));
  expect(asked.map((query) => query.get('action'))).toEqual(Array(5).fill(null));
  await fireEvent.click(screen.getByRole('button', { name: days.presets.yesterday, hidden: true }));
  await fireEvent.submit(action.closest('form')!);
  await vi.waitFor(() => expect(asked.at(-1)!.get('action')).toBe('staff.'));
  const [from, until] = ['from', 'until'].map((end) => Number(asked.at(-1)!.get(end)) / 1000);
  expect([new Date(until!).toDateString(), until! - from!]).toEqual([new Date().toDateString(), 24 * 3600 * 1000]);
});
