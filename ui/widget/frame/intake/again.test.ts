import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeServer, welcome } from '../../../kit/protocol/fake.ts';
import { MemoryStorage } from '../../../kit/protocol/storage.ts';
import App from '../App.svelte';
import { Chat } from '../chat.svelte.ts';
import { en } from '../messages/en.ts';
import { words as m } from '../messages/intake.en.ts';
import { Words } from '../start.svelte.ts';
import { carried } from './again.ts';
import type { Form } from './form.ts';

const form: Form = {
  id: 'card',
  revision: 3,
  title: 'A card',
  fields: [
    { id: 'which', kind: 'choice', label: 'Which card?', choices: [{ id: 'blue', label: 'Blue' }, { id: 'black', label: 'Black' }] },
    { id: 'more', kind: 'text', label: 'What else?', most: 200 },
  ],
};
let offered: Form[] = [];
let chats: Chat[] = [];

beforeEach(() => {
  window.matchMedia = (query: string) => ({ matches: query.includes('fine'), addEventListener: () => undefined }) as unknown as MediaQueryList;
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ forms: offered })));
});
afterEach(() => {
  cleanup();
  for (const chat of chats) chat.client.stop();
  chats = [];
  vi.unstubAllGlobals();
});

/** Fills the form in, lets the server refuse it, and presses "Send again" with other forms there. */
async function refused(code: 'conflict' | 'invalid' | 'not_supported', next: Form[]) {
  offered = [form];
  const server = new FakeServer();
  const words = new Words();
  await words.use('en');
  const chat = new Chat({ storage: new MemoryStorage(), drafts: new MemoryStorage(), dials: [server.dial], lang: () => 'en' });
  chats.push(chat);
  render(App, { chat, words });
  await waitFor(() => expect(server.connections).toHaveLength(1));
  server.last.receive(welcome());
  await fireEvent.click(await screen.findByRole('button', { name: /A card/ }));
  await fireEvent.click(await screen.findByRole('radio', { name: 'Black' }));
  await fireEvent.input(screen.getByRole('textbox', { name: 'What else?' }), { target: { value: 'At the station' } });
  await fireEvent.click(screen.getByRole('button', { name: m.send }));
  await waitFor(() => expect(server.last.of('start')).toHaveLength(1));
  server.last.receive({ t: 'started', ref: server.last.of('start')[0]!.ref, conv: 'new', at: 1 });
  await waitFor(() => expect(server.last.of('send')).toHaveLength(1));
  offered = next;
  server.last.receive({ t: 'error', code, ref: server.last.of('send')[0]!.client_msg_id, conv: 'new' });
  await fireEvent.click(await screen.findByRole('button', { name: en.retry }));
  return { server, sent: () => server.last.of('send').slice(1).map((s) => s.body) };
}

test('a form that changed goes as it is now, where the answers fit', async () => {
  const { sent } = await refused('conflict', [{ ...form, revision: 4 }]);
  await waitFor(() => expect(sent()).toHaveLength(1));
  expect(sent()[0]).toMatchObject({ type: 'form', form: 'card', revision: 4, answers: { which: { choice: 'black' }, more: { text: 'At the station' } } });
});

test('where they do not fit it is opened with what does, and stays a form', async () => {
  const fields = [{ ...form.fields[0]!, choices: [{ id: 'blue', label: 'Blue' }, { id: 'red', label: 'Red' }] }, form.fields[1]!];
  const { sent } = await refused('conflict', [{ ...form, revision: 4, fields }]);
  expect(await screen.findByRole<HTMLInputElement>('textbox', { name: 'What else?' })).toHaveValue('At the station');
  expect(screen.getByRole('radio', { name: 'Red' })).not.toBeChecked();
  expect(sent()).toEqual([]);
  await fireEvent.click(screen.getByRole('radio', { name: 'Red' }));
  await fireEvent.click(screen.getByRole('button', { name: m.send }));
  await waitFor(() => expect(sent()).toHaveLength(1));
  expect(sent()[0]).toMatchObject({ type: 'form', revision: 4, answers: { which: { choice: 'red' }, more: { text: 'At the station' } } });
  expect(screen.getAllByText('At the station')).toHaveLength(1);
});

test('what is wrong in the form that there is can be mended in it', async () => {
  const { sent } = await refused('invalid', [form]);
  expect(await screen.findByRole('radio', { name: 'Black' })).toBeChecked();
  expect(sent()).toEqual([]);
});

test.each([
  ['that is gone', 'conflict', []],
  ['that the server does not know', 'not_supported', [form]],
] as const)('a form %s goes as words', async (_, code, next) => {
  const { sent } = await refused(code, [...next]);
  await waitFor(() => expect(sent()).toEqual([{ type: 'text', text: 'A card\nWhich card?\nBlack\nWhat else?\nAt the station' }]));
});

test('of answers only what a question still takes is carried over', () => {
  const fields = (kind: Form['fields'][number]['kind'], more = {}): Form => ({ ...form, fields: [{ id: 'a', kind, label: '', ...more }] });
  const all = { choice: 'x', text: 'words', amount: '1', currency: 'EUR', date: '2026-11-01', time: '10:00', files: ['f1', 'f2'] };
  expect(carried(fields('text'), { a: all, b: all })).toEqual({ a: { text: 'words' } });
  expect(carried(fields('amount'), { a: all })).toEqual({ a: { amount: '1', currency: 'EUR' } });
  expect(carried(fields('when'), { a: all })).toEqual({ a: { date: '2026-11-01', time: '10:00' } });
  expect(carried(fields('file', { most: 1 }), { a: all })).toEqual({ a: { files: ['f1'] } });
  expect(carried(fields('transaction'), { a: { ...all, transaction: 't' } })).toEqual({ a: { transaction: 't' } });
  expect(carried(fields('choice', { choices: [{ id: 'y', label: '' }] }), { a: all })).toEqual({});
});
