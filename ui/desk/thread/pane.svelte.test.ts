import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Entry, ServerFrame } from '../../kit/protocol/frames.ts';
import { entry, missed, setUp, welcome } from '../../kit/protocol/fake.ts';
import { MemoryStorage } from '../../kit/protocol/storage.ts';
import { Api, type Conversation, type Draft } from '../shell/api.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import { Attaching } from './attaching.ts';
import { Drafts } from './drafts.ts';
import { en } from '../messages/en.ts';
import { Thread } from './thread.svelte.ts';
import ThreadPane from './ThreadPane.svelte';

/** What waits until something was painted, where the test decides when that is. */
const paint = vi.hoisted(() => ({ held: undefined as (() => void)[] | undefined }));
vi.mock('../../kit/paint.ts', async (original) => {
  const { afterPaint } = await original<typeof import('../../kit/paint.ts')>();
  return { afterPaint: (what: () => void) => (paint.held ? (paint.held.push(what), () => undefined) : afterPaint(what)) };
});

const settle = () => vi.waitFor(async () => tick());

const conversation: Conversation = {
  id: 'c',
  status: 'open',
  priority: 'normal',
  customer: { id: 'anna', name: 'Anna', evidence: 'verified', anonymous: false },
  channel: 'chat',
  tags: [],
  preview: '',
  unread: 0,
  last_seq: 1,
  last_activity: 1,
  created_at: 1,
  reopened: 0,
};

/** A conversation at the desk, of which the entries from first to last were read; none, and it is still being read. */
async function shown(first: number, last: number, draft?: Draft) {
  const { client, server } = setUp({ role: 'desk' });
  client.start();
  await vi.waitFor(() => expect(server.connections).toHaveLength(1));
  server.last.receive(welcome({ staff: { id: 'mei', name: 'Mei', role: 'agent' } }));
  const asked: string[] = [];
  const bodies: unknown[] = [];
  const edits = { wait: Promise.resolve() };
  const api = new Api((input, init) => {
    const path = String(input);
    asked.push(`${init?.method} ${path}`);
    bodies.push(init?.body ? JSON.parse(init.body as string) : undefined);
    if (init?.method === 'PATCH') return edits.wait.then(() => new Response(null, { status: 204 }));
    if (path.endsWith('/versions')) return Promise.resolve(Response.json({ items: [{ text: 'I looked' }] }));
    if (path.endsWith('/link')) return Promise.resolve(Response.json({ url: 'https://files.example/a/token' }));
    if (path.endsWith('/draft') && init?.method === 'GET') return Promise.resolve(Response.json(draft ?? { text: '' }));
    if (path === '/v1/conversations/c') return Promise.resolve(Response.json(conversation));
    if (path.startsWith('/v1/customers/')) return Promise.resolve(Response.json({ id: 'anna', anonymous: false, evidence: 'verified', handles: [], conversations: [] }));
    return Promise.resolve(new Response(null, { status: 204 }));
  });
  const drafts = new Drafts(new MemoryStorage(), api);
  drafts.open('mei');
  const thread = new Thread('c', api, client, drafts, () => undefined, () => undefined);
  if (last > 0) server.last.receive(missed('c', Array.from({ length: last - first + 1 }, (_, i) => entry('c', first + i)), first > 1));
  const desk = $state({
    tag: 'en',
    api,
    failed: vi.fn(),
    me: { id: 'mei', name: 'Mei', role: 'agent' },
    teams: { all: [], find: () => undefined, refresh: () => Promise.resolve() }, staff: [],
    online: true,
    keys: true,
    attaching: new Attaching({ upload: () => Promise.resolve({ id: 'f1', name: 'a.txt', type: 'text/plain', size: 1 }), online: () => true, limit: () => undefined }),
    codes: { all: [], load: () => Promise.resolve(), fitting: () => [], needed: () => false, name: () => '' },
    connection: 'open',
    detailsOpen: false,
    target: undefined as { conv: string; seq: number } | undefined,
    toasts: { say: vi.fn() },
  });
  const rendered = render(ThreadPane, { desk: desk as unknown as Desk, m: en, thread });
  await vi.waitFor(() => expect(thread.customer).toBeDefined());
  await settle();
  const log = screen.getAllByRole('region', { name: en.thread.log })[0]!;
  return { thread, desk, server, client, log, asked, bodies, edits, away: rendered.unmount };
}

