import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { entry, missed, setUp, welcome } from '../kit/protocol/fake.ts';
import { MemoryStorage } from '../kit/protocol/storage.ts';
import { Api, type Conversation, type Draft } from './api.ts';
import type { Desk } from './desk.svelte.ts';
import { Drafts } from './drafts.ts';
import { en } from './messages/en.ts';
import { Thread } from './thread.svelte.ts';
import ThreadPane from './ThreadPane.svelte';

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

/** A conversation at the desk, of which the entries from first to last were read. */
async function shown(first: number, last: number, draft?: Draft) {
  const { client, server } = setUp({ role: 'desk' });
  client.start();
  await vi.waitFor(() => expect(server.connections).toHaveLength(1));
  server.last.receive(welcome({ staff: { id: 'mei', name: 'Mei', role: 'agent' } }));
  const asked: string[] = [];
  const api = new Api((input, init) => {
    const path = String(input);
    asked.push(`${init?.method} ${path}`);
    if (path.endsWith('/draft') && init?.method === 'GET') return Promise.resolve(Response.json(draft ?? { text: '' }));
    if (path === '/v1/conversations/c') return Promise.resolve(Response.json(conversation));
    if (path.startsWith('/v1/customers/')) return Promise.resolve(Response.json({ id: 'anna', anonymous: false, evidence: 'verified', handles: [], conversations: [] }));
    return Promise.resolve(new Response(null, { status: 204 }));
  });
  const drafts = new Drafts(new MemoryStorage(), api);
  drafts.open('mei');
  const thread = new Thread('c', api, client, drafts, () => undefined, () => undefined);
  server.last.receive(missed('c', Array.from({ length: last - first + 1 }, (_, i) => entry('c', first + i)), first > 1));
  const desk = $state({
    tag: 'en',
    me: { id: 'mei', name: 'Mei', role: 'agent' },
    staff: [],
    online: true,
    connection: 'open',
    detailsOpen: false,
    target: undefined as { conv: string; seq: number } | undefined,
    toasts: { say: vi.fn() },
  });
  render(ThreadPane, { desk: desk as unknown as Desk, m: en, thread });
  await vi.waitFor(() => expect(thread.customer).toBeDefined());
  await settle();
  const log = screen.getAllByRole('region', { name: en.thread.log })[0]!;
  return { thread, desk, server, client, log, asked };
}

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

describe('a hit of the search', () => {
  test('in the open conversation is brought into view, once', async () => {
    const looked: string[] = [];
    Element.prototype.scrollIntoView = function (this: HTMLElement) {
      looked.push(this.dataset.seq ?? '');
    };
    const { desk, server } = await shown(1, 5);
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

test('reading back keeps the line that was read where it was', async () => {
  const { log, server } = await shown(101, 150);
  // Every line is 10 pixels high.
  vi.spyOn(HTMLElement.prototype, 'offsetTop', 'get').mockImplementation(function (this: HTMLElement) {
    return [...document.querySelectorAll('[data-seq]')].indexOf(this) * 10;
  });
  Object.defineProperties(log, { scrollHeight: { get: () => document.querySelectorAll('[data-seq]').length * 10 }, clientHeight: { value: 100 } });
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
