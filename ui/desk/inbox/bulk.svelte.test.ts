import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Toasts } from '../../kit/toasts.svelte.ts';
import { en as m } from '../messages/en.ts';
import { Api, type Change, type ChangeResult, type Conversation } from '../shell/api.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import { Undo } from '../shell/undo.svelte.ts';
import BulkBar from './BulkBar.svelte';
import { change, type Doing } from './changing.ts';
import { Inbox } from './inbox.svelte.ts';

// jsdom has no modal dialogs.
beforeAll(() => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
});
afterEach(cleanup);

const line = (id: string, last_activity: number): Conversation => ({ id, status: 'open', priority: 'normal', customer: { id: `customer ${id}`, evidence: 'verified', anonymous: false }, channel: 'chat', tags: [], preview: '', unread: 0, last_seq: 1, last_activity, created_at: 0, reopened: 0 });

/** Two lines that are chosen, over a server that answers as told. */
async function chosen(answer: (changes: Change[]) => ChangeResult[]) {
  const items = [line('a', 2), line('b', 1)];
  const asked: Change[][] = [];
  const api = new Api((input, init) => {
    const path = String(input);
    if (path === '/v1/conversations/find') return Promise.resolve(Response.json({ items }));
    if (path !== '/v1/conversations/changes') return Promise.resolve(new Response('{"code":"unavailable"}', { status: 503 }));
    const { changes } = JSON.parse(String(init?.body)) as { changes: Change[] };
    asked.push(changes);
    return Promise.resolve(Response.json({ items: answer(changes) }));
  });
  const inbox = new Inbox(api, () => 'me');
  await inbox.reload();
  inbox.chooseAll(true);
  const toasts = new Toasts();
  const undo = new Undo(toasts, () => m.undo);
  const ben = { id: 'ben', name: 'Ben' };
  const desk = {
    language: 'en', inbox, toasts, staff: [ben], me: { id: 'me', name: 'Mei' }, colleague: () => ben,
    teams: { all: [], find: () => undefined, refresh: async () => undefined },
    codes: { fitting: () => [], needed: () => false, load: async () => undefined },
    change: (before: Conversation[], doing: Doing, said: string) =>
      change({ api, undo, m: () => m, show: (c, back) => inbox.put(c, back), reread: () => undefined, failed: () => undefined, staff: () => ben }, before, doing, said),
  };
  render(BulkBar, { desk: desk as unknown as Desk, m });
  return { inbox, asked };
}
const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }));
const open = () => document.querySelector<HTMLDialogElement>('dialog[open]');
const refused = (changes: Change[]): ChangeResult[] => changes.map(({ id }) => ({ id, code: 'unavailable' }));

test('a note that the server refuses stays to be sent again, and its conversations stay chosen', async () => {
  let says = refused;
  const { inbox, asked } = await chosen((changes) => says(changes));
  await press(m.thread.resolve);
  const note = within(open()!).getByRole<HTMLTextAreaElement>('textbox', { hidden: true });
  await fireEvent.input(note, { target: { value: 'Refunded by the bank.' } });
  const confirm = within(open()!).getByRole('button', { name: m.thread.resolve, hidden: true });
  await fireEvent.click(confirm);
  await vi.waitFor(() => expect([...inbox.chosen]).toEqual(['a', 'b']));
  expect(open()?.contains(note)).toBe(true);
  expect(note.value).toBe('Refunded by the bank.');
  says = (changes) => changes.map(({ id }) => ({ id }));
  await fireEvent.click(confirm);
  await vi.waitFor(() => expect(open()).toBeNull());
  expect(asked.map((changes) => changes.map((c) => [c.id, c.wrap_up]))).toEqual(Array(2).fill([['a', 'Refunded by the bank.'], ['b', 'Refunded by the bank.']]));
  expect(inbox.chosen.size).toBe(0);
});

test('what a colleague takes away meanwhile ends no sentence', async () => {
  const { inbox, asked } = await chosen(refused);
  await press(m.handOver.do);
  const dialog = open()!;
  const note = within(dialog).getByRole<HTMLTextAreaElement>('textbox', { hidden: true });
  await fireEvent.input(note, { target: { value: 'They wait for' } });
  for (const id of ['a', 'b']) inbox.put({ ...inbox.find(id)!, status: 'resolved' });
  await vi.waitFor(() => expect(screen.queryByRole('toolbar')).toBeNull());
  expect(dialog.open && dialog.contains(note)).toBe(true);
  await fireEvent.change(within(dialog).getByRole('combobox', { hidden: true }), { target: { value: 'staff ben' } });
  await fireEvent.click(within(dialog).getByRole('button', { name: m.duties.handSeveral(2), hidden: true }));
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  expect(asked[0]!.map((c) => [c.id, c.hand_over])).toEqual(['a', 'b'].map((id) => [id, { staff_id: 'ben', note: 'They wait for' }]));
  expect(note.value).toBe('They wait for');
});

test('what is refused of a choice stays chosen', async () => {
  const { inbox } = await chosen((changes) => changes.map(({ id }) => (id === 'b' ? { id, code: 'conflict' } : { id })));
  await fireEvent.change(screen.getByLabelText(m.thread.snooze), { target: { value: 'tomorrow' } });
  await vi.waitFor(() => expect([...inbox.chosen]).toEqual(['b']));
  expect(inbox.items.map((c) => c.id)).toEqual(['b']);
});
