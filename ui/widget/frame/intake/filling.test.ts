import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeServer, welcome } from '../../../kit/protocol/fake.ts';
import { MemoryStorage } from '../../../kit/protocol/storage.ts';
import App from '../App.svelte';
import { Chat } from '../chat.svelte.ts';
import { words as m } from '../messages/intake.en.ts';
import { Words } from '../start.svelte.ts';
import type { Form } from './form.ts';

const form: Form = {
  id: 'card',
  revision: 1,
  title: 'A card',
  fields: [
    { id: 'what', kind: 'choice', label: 'What?', choices: [{ id: 'lost', label: 'Lost' }, { id: 'seen', label: 'Seen' }] },
    { id: 'photo', kind: 'file', label: 'A photo', when: { field: 'what', is: ['seen'] } },
    { id: 'payment', kind: 'transaction', label: 'Which payment?' },
  ],
};
let chats: Chat[] = [];

beforeEach(() => {
  window.matchMedia = (query: string) => ({ matches: query.includes('fine'), addEventListener: () => undefined }) as unknown as MediaQueryList;
  vi.stubGlobal('fetch', (address: string) => Promise.resolve(Response.json(address.startsWith('/rt/forms') ? { forms: [form] } : { transactions: [] })));
});
afterEach(() => {
  cleanup();
  for (const chat of chats) chat.client.stop();
  chats = [];
  vi.unstubAllGlobals();
});

/** The window inside a page, which says things to it. */
async function setUp(uploaded: string[] = []) {
  const server = new FakeServer();
  const words = new Words();
  await words.use('en');
  let listener!: (event: MessageEvent) => void;
  const parent = { postMessage: () => undefined };
  const view = { parent, location: { ancestorOrigins: ['https://wallet.example'] }, document: { referrer: '' }, addEventListener: (_: string, l: typeof listener) => (listener = l) };
  const upload = (file: File) => {
    uploaded.push(file.name);
    return Promise.resolve({ id: file.name, name: file.name, type: file.type, size: file.size });
  };
  const chat = new Chat({ storage: new MemoryStorage(), drafts: new MemoryStorage(), dials: [server.dial], upload, view: view as unknown as Window, lang: () => 'en' });
  chats.push(chat);
  const say = (type: string, value?: unknown) => listener({ data: { kefu: 1, type, value }, origin: 'https://wallet.example', source: parent } as unknown as MessageEvent);
  render(App, { chat, words });
  say('init', {});
  await waitFor(() => expect(server.connections).toHaveLength(1));
  server.last.receive(welcome());
  return { server, chat, say };
}

async function choose(chat: Chat) {
  await waitFor(() => expect(chat.forms).toHaveLength(1));
  await chat.choose(form);
  await waitFor(() => expect(chat.filling).toBeDefined());
  return chat.filling!;
}

test('the photo of a question that is asked no more is neither uploaded nor sent', async () => {
  const uploaded: string[] = [];
  const { server, chat } = await setUp(uploaded);
  const filling = await choose(chat);
  await fireEvent.click(await screen.findByRole('radio', { name: 'Seen' }));
  await filling.attach('photo', [new File(['abc'], 'a.png', { type: 'image/png' })], 5);
  expect(await screen.findByText('a.png')).toBeVisible();
  await fireEvent.click(screen.getByRole('radio', { name: 'Lost' }));
  await fireEvent.click(screen.getByRole('button', { name: m.send }));
  await waitFor(() => expect(server.last.of('start')).toHaveLength(1));
  server.last.receive({ t: 'started', ref: server.last.of('start')[0]!.ref, conv: 'new', at: 1 });
  expect(server.last.of('send')[0]!.body).toMatchObject({ type: 'form', answers: { what: { choice: 'lost' } } });
  expect(chat.client.outbox.messages()[0]?.attachments).toBeUndefined();
  expect(uploaded).toEqual([]);
});

test('the transaction that help was asked about begins one form, and no other', async () => {
  const { server, chat, say } = await setUp();
  say('about', { transaction: 'tx-1' });
  const first = await choose(chat);
  expect(first.answers).toEqual({ payment: { transaction: 'tx-1' } });
  first.send('en');
  server.last.receive({ t: 'started', ref: server.last.of('start')[0]!.ref, conv: 'new', at: 1 });
  chat.fresh();
  expect((await choose(chat)).answers).toEqual({});
});

test('a page asks for a flow: whoever is not signed in gets the form of its topic', async () => {
  const { chat, say } = await setUp();
  chat.forms = chat.forms.map((f) => ({ ...f, flow: 'FL2' }));
  say('about', { transaction: 'tx-1', flow: 'FL9' });
  expect(chat.filling).toBeUndefined();
  say('about', { transaction: 'tx-1', flow: 'FL2' });
  await waitFor(() => expect(chat.filling?.answers).toEqual({ payment: { transaction: 'tx-1' } }));
  expect(chat.wants).toBeUndefined();
});

test('opened without a transaction, the window is about none', async () => {
  const { chat, say } = await setUp();
  say('about', { transaction: 'tx-1' });
  say('about');
  expect((await choose(chat)).answers).toEqual({});
});

test('an amount that may be two is asked about, and one that is read otherwise than it looks is shown', async () => {
  Element.prototype.scrollIntoView = () => undefined;
  const { server, chat } = await setUp();
  const filling = await choose(chat);
  const amount = await screen.findByRole('textbox', { name: m.amount });
  const currency = screen.getByRole('textbox', { name: m.currency });
  await fireEvent.input(amount, { target: { value: '1.234' } });
  await fireEvent.input(currency, { target: { value: 'eur' } });
  expect(await screen.findByText(m.readAs('€1,234'))).toBeVisible();
  await fireEvent.input(amount, { target: { value: '1.125' } });
  await fireEvent.input(currency, { target: { value: 'BTC' } });
  await fireEvent.click(screen.getByRole('button', { name: m.send }));
  expect(server.last.of('start')).toEqual([]);
  expect(screen.getAllByText(m.which).length).toBeGreaterThan(0);
  const group = screen.getByRole('radiogroup', { name: m.which });
  expect(within(group).getAllByRole('radio')).toHaveLength(2);
  await fireEvent.click(within(group).getByRole('radio', { name: /1,125/ }));
  expect(filling.answers.payment).toMatchObject({ amount: '1.125', read: '1125' });
  await fireEvent.input(amount, { target: { value: '1.126' } });
  expect(filling.answers.payment!.read).toBeUndefined();
});
