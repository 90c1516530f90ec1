import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Upload } from '../../kit/files/upload.ts';
import { entry, FakeServer, missed, welcome } from '../../kit/protocol/fake.ts';
import { MemoryStorage } from '../../kit/protocol/storage.ts';
import App from './App.svelte';
import { Chat } from './chat.svelte.ts';
import { en } from './messages/en.ts';
import { Words } from './start.svelte.ts';

const line = (conv: string) => ({ conv, status: 'open' as const, last_seq: 1, read_seq: 1, unread: 0, last_activity: conv === 'a' ? 2 : 1 });
const photo = () => new File(['abc'], 'photo.png', { type: 'image/png' });
let chats: Chat[] = [];

beforeEach(() => {
  window.matchMedia = (query: string) => ({ matches: query.includes('fine'), addEventListener: () => undefined }) as unknown as MediaQueryList;
});
afterEach(() => {
  cleanup();
  for (const chat of chats) chat.client.stop();
  chats = [];
  vi.unstubAllGlobals();
});

/** Conversation a on screen, with a photo picked and words beside it, and a slow upload. */
async function setUp(storage = new MemoryStorage()) {
  const server = new FakeServer();
  const words = new Words();
  await words.use('en');
  const uploads: (() => void)[] = [];
  const upload: Upload = (file) => new Promise((done) => uploads.push(() => done({ id: 'file', name: file.name, type: file.type, size: file.size })));
  const chat = new Chat({ storage, drafts: new MemoryStorage(), dials: [server.dial], upload, lang: () => 'en' });
  chats.push(chat);
  render(App, { chat, words });
  await waitFor(() => expect(server.connections).toHaveLength(1));
  server.last.receive(welcome({ conversations: [line('a'), line('b')] }));
  await waitFor(() => expect(chat.current.conv).toBe('a'));
  server.last.receive(missed('a', [entry('a', 1)]));
  server.last.receive(missed('b', [entry('b', 1)]));
  await screen.findByRole('textbox');
  const write = async (text: string) => fireEvent.input(screen.getByRole('textbox'), { target: { value: text } });
  await chat.attach([photo()]);
  await screen.findByText('photo.png');
  await write('look at this');
  const send = () => fireEvent.click(screen.getByRole('button', { name: en.send }));
  return { server, chat, storage, uploads, write, send };
}

const shape = { type: 'attachments', attachment_ids: ['file'], text: 'look at this' };

test('a message with a photo goes to its own conversation, whatever is opened meanwhile', async () => {
  const { server, chat, uploads, write, send } = await setUp();
  await send();
  await waitFor(() => expect(uploads).toHaveLength(1));
  chat.list();
  chat.show('b');
  await write('half a sen');
  uploads[0]!();
  await waitFor(() => expect(server.last.of('send')).toHaveLength(1));
  expect(server.last.of('send')[0]).toMatchObject({ conv: 'a', body: shape });
  expect(screen.getByRole('textbox')).toHaveValue('half a sen');
});

test('nor does it begin another one', async () => {
  const { server, chat, uploads, send } = await setUp();
  await send();
  await waitFor(() => expect(uploads).toHaveLength(1));
  chat.fresh();
  uploads[0]!();
  await waitFor(() => expect(server.last.of('send')).toHaveLength(1));
  expect(server.last.of('send')[0]).toMatchObject({ conv: 'a', body: shape });
  expect(server.last.of('start')).toEqual([]);
  expect(chat.client.outbox.messages()).toHaveLength(1);
});

test('it stands in the log at once, and what is written next can be sent', async () => {
  const { chat, uploads, write, send } = await setUp();
  await send();
  expect(await screen.findByText('look at this')).toBeVisible();
  expect(screen.getByText('photo.png')).toBeVisible();
  expect(screen.getByText(en.state.sending)).toBeVisible();
  await write('and more');
  await send();
  expect(chat.client.outbox.messages()).toHaveLength(2);
  await waitFor(() => expect(uploads).toHaveLength(1));
});

test('sent without a connection it waits as words do, and goes when it is back', async () => {
  const { server, chat, uploads, send } = await setUp();
  server.last.events.end('lost');
  await waitFor(() => expect(chat.state).not.toBe('open'));
  await send();
  expect(chat.client.outbox.messages()).toMatchObject([{ conv: 'a', files: [{ name: 'photo.png' }] }]);
  expect(uploads).toEqual([]);
  const before = server.connections.length;
  chat.client.restart();
  await waitFor(() => expect(server.connections.length).toBeGreaterThan(before));
  server.last.receive(welcome({ conversations: [line('a'), line('b')] }));
  await waitFor(() => expect(uploads).toHaveLength(1));
  uploads[0]!();
  await waitFor(() => expect(server.last.of('send')).toMatchObject([{ conv: 'a', body: shape }]));
});

test('whoever deletes what its file held back gets the words back', async () => {
  const { chat, uploads, send } = await setUp();
  await send();
  await waitFor(() => expect(uploads).toHaveLength(1));
  chat.discard(chat.client.outbox.messages()[0]!);
  await waitFor(() => expect(screen.getByRole('textbox')).toHaveValue('look at this'));
  expect(chat.client.outbox.messages()).toEqual([]);
});

test('a new start without a message that waits leaves no bytes in the browser', async () => {
  const dropped: string[] = [];
  vi.stubGlobal('indexedDB', { open: () => ({}), deleteDatabase: (name: string) => dropped.push(name) });
  const { chat, storage, uploads, send } = await setUp();
  await send();
  await waitFor(() => expect(uploads).toHaveLength(1));
  expect(storage.getItem('kefu.files')).toBe('1');
  expect(dropped).toEqual([]);
  chat.client.outbox.clear();
  chats.push(new Chat({ storage, drafts: new MemoryStorage(), dials: [new FakeServer().dial], lang: () => 'en' }));
  expect(dropped).toEqual(['kefu.files']);
  expect(storage.getItem('kefu.files')).toBeNull();
});