// The test's browser has no modal dialogs.
beforeAll(() => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
});

afterEach(() => {
  paint.held = undefined;
  cleanup();
  vi.restoreAllMocks();
});

test('a message that holds a file twice can be read', async () => {
  const { server } = await shown(1, 1);
  const file = { id: 'f', name: 'a.txt', type: 'text/plain', size: 3 };
  server.last.receive({ t: 'event', ...entry('c', 2, { payload: { text: 'twice', attachments: [file, file] } }) });
  await settle();
  expect(screen.getAllByText('a.txt')).toHaveLength(2);
});

describe('a hit of the search', () => {
  test('in the open conversation is brought into view, once', async () => {
    const looked: string[] = [];
    Element.prototype.scrollIntoView = function (this: HTMLElement) {
      looked.push(this.dataset.seq ?? '');
    };
    const { desk, server } = await shown(1, 5);
    // The test's browser gives the focus to a field of a closed dialog.
    (document.activeElement as HTMLElement).blur();
    desk.target = { conv: 'c', seq: 2 };
    await settle();
    await vi.waitFor(() => expect(looked).toEqual(['2']));
    expect((document.activeElement as HTMLElement).dataset.seq).toBe('2');
    // What comes later leaves the focus where the agent has put it.
    const box = screen.getByRole('textbox');
    box.focus();
    server.last.receive({ t: 'event', ...entry('c', 6) });
    await settle();
    expect(document.activeElement).toBe(box);
    expect(looked).toEqual(['2']);
  });

  test('never takes the focus out of a box', async () => {
    Element.prototype.scrollIntoView = () => undefined;
    const { desk } = await shown(1, 5);
    const box = screen.getByRole('textbox');
    box.focus();
    desk.target = { conv: 'c', seq: 2 };
    await settle();
    await vi.waitFor(() => expect(desk.target).toBeUndefined());
    await settle();
    expect(document.activeElement).toBe(box);
  });

  test('in a conversation that cannot be read now is given up', async () => {
    const looked = vi.fn();
    Element.prototype.scrollIntoView = looked;
    const { desk, server } = await shown(0, 0);
    desk.connection = 'waiting';
    desk.target = { conv: 'c', seq: 2 };
    await settle();
    expect(desk.target).toBeUndefined();
    desk.connection = 'open';
    server.last.receive(missed('c', [entry('c', 1), entry('c', 2)]));
    await settle();
    expect(looked).not.toHaveBeenCalled();
  });

  test('in another conversation leaves this one alone', async () => {
    const looked = vi.fn();
    Element.prototype.scrollIntoView = looked;
    const { desk } = await shown(1, 5);
    desk.target = { conv: 'other', seq: 2 };
    await settle();
    expect(looked).not.toHaveBeenCalled();
  });

  test('far above is read up to, a page at a time', async () => {
    const looked: string[] = [];
    Element.prototype.scrollIntoView = function (this: HTMLElement) {
      looked.push(this.dataset.seq ?? '');
    };
    const { desk, server } = await shown(101, 150);
    desk.target = { conv: 'c', seq: 20 };
    await settle();
    for (const first of [51, 1]) {
      expect(server.last.of('fetch').at(-1)).toMatchObject({ before_seq: first + 50 });
      server.last.receive(missed('c', Array.from({ length: 50 }, (_, i) => entry('c', first + i)), first > 1));
      await settle();
    }
    await vi.waitFor(() => expect(looked).toEqual(['20']));
  });
});

const drawn = (n: number) => vi.waitFor(() => expect(document.querySelectorAll('[data-seq]')).toHaveLength(n));

