import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { entry, event, FakeServer, missed, welcome } from '../../kit/protocol/fake.ts';
import { clockTime, dayAndTime } from '../../kit/text/time.ts';
import { MemoryStorage } from '../../kit/protocol/storage.ts';
import App from './App.svelte';
import { Chat } from './chat.svelte.ts';
import { en } from './messages/en.ts';
import { words as trouble } from './messages/trouble.en.ts';
import { words as enList } from './messages/list.en.ts';
import { words as zhList } from './messages/list.zh.ts';
import { words as files } from './messages/files.en.ts';
import { zh } from './messages/zh.ts';
import { Words } from './start.svelte.ts';
import type { Upload } from '../../kit/files/upload.ts';

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

async function setUp({ conversations = [] as (typeof open)[], language = 'en' as 'en' | 'zh', storage = new MemoryStorage(), connect = true, upload = undefined as Upload | undefined } = {}) {
  const server = new FakeServer();
  const words = new Words();
  await words.use(language);
  const chat = new Chat({ storage, drafts: new MemoryStorage(), dials: [server.dial], upload, lang: () => language });
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
    expect(await screen.findByText((m === zh ? zhList : enList).yourConversations)).toBeVisible();
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

test('an answer that crossed with a message does not say that it was read', async () => {
  const { server } = await setUp({ conversations: [open] });
  const own = entry('c', 1, { author: { kind: 'customer' }, payload: { text: 'and one more thing' } });
  server.last.receive(missed('c', [own, entry('c', 2)]));
  expect(await screen.findByText(en.state.stored)).toBeVisible();
  server.last.receive({ t: 'receipt', conv: 'c', by: 'agent', delivered: 2, read: 2 });
  expect(await screen.findByText(en.state.read)).toBeVisible();
});

test('Shift and Enter, or Enter of an input method, sends nothing', async () => {
  const { server } = await setUp();
  await write('你好', { isComposing: true });
  await write('你好', { shiftKey: true });
  expect(server.last.of('start')).toEqual([]);
  await write('你好');
  expect(server.last.of('start')).toHaveLength(1);
});

test('Escape that gives up a word of an input method closes nothing', async () => {
  const { chat } = await setUp();
  const closed = vi.spyOn(chat.host, 'close');
  const area = await box();
  await fireEvent.keyDown(area, { key: 'Escape', keyCode: 229 });
  await fireEvent.keyDown(area, { key: 'Escape', isComposing: true });
  expect(closed).not.toHaveBeenCalled();
  await fireEvent.keyDown(area, { key: 'Escape' });
  expect(closed).toHaveBeenCalledOnce();
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

test('a message redacted later is taken from the screen', async () => {
  const { server } = await setUp({ conversations: [open] });
  server.last.receive(missed('c', [entry('c', 1, { payload: { text: 'a secret' } })]));
  expect(await screen.findByText('a secret')).toBeVisible();
  server.last.receive(event('c', 2, { kind: 'redacted', payload: { of: 1, text: '', classes: ['password'] } }));
  await waitFor(() => expect(document.body.innerHTML).not.toContain('a secret'));
  expect(screen.getByText(en.line.removed)).toBeVisible();
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
  const { server } = await setUp({ conversations: [{ ...open, last_seq: 1 }] });
  server.last.receive(missed('c', [entry('c', 1)]));
  await fireEvent.click(await screen.findByRole('button', { name: en.person }));
  expect(server.last.of('human')).toEqual([{ t: 'human', conv: 'c' }]);
  expect(await screen.findByRole('button', { name: en.personAsking })).toHaveAttribute('aria-pressed', 'true');
  server.last.receive(event('c', 2, { kind: 'human', author: { kind: 'customer' }, payload: {} }));
  expect(await screen.findByText(en.line.person)).toBeVisible();
  expect(screen.getByRole('button', { name: en.personAsked })).toHaveAttribute('aria-pressed', 'true');
});

test('refused for good, asking for a person is not shown as done', async () => {
  const { server } = await setUp({ conversations: [open] });
  server.last.receive(missed('c', [entry('c', 1)]));
  await fireEvent.click(await screen.findByRole('button', { name: en.person }));
  server.last.receive({ t: 'error', code: 'forbidden', ref: 'human', conv: 'c' });
  expect(await screen.findByText(en.personFailed)).toBeVisible();
  expect(screen.getByRole('button', { name: en.person })).toHaveAttribute('aria-pressed', 'false');
});

test('after the conversation was closed a person can be asked for again', async () => {
  const { server } = await setUp({ conversations: [open] });
  const human = (seq: number) => entry('c', seq, { kind: 'human', author: { kind: 'customer' }, payload: {} });
  server.last.receive(missed('c', [human(1), entry('c', 2, { kind: 'status', payload: { status: 'resolved', was: 'open' } })]));
  expect(await screen.findByRole('button', { name: en.person })).toHaveAttribute('aria-pressed', 'false');
  server.last.receive({ t: 'event', ...human(3) });
  expect(await screen.findByRole('button', { name: en.personAsked })).toBeVisible();
});

const hidden = (seq: number) => entry('c', seq, { kind: 'hidden', author: undefined, payload: {} });

test('a page of which nothing is shown is no empty conversation: what is before it is read', async () => {
  const { server } = await setUp({ conversations: [open] });
  server.last.receive(missed('c', [hidden(51), hidden(52)], true));
  await waitFor(() => expect(server.last.of('fetch').at(-1)).toMatchObject({ before_seq: 51 }));
  expect(screen.queryByText(en.emptyTitle)).toBeNull();
  expect(screen.getByText(en.olderLoading)).toBeVisible();
  server.last.receive(missed('c', [entry('c', 49), entry('c', 50)], true));
  expect(await screen.findByText('text 50')).toBeVisible();
});

test('earlier pages stand outside of what is read aloud, and leave the reader where they were', async () => {
  const { server } = await setUp({ conversations: [open] });
  const region = () => screen.getByRole('region', { name: en.title });
  server.last.receive(missed('c', [entry('c', 51), entry('c', 52)], true));
  await screen.findByText('text 52');
  const height = () => 300 * region().querySelectorAll('.message').length;
  Object.defineProperties(region(), { scrollHeight: { get: height }, clientHeight: { get: () => 300 } });
  region().scrollTop = 40;
  for (let i = 0; i < 3; i++) await fireEvent.scroll(region());
  expect(server.last.of('fetch').filter((f) => f.before_seq === 51)).toHaveLength(1);
  server.last.receive(missed('c', [entry('c', 49), entry('c', 50)], true));
  await screen.findByText('text 50');
  expect(region().scrollTop).toBe(640);
  const log = screen.getByRole('log');
  expect(within(log).queryByText('text 50')).toBeNull();
  expect(within(log).getByText('text 52')).toBeVisible();
  server.last.receive(event('c', 53));
  expect(await within(log).findByText('text 53')).toBeVisible();
  expect(region().scrollTop).toBe(640);
  // The button goes when it is used; the focus does not go with it.
  const older = screen.getByRole('button', { name: en.older });
  older.focus();
  await fireEvent.click(older);
  expect(document.activeElement).toBe(region());
});

test('what is being written goes on where a merged conversation goes on, in the same box', async () => {
  const { server } = await setUp({ conversations: [open, { ...open, conv: 'd', unread: 0 }] });
  server.last.receive(missed('c', [entry('c', 1)]));
  await screen.findByText('text 1');
  const area = await box();
  await fireEvent.input(area, { target: { value: 'half a sen' } });
  server.last.receive(event('c', 2, { kind: 'merged', author: { kind: 'agent' }, payload: { into: 'd' } }));
  server.last.receive(missed('d', [entry('d', 1, { payload: { text: 'answered here' } })]));
  expect(await screen.findByText('answered here')).toBeVisible();
  expect(await box()).toBe(area);
  expect(area).toHaveValue('half a sen');
});

test('the box stays the same when the conversation begins and gets its name', async () => {
  const { server } = await setUp();
  const area = await box();
  await write('hello');
  server.last.receive({ t: 'started', ref: server.last.of('start')[0]!.ref, conv: 'new', at: 1 });
  await waitFor(() => expect(server.last.of('send')).toHaveLength(1));
  expect(await box()).toBe(area);
});

test.each(['written', 'picked'])('what was %s before the first connection stays on screen', async (what) => {
  const { server, chat } = await setUp({ connect: false, upload: () => Promise.reject(new Error('lost')) });
  server.last.events.end('lost');
  await box();
  if (what === 'picked') await chat.attach([new File(['abc'], 'a.png')]);
  else await fireEvent.input(await box(), { target: { value: 'half a sen' } });
  // It may have tried again by itself meanwhile.
  const before = server.connections.length;
  chat.client.restart();
  await waitFor(() => expect(server.connections.length).toBeGreaterThan(before));
  server.last.receive(welcome({ conversations: [{ ...open }] }));
  await waitFor(() => expect(chat.state).toBe('open'));
  expect(chat.current.conv).toBe('');
  if (what === 'picked') expect(await screen.findByText('a.png')).toBeVisible();
  else expect(await box()).toHaveValue('half a sen');
});

test('asking for a person keeps what was picked', async () => {
  const { chat } = await setUp({ upload: () => Promise.resolve({ id: 'f', name: 'a.png', type: 'image/png', size: 3 }) });
  await box();
  await chat.attach([new File(['abc'], 'a.png')]);
  await screen.findByText('a.png');
  await fireEvent.click(screen.getByRole('button', { name: en.person }));
  expect(await screen.findByRole('button', { name: en.personAsking })).toBeVisible();
  expect(screen.getByText('a.png')).toBeVisible();
});

test('a file that failed stays, holds the message back and can be tried again or removed', async () => {
  let fails = true;
  const upload: Upload = (file) =>
    fails && file.name === 'b.png' ? Promise.reject(new Error('lost')) : Promise.resolve({ id: file.name, name: file.name, type: 'image/png', size: 3 });
  const { server, chat } = await setUp({ conversations: [open], upload });
  server.last.receive(missed('c', [entry('c', 1)]));
  await screen.findByText('text 1');
  await chat.attach(['a.png', 'b.png'].map((name) => new File(['abc'], name)));
  expect(await screen.findByText(files.upload.failed)).toBeVisible();
  expect(screen.getByText(files.uploadUnfinished)).toBeVisible();
  await write('here they are');
  expect(server.last.of('send')).toEqual([]);
  fails = false;
  const again = screen.getByRole('button', { name: files.retryFile('b.png') });
  again.focus();
  await fireEvent.click(again);
  expect(document.activeElement).toBe(await box());
  await waitFor(() => expect(screen.getByRole('button', { name: en.send })).toBeEnabled());
  await fireEvent.click(screen.getByRole('button', { name: en.send }));
  expect(server.last.of('send')[0]!.body).toEqual({ type: 'attachments', attachment_ids: ['a.png', 'b.png'], text: 'here they are' });
  expect(screen.queryByText(files.upload.failed)).toBeNull();
});

test('a banner goes when what it was about is done', async () => {
  const { server } = await setUp({ conversations: [open] });
  server.last.receive(missed('c', [entry('c', 1)]));
  await write('hello');
  const [send] = server.last.of('send');
  server.last.receive({ t: 'error', code: 'rate_limited', ref: send!.client_msg_id, retry_after_ms: 1 });
  expect(await screen.findByText(trouble.error.rate_limited)).toBeVisible();
  await waitFor(() => expect(server.last.of('send')).toHaveLength(2));
  server.last.receive({ t: 'stored', client_msg_id: send!.client_msg_id, conv: 'c', seq: 2, at: 1 });
  await waitFor(() => expect(screen.queryByText(trouble.error.rate_limited)).toBeNull());
});

test('a question that is asked again by itself alarms nobody', async () => {
  const { server } = await setUp({ conversations: [open] });
  server.last.receive({ t: 'error', code: 'unavailable', ref: 'fetch', conv: 'c', retry_after_ms: 60_000 });
  await screen.findByText(en.loading);
  expect(screen.queryByText(trouble.error.unavailable)).toBeNull();
});

test('a conversation that is not there any more is left, and not asked for again and again', async () => {
  const { server } = await setUp({ conversations: [open] });
  server.last.receive({ t: 'error', code: 'not_found', ref: 'fetch', conv: 'c' });
  expect(await screen.findByText(trouble.listGone)).toBeVisible();
  expect(await screen.findByText(enList.yourConversations)).toBeVisible();
  server.last.receive({ t: 'error', code: 'not_found', ref: 'fetch', conv: 'c' });
  expect(server.last.of('fetch').length).toBeLessThanOrEqual(2);
});

test('a conversation that must wait says until when', async () => {
  const { server } = await setUp();
  await write('hello');
  const until = Date.now() + 1_800_000;
  server.last.receive({ t: 'error', code: 'rate_limited', ref: server.last.of('start')[0]!.ref, retry_after_ms: 1_800_000 });
  expect(await screen.findByText(trouble.startLater(clockTime(until * 1000, 'en')))).toBeVisible();
});

describe('a conversation that was refused', () => {
  const refuse = (server: FakeServer) => server.last.receive({ t: 'error', code: 'forbidden', ref: server.last.of('start').at(-1)!.ref });
  const begun = (server: FakeServer) => server.last.receive({ t: 'started', ref: server.last.of('start').at(-1)!.ref, conv: 'new', at: 1 });

  test('and discarded is begun anew by the next words', async () => {
    const { server } = await setUp();
    await write('first');
    refuse(server);
    await fireEvent.click(await screen.findByRole('button', { name: en.discard }));
    await write('second');
    expect(server.last.of('start')).toHaveLength(2);
    begun(server);
    expect(server.last.of('send')).toMatchObject([{ conv: 'new', body: { text: 'second' } }]);
  });

  test('is asked for again when something else is written', async () => {
    const { server } = await setUp();
    await write('first');
    refuse(server);
    await write('second');
    expect(server.last.of('start')).toHaveLength(2);
    begun(server);
    expect(server.last.of('send')).toMatchObject([{ conv: 'new', body: { text: 'second' } }]);
    await fireEvent.click(await screen.findByRole('button', { name: en.retry }));
    server.last.receive({ t: 'stored', client_msg_id: server.last.of('send')[0]!.client_msg_id, conv: 'new', seq: 1, at: 1 });
    expect(server.last.of('send').at(-1)).toMatchObject({ conv: 'new', body: { text: 'first' } });
  });

  test('is asked for again when a person is', async () => {
    const { server } = await setUp();
    const person = () => screen.getByRole('button', { name: en.person });
    await box();
    await fireEvent.click(person());
    refuse(server);
    await waitFor(() => expect(person()).toBeEnabled());
    await fireEvent.click(person());
    expect(server.last.of('start')).toHaveLength(2);
    begun(server);
    expect(server.last.of('human')).toMatchObject([{ conv: 'new' }]);
  });
});

test('a visitor who signed in elsewhere is not told that their sign-in ended, and can go on', async () => {
  const { server } = await setUp({ conversations: [open] });
  server.last.receive(missed('c', [entry('c', 1)]));
  await screen.findByText('text 1');
  server.last.receive({ t: 'closing', reason: 'revoked' });
  expect(await screen.findByText(en.endedElsewhere)).toBeVisible();
  await write('not for whoever comes next');
  expect(screen.getByRole('button', { name: en.send })).toBeDisabled();
  expect(await box()).toHaveValue('not for whoever comes next');
  await fireEvent.click(screen.getByRole('button', { name: en.tryAgain }));
  await waitFor(() => expect(server.connections).toHaveLength(2));
});

test.each(['not_found', 'invalid', 'too_large', 'forbidden'] as const)('%s is said in a sentence, and the message can be sent again', async (code) => {
  const { server } = await setUp({ conversations: [open] });
  server.last.receive(missed('c', [entry('c', 1)]));
  await write('hello');
  const [send] = server.last.of('send');
  server.last.receive({ t: 'error', code, ref: send!.client_msg_id });
  expect((await screen.findAllByText(trouble.error[code])).length).toBeGreaterThan(0);
  await fireEvent.click(screen.getByRole('button', { name: en.retry }));
  expect(server.last.of('send')).toHaveLength(2);
});

test('one’s own message is the same line before and after it is stored, so that it is read aloud once', async () => {
  const { server } = await setUp({ conversations: [open] });
  server.last.receive(missed('c', [entry('c', 1), entry('c', 2)]));
  await write('read me once');
  const line = (await screen.findByText('read me once')).closest('li');
  const [send] = server.last.of('send');
  server.last.receive({ t: 'stored', client_msg_id: send!.client_msg_id, conv: 'c', seq: 3, at: 3_000_000 });
  await screen.findByText(en.state.stored);
  expect(screen.getByText('read me once').closest('li')).toBe(line);
  server.last.receive(event('c', 3, { client_msg_id: send!.client_msg_id, author: { kind: 'customer' }, payload: { text: 'read me once' } }));
  await new Promise((done) => setTimeout(done, 50));
  expect(screen.getByText('read me once').closest('li')).toBe(line);
});

test('entries of one name do not break the log', async () => {
  const { server } = await setUp({ conversations: [open] });
  const twice = { client_msg_id: 'same', author: { kind: 'customer' as const } };
  server.last.receive(missed('c', [entry('c', 1, twice), entry('c', 2, twice), entry('c', 3, { ...twice, author: { kind: 'agent' } })]));
  expect(await screen.findByText('text 3')).toBeVisible();
  expect([screen.getByText('text 1'), screen.getByText('text 2')].every(Boolean)).toBe(true);
});

test('with the screen the focus goes to its heading, where nothing else takes it', async () => {
  window.matchMedia = () => ({ matches: false, addEventListener: () => undefined }) as unknown as MediaQueryList;
  const { server } = await setUp({ conversations: [open] });
  server.last.receive(missed('c', [entry('c', 1), entry('c', 2)]));
  const back = await screen.findByRole('button', { name: en.back });
  back.focus();
  await fireEvent.click(back);
  const heading = screen.getByRole('heading', { level: 1 });
  await waitFor(() => expect(document.activeElement).toBe(heading));
  const line = await screen.findByRole('button', { name: /text 2/ });
  line.focus();
  await fireEvent.click(line);
  await waitFor(() => expect(document.activeElement).toBe(heading));
  expect(screen.getByText('text 2')).toBeVisible();
});

test('an open window follows whether somebody is there, and says what was promised', async () => {
  const { server } = await setUp({ connect: false });
  const opens = (Date.now() + 3_600_000) * 1000;
  server.last.receive(welcome({ service: { open: false, opens_at: opens }, conversations: [{ ...open, last_seq: 1, unread: 0, read_seq: 1 }] }));
  server.last.receive(missed('c', [entry('c', 1, { author: { kind: 'customer' } })]));
  expect(await screen.findByText((t) => t.startsWith('Nobody is here right now.'))).toBeVisible();
  server.last.receive({ t: 'service', service: { open: true } });
  await waitFor(() => expect(screen.queryByText((t) => t.startsWith('Nobody is here right now.'))).toBeNull());
  const by = (Date.now() + 1_800_000) * 1000;
  server.last.receive({ t: 'promise', conv: 'c', by });
  expect(await screen.findByText((t) => t.includes(en.promised(dayAndTime(by, 'en'))))).toBeVisible();
  server.last.receive(event('c', 2));
  await waitFor(() => expect(screen.queryByText((t) => t.includes('You have an answer by'))).toBeNull());
});

test('a window that is closed, or behind other tabs, takes no delivery', async () => {
  const { server, chat } = await setUp({ conversations: [open] });
  const acked = () => server.last.of('ack').map((f) => f.up_to_seq);
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  chat.attend();
  server.last.receive(missed('c', [entry('c', 1), entry('c', 2)]));
  await new Promise((done) => setTimeout(done, 400));
  expect(acked()).toEqual([]);
  hidden.mockReturnValue(false);
  chat.attend();
  await waitFor(() => expect(acked()).toEqual([2]));
  hidden.mockRestore();
});

test('a message that holds a file twice can be read', async () => {
  const { server } = await setUp({ conversations: [open] });
  const file = { id: 'f', name: 'a.png', type: 'image/png', size: 3 };
  server.last.receive(missed('c', [entry('c', 1, { payload: { attachments: [file, file] } }), entry('c', 2)]));
  expect(await screen.findByText('text 2')).toBeVisible();
  expect(screen.getAllByText('a.png')).toHaveLength(2);
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
  expect(await screen.findByText(enList.status.merged)).toBeVisible();
});

test('a server without room says so, and that what was written is kept', async () => {
  const { server } = await setUp({ connect: false });
  server.last.receive({ t: 'error', code: 'rate_limited', ref: 'hello', retry_after_ms: 60_000 });
  expect(await screen.findByText((t) => t.includes(en.busy), {}, { timeout: 4000 })).toBeVisible();
});

test('what one customer had on screen is covered until it is known who is there', async () => {
  const { chat, server } = await setUp({ conversations: [open] });
  server.last.receive(missed('c', [entry('c', 1, { payload: { text: 'words of ann' } })]));
  expect(await screen.findByText('words of ann')).toBeVisible();
  chat.covered = true;
  await waitFor(() => expect(screen.queryByText('words of ann')).toBeNull());
  expect(screen.queryByRole('button', { name: en.back })).toBeNull();
});

test.each([true, false])('who cannot show who they are may ask all the same, where visitors may: %s', async (visitors) => {
  const { chat, server } = await setUp({ connect: false });
  server.last.receive({ t: 'error', code: 'unauthenticated', ref: 'hello' });
  await screen.findByRole('button', { name: en.tryAgain });
  chat.asksForName = true;
  chat.visitors = visitors;
  if (visitors) expect(await screen.findByRole('button', { name: en.asVisitor })).toBeVisible();
  else await waitFor(() => expect(screen.queryByRole('button', { name: en.asVisitor })).toBeNull());
});

test('a visitor ends and forgets the conversations on this device, asked once more', async () => {
  const { chat, server } = await setUp({ conversations: [open] });
  server.last.receive(missed('c', [entry('c', 1)]));
  await fireEvent.click(await screen.findByRole('button', { name: en.back }));
  await fireEvent.click(await screen.findByRole('button', { name: enList.forget }));
  expect(await screen.findByText(enList.forgetAsk)).toBeVisible();
  await fireEvent.click(screen.getByRole('button', { name: enList.forgetNo }));
  expect(screen.queryByText(enList.forgetAsk)).toBeNull();
  await fireEvent.click(screen.getByRole('button', { name: enList.forget }));
  await fireEvent.click(screen.getByRole('button', { name: enList.forgetYes }));
  await waitFor(() => expect(server.connections).toHaveLength(2));
  expect(chat.conversations).toEqual([]);
});

describe('what a visitor left open in a flow', () => {
  const run = { id: 'r-1', flow: 'FL1', title: 'I cannot sign in any more', state: 'asking', step: 'next', revision: 3, expires_at: 1 };
  const asked = () => {
    const paths: string[] = [];
    vi.stubGlobal('fetch', (path: string) => {
      if (!path.startsWith('/rt/flows')) return Promise.reject(new Error('not asked here'));
      paths.push(path);
      return Promise.resolve(new Response(JSON.stringify({ flows: [], proposals: [], open: [run] })));
    });
    return paths;
  };
  afterEach(() => vi.unstubAllGlobals());

  test('is offered when they come back', async () => {
    asked();
    const storage = new MemoryStorage();
    storage.setItem('kefu.visitor', 'secret');
    await setUp({ storage });
    expect(await screen.findByRole('button', { name: /I cannot sign in any more/ })).toBeVisible();
  });

  test('is not asked for where nobody was before', async () => {
    const paths = asked();
    await setUp();
    expect(await screen.findByText(en.emptyTitle)).toBeVisible();
    expect(paths).toEqual([]);
  });
});
