import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { entry, event, FakeServer, missed, welcome } from '../../kit/protocol/fake.ts';
import { MemoryStorage } from '../../kit/protocol/storage.ts';
import App from './App.svelte';
import { Chat } from './chat.svelte.ts';
import { en } from './messages/en.ts';
import { zh } from './messages/zh.ts';
import { Words } from './start.svelte.ts';

const open = { conv: 'c', status: 'open' as const, last_seq: 2, read_seq: 0, unread: 2, last_activity: 1 };
let chats: Chat[] = [];

beforeEach(() => {
  window.matchMedia = (query: string) => ({ matches: query.includes('fine'), addEventListener: () => undefined }) as unknown as MediaQueryList;
});
afterEach(() => {
  cleanup();
  for (const chat of chats) chat.client.stop();
  chats = [];
});

async function setUp({ conversations = [] as (typeof open)[], language = 'en' as 'en' | 'zh', storage = new MemoryStorage(), connect = true } = {}) {
  const server = new FakeServer();
  const words = new Words();
  await words.use(language);
  const chat = new Chat({ storage, dials: [server.dial], lang: () => language });
  chats.push(chat);
  const view = render(App, { chat, words });
  await waitFor(() => expect(server.connections).toHaveLength(1));
  if (connect) server.last.receive(welcome({ conversations: conversations.map((c) => ({ ...c })) }));
  return { server, chat, storage, view };
}

const box = () => screen.findByRole('textbox');
async function write(text: string, key: Partial<KeyboardEventInit> = {}) {
  const area = await box();
  await fireEvent.input(area, { target: { value: text } });
  await fireEvent.keyDown(area, { key: 'Enter', ...key });
}

describe.each([
  ['en', en],
  ['zh', zh],
] as const)('in %s', (language, m) => {
  test('it says what we never ask for, and that a person can be had, from the first screen on', async () => {
    await setUp({ language });
    expect(await screen.findByText(m.emptyTitle)).toBeVisible();
    expect(screen.getByText(m.neverAsk)).toBeVisible();
    expect(screen.getByRole('button', { name: m.person })).toBeVisible();
  });

  test('in the list of conversations too', async () => {
    await setUp({ language, conversations: [{ ...open, status: 'resolved' as never }] });
    expect(await screen.findByText(m.yourConversations)).toBeVisible();
    expect(screen.getByText(m.neverAsk)).toBeVisible();
    expect(screen.getByRole('button', { name: m.person })).toBeVisible();
  });
});

test('the first message begins a conversation and is followed to the reader', async () => {
  const { server } = await setUp();
  await write('Where is my transfer?');
  const [start] = server.last.of('start');
  expect(screen.getByText(en.state.sending)).toBeVisible();
  server.last.receive({ t: 'started', ref: start!.ref, conv: 'new', at: 1 });
  const [send] = server.last.of('send');
  expect(send).toMatchObject({ conv: 'new', body: { type: 'text', text: 'Where is my transfer?' } });
  server.last.receive({ t: 'stored', client_msg_id: send!.client_msg_id, conv: 'new', seq: 1, at: Date.now() * 1000 });
  expect(await screen.findByText(en.state.stored)).toBeVisible();
  server.last.receive({ t: 'receipt', conv: 'new', by: 'agent', delivered: 1, read: 0 });
  expect(await screen.findByText(en.state.delivered)).toBeVisible();
  server.last.receive({ t: 'receipt', conv: 'new', by: 'agent', delivered: 1, read: 1 });
  expect(await screen.findByText(en.state.read)).toBeVisible();
  expect(screen.getAllByText('Where is my transfer?')).toHaveLength(1);
});

test('Shift and Enter, or Enter of an input method, sends nothing', async () => {
  const { server } = await setUp();
  await write('你好', { isComposing: true });
  await write('你好', { shiftKey: true });
  expect(server.last.of('start')).toEqual([]);
  await write('你好');
  expect(server.last.of('start')).toHaveLength(1);
});

test('what the guard removed is explained, and the words typed are nowhere', async () => {
  const { server, storage } = await setUp({ conversations: [open] });
  server.last.receive(missed('c', [entry('c', 1), entry('c', 2)]));
  await write('my card is 4111 1111 1111 1111');
  const [send] = server.last.of('send');
  server.last.receive({ t: 'stored', client_msg_id: send!.client_msg_id, conv: 'c', seq: 3, at: Date.now() * 1000, classes: ['pan'], text: 'my card is ‹pan ••••1111›' });
  expect(await screen.findByText(en.removedTitle(['pan']))).toBeVisible();
  expect(screen.getByText(en.removedHere('pan', '1111'))).toBeVisible();
  expect(document.body.innerHTML).not.toContain('4111 1111');
  expect(storage.keys().map((k) => storage.getItem(k)).join()).not.toContain('4111');
});