test('of a long conversation the last words are drawn first, and what follows is not read out', async () => {
  paint.held = [];
  const { log } = await shown(101, 150);
  expect([...document.querySelectorAll<HTMLElement>('[data-seq]')].map((l) => l.dataset.seq)).toEqual(Array.from({ length: 16 }, (_, i) => String(135 + i)));
  expect(screen.getByRole('log')).toHaveAttribute('aria-live', 'off');
  // Whoever scrolls up at once is left where they are.
  Object.defineProperties(log, { scrollHeight: { get: () => document.querySelectorAll('[data-seq]').length * 10 }, clientHeight: { value: 100 } });
  log.scrollTop = 30;
  for (const what of paint.held) what();
  await drawn(50);
  await vi.waitFor(() => expect(log.scrollTop).toBe(370));
  expect(document.querySelectorAll('[aria-live=polite] [data-seq]')).toHaveLength(0);
});

test('reading back keeps the line that was read where it was', async () => {
  const { log, server } = await shown(101, 150);
  // Every line is 10 pixels high.
  vi.spyOn(HTMLElement.prototype, 'offsetTop', 'get').mockImplementation(function (this: HTMLElement) {
    return [...document.querySelectorAll('[data-seq]')].indexOf(this) * 10;
  });
  Object.defineProperties(log, { scrollHeight: { get: () => document.querySelectorAll('[data-seq]').length * 10 }, clientHeight: { value: 100 } });
  await drawn(50);
  log.scrollTop = 30;
  for (let i = 0; i < 5; i++) await fireEvent.scroll(log);
  server.last.receive(missed('c', Array.from({ length: 50 }, (_, i) => entry('c', 51 + i)), true));
  await settle();
  await vi.waitFor(() => expect(log.scrollTop).toBe(530));
});

test('a note that was begun is still a note when its conversation is opened again', async () => {
  const { thread, server } = await shown(1, 2, { text: 'She was rude', note: true });
  await vi.waitFor(() => expect(thread.draft).toBe('She was rude'));
  const box = screen.getByRole('textbox', { name: en.composer.notePlaceholder });
  await fireEvent.keyDown(box, { key: 'Enter' });
  expect(server.last.of('send')).toMatchObject([{ note: true, body: { text: 'She was rude' } }]);
});

test('what is still being read is neither answered nor resolved, nor put off', async () => {
  const { thread, server } = await shown(0, 0);
  thread.typed('an answer');
  await settle();
  const resolve = await screen.findByRole('button', { name: en.thread.resolve });
  const snooze = screen.getByRole('combobox', { name: en.thread.snooze });
  expect(snooze).toBeDisabled();
  await fireEvent.click(resolve);
  await fireEvent.keyDown(screen.getByRole('textbox'), { key: 'Enter' });
  expect(screen.queryByRole('dialog')).toBeNull();
  expect(server.last.of('send')).toEqual([]);
  server.last.receive(missed('c', [entry('c', 1)]));
  await settle();
  await fireEvent.keyDown(screen.getByRole('textbox'), { key: 'Enter' });
  expect(server.last.of('send')).toMatchObject([{ seen: 1 }]);
  expect(snooze).toBeEnabled();
  await fireEvent.click(resolve);
  expect(await screen.findByRole('dialog')).toBeVisible();
});

test('a button names its key only while keys are commands', async () => {
  const { desk } = await shown(1, 2);
  expect(await screen.findByRole('button', { name: en.thread.resolve })).toHaveAttribute('title', `${en.thread.resolve} (e)`);
  desk.keys = false;
  await settle();
  for (const name of [en.thread.resolve, en.thread.takeIt, en.composer.reply, en.composer.note]) {
    expect(screen.getByRole('button', { name })).toHaveAttribute('title', name);
  }
});

test('a file that is tried again or removed leaves the focus in the box', async () => {
  await shown(1, 2);
  const chooser = document.querySelector<HTMLInputElement>('input[type=file]')!;
  await fireEvent.change(chooser, { target: { files: [new File(['x'], 'a.txt')] } });
  const remove = await screen.findByRole('button', { name: en.composer.removeFile('a.txt') });
  remove.focus();
  await fireEvent.click(remove);
  expect(document.activeElement).toBe(screen.getByRole('textbox'));
});

test('a file that was chosen is there again when its conversation is, and a refused answer brings its own', async () => {
  const { thread, server, desk, away } = await shown(1, 2);
  const choose = () => fireEvent.change(document.querySelector<HTMLInputElement>('input[type=file]')!, { target: { files: [new File(['x'], 'a.txt')] } });
  await choose();
  await screen.findByRole('button', { name: en.composer.removeFile('a.txt') });
  away();
  render(ThreadPane, { desk: desk as unknown as Desk, m: en, thread });
  await screen.findByRole('button', { name: en.composer.removeFile('a.txt') });
  await vi.waitFor(() => expect(screen.getByRole('button', { name: en.composer.send })).toBeEnabled());
  await fireEvent.keyDown(screen.getByRole('textbox'), { key: 'Enter' });
  const { client_msg_id: ref, body } = server.last.of('send')[0]!;
  expect(body).toMatchObject({ attachment_ids: ['f1'] });
  expect(screen.queryByRole('button', { name: en.composer.removeFile('a.txt') })).toBeNull();
  server.last.receive({ t: 'error', code: 'conflict', field: 'unless_answered', ref });
  await fireEvent.click(await screen.findByRole('button', { name: en.message.rewrite }));
  await screen.findByRole('button', { name: en.composer.removeFile('a.txt') });
});

test('what comes is read out, and earlier pages are not', async () => {
  const { server, log } = await shown(101, 150);
  const live = () => [...document.querySelectorAll('[aria-live=polite] [data-seq]')].map((e) => Number((e as HTMLElement).dataset.seq));
  expect(live()).toEqual([]);
  log.scrollTop = 0;
  await fireEvent.scroll(log);
  server.last.receive(missed('c', Array.from({ length: 50 }, (_, i) => entry('c', 51 + i)), true));
  server.last.receive({ t: 'event', ...entry('c', 151) });
  await settle();
  await vi.waitFor(() => expect(document.querySelectorAll('[data-seq]')).toHaveLength(101));
  expect(live()).toEqual([151]);
  // The whole is not live by its role either, and nothing in it has the name of what is around it.
  expect(screen.getByRole('log')).toHaveAttribute('aria-live', 'off');
  expect(screen.getByRole('log')).not.toHaveAttribute('aria-label', en.thread.log);
});

test('a dialog that closes when the conversation was left reads nothing of it', async () => {
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  const { thread, server, client, away } = await shown(1, 2);
  const dialog = document.body.appendChild(document.createElement('dialog'));
  dialog.setAttribute('open', '');
  server.last.receive({ t: 'event', ...entry('c', 3, { author: { kind: 'customer' } }) });
  await settle();
  const seen = vi.spyOn(thread, 'seen');
  away();
  thread.leave();
  dialog.remove();
  dialog.dispatchEvent(new Event('close'));
  expect(seen).not.toHaveBeenCalled();
  expect(client.peek('c')).toBeUndefined();
});

test('behind a dialog nothing is taken as seen, and it is once the dialog closes', async () => {
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  const { thread, server } = await shown(1, 2);
  const dialog = document.body.appendChild(document.createElement('dialog'));
  dialog.setAttribute('open', '');
  server.last.receive({ t: 'event', ...entry('c', 3, { author: { kind: 'customer' } }) });
  await settle();
  expect(thread.upTo).toBe(2);
  dialog.remove();
  dialog.dispatchEvent(new Event('close'));
  expect(thread.upTo).toBe(3);
});

const own = (seq: number, more: Partial<Entry> = {}): ServerFrame => ({
  t: 'event',
  ...entry('c', seq, { author: { kind: 'agent', id: 'mei', name: 'Mei' }, ...more }),
});