test('a message redacted later is withdrawn from the screen', async () => {
  const { server } = await setUp({ conversations: [open] });
  server.last.receive(missed('c', [entry('c', 1, { payload: { text: 'a secret' } })]));
  expect(await screen.findByText('a secret')).toBeVisible();
  server.last.receive(event('c', 2, { kind: 'redacted', payload: { of: 1, text: '', classes: ['password'] } }));
  await waitFor(() => expect(document.body.innerHTML).not.toContain('a secret'));
  expect(screen.getByText(en.line.withdrawn)).toBeVisible();
});

test('what others write is text, whatever it looks like', async () => {
  const { server } = await setUp({ conversations: [open] });
  const evil = '<img src=x onerror=alert(1)> javascript:alert(1) https://ok.example';
  server.last.receive(missed('c', [entry('c', 1, { payload: { text: evil } })]));
  const log = await screen.findByRole('log');
  await waitFor(() => expect(log).toHaveTextContent(evil));
  expect(log.querySelector('img')).toBeNull();
  const links = within(log).getAllByRole('link');
  expect(links.map((l) => l.getAttribute('href'))).toEqual(['https://ok.example/']);
  expect(links[0]).toHaveAttribute('rel', expect.stringContaining('noopener noreferrer'));
});

test('written offline, it says when it will be sent', async () => {
  const { server, chat } = await setUp({ conversations: [open] });
  server.last.receive(missed('c', [entry('c', 1)]));
  await screen.findByText('text 1');
  chat.online = false;
  server.last.events.end('lost');
  await write('are you there?');
  expect(await screen.findByText(en.state.queued)).toBeVisible();
  expect(screen.getByText((t) => t.includes(en.offline) && t.includes(en.queued(1)))).toBeVisible();
});

test('asking for a person asks the server, and the line in the log confirms it', async () => {
  const { server } = await setUp({ conversations: [open] });
  server.last.receive(missed('c', [entry('c', 1)]));
  await fireEvent.click(await screen.findByRole('button', { name: en.person }));
  expect(server.last.of('human')).toEqual([{ t: 'human', conv: 'c' }]);
  expect(await screen.findByRole('button', { name: en.personAsked })).toHaveAttribute('aria-pressed', 'true');
  server.last.receive(event('c', 2, { kind: 'human', author: { kind: 'customer' }, payload: {} }));
  expect(await screen.findByText(en.line.person)).toBeVisible();
});

test.each(['not_found', 'invalid', 'too_large', 'forbidden'] as const)('%s is said in a sentence, and the message can be sent again', async (code) => {
  const { server } = await setUp({ conversations: [open] });
  server.last.receive(missed('c', [entry('c', 1)]));
  await write('hello');
  const [send] = server.last.of('send');
  server.last.receive({ t: 'error', code, ref: send!.client_msg_id });
  expect((await screen.findAllByText(en.error[code])).length).toBeGreaterThan(0);
  await fireEvent.click(screen.getByRole('button', { name: en.retry }));
  expect(server.last.of('send')).toHaveLength(2);
});

test('a visitor who is not let in is told what to do', async () => {
  const { server } = await setUp({ connect: false });
  server.last.receive({ t: 'error', code: 'unauthenticated', ref: 'hello' });
  expect(await screen.findByText(en.endedSignIn)).toBeVisible();
});

test('a conversation that is merged goes on in the other one, on the screen too', async () => {
  const other = { ...open, conv: 'd', last_seq: 1, unread: 0 };
  const { server, chat } = await setUp({ conversations: [open, other] });
  server.last.receive(missed('c', [entry('c', 1), entry('c', 2)]));
  expect(await screen.findByText('text 2')).toBeVisible();
  server.last.receive(event('c', 3, { kind: 'merged', author: { kind: 'agent' }, payload: { into: 'd' } }));
  server.last.receive(missed('d', [entry('d', 1, { payload: { text: 'answered here' } })]));
  expect(await screen.findByText('answered here')).toBeVisible();
  chat.show('c'); // what was said before can still be read
  expect(await screen.findByText('text 2')).toBeVisible();
});

test('a window that is opened again shows where a merged conversation goes on', async () => {
  const { server, chat } = await setUp({
    conversations: [{ ...open, status: 'merged' as never }, { ...open, conv: 'd' }],
  });
  server.last.receive(missed('d', [entry('d', 1), entry('d', 2)]));
  expect(await screen.findByText('text 2')).toBeVisible();
  expect(chat.current.conv).toBe('d');
  chat.list();
  expect(await screen.findByText(en.status.merged)).toBeVisible();
});