describe('an own message', () => {
  test('is changed from the keyboard; others’ are not offered', async () => {
    const { server, asked, bodies } = await shown(1, 2);
    server.last.receive({ t: 'event', ...entry('c', 3, { author: { kind: 'agent', id: 'ben', name: 'Mei' } }) });
    await settle();
    expect(await screen.findByText('text 3')).toBeVisible();
    expect(screen.queryByRole('button', { name: en.message.edit })).toBeNull();
    server.last.receive(own(4, { payload: { text: 'I look' } }));
    await settle();
    await fireEvent.click(await screen.findByRole('button', { name: en.message.edit }));
    const box = await screen.findByRole('textbox', { name: en.message.edit });
    expect(box).toHaveValue('I look');
    await fireEvent.input(box, { target: { value: 'I am looking' } });
    await fireEvent.keyDown(box, { key: 'Enter' });
    const at = asked.indexOf('PATCH /v1/conversations/c/messages/4');
    expect(bodies[at]).toEqual({ text: 'I am looking' });
    await vi.waitFor(() => expect(screen.queryByRole('textbox', { name: en.message.edit })).toBeNull());
  });

  test('whose change is slow leaves another one open', async () => {
    const { server, edits } = await shown(1, 2);
    let done = () => {};
    edits.wait = new Promise((resolve) => (done = resolve));
    server.last.receive(own(3, { payload: { text: 'first' } }));
    server.last.receive(own(4, { payload: { text: 'second' } }));
    await settle();
    const [first, second] = await screen.findAllByRole('button', { name: en.message.edit });
    await fireEvent.click(first!);
    const box = await screen.findByRole('textbox', { name: en.message.edit });
    await fireEvent.input(box, { target: { value: 'first, changed' } });
    await fireEvent.keyDown(box, { key: 'Enter' });
    await fireEvent.click(screen.getByRole('button', { name: en.cancel }));
    await fireEvent.click(second!);
    await vi.waitFor(() => expect(screen.getByRole('textbox', { name: en.message.edit })).toHaveValue('second'));
    done();
    await vi.waitFor(() => expect(screen.getByRole('button', { name: en.message.editDo })).not.toHaveAttribute('aria-busy', 'true'));
    await settle();
    expect(screen.getByRole('textbox', { name: en.message.edit })).toHaveValue('second');
  });

  test('that was changed shows what it said before', async () => {
    const { server } = await shown(1, 2);
    server.last.receive(own(3, { payload: { text: 'I looked' } }));
    server.last.receive(own(4, { kind: 'edited', payload: { of: 3, text: 'I am looking' } }));
    await settle();
    await fireEvent.click(await screen.findByRole('button', { name: en.message.edited }));
    const dialog = await screen.findByRole('dialog');
    await vi.waitFor(() => expect(dialog).toHaveTextContent(/At first\s*I looked\s*Now\s*I am looking/));
  });
});

test('pictures are shown, other files are offered', async () => {
  const { server, asked } = await shown(1, 2);
  const file = (id: string, type: string) => ({ id, name: `${id}.x`, type, size: 1000 });
  server.last.receive(own(3, { payload: { text: '', attachments: [file('receipt', 'image/png'), file('terms', 'application/pdf')] } }));
  await settle();
  const picture = await screen.findByRole('button', { name: /receipt/ });
  await vi.waitFor(() => expect(picture.querySelector('img')).toHaveAttribute('src', 'https://files.example/a/token'));
  expect(asked.filter((a) => a.endsWith('/link'))).toEqual(['GET /v1/attachments/receipt/link']);
  expect(screen.getByRole('button', { name: /terms/ })).toHaveTextContent('terms.x');
  // What cannot be shown is a file like others.
  await fireEvent.error(picture.querySelector('img')!);
  expect(await screen.findByRole('button', { name: /receipt/ })).toHaveTextContent('receipt.x');
});
