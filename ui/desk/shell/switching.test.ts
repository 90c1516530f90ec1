import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { entry, missed, welcome } from '../../kit/protocol/fake.ts';
import type { ClientFrame, ServerFrame } from '../../kit/protocol/frames.ts';
import type { Conversation } from './api.ts';
import { Desk } from './desk.svelte.ts';

/** A server that answers each frame as soon as it can. */
class Socket {
  static last: Socket;
  readyState = 1;
  sent: ClientFrame[] = [];
  onopen?: () => void;
  onmessage?: (message: { data: string }) => void;
  onclose?: () => void;
  constructor() {
    Socket.last = this;
  }
  send(text: string) {
    const frame = JSON.parse(text) as ClientFrame;
    this.sent.push(frame);
    if (frame.t !== 'fetch') return;
    queueMicrotask(() => this.receive(missed(frame.conv, 'after_seq' in frame ? [] : [entry(frame.conv, 1, { author: { kind: 'customer' } })])));
  }
  close() {}
  receive(frame: ServerFrame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  convs(t: ClientFrame['t']): string[] {
    return this.sent.flatMap((f) => (f.t === t && 'conv' in f && f.conv ? [f.conv] : []));
  }
}

const lines = Array.from({ length: 40 }, (_, i): Conversation => ({
  id: `c${i}`, status: 'open', priority: 'normal', customer: { id: `p${i}`, name: `Person ${i}`, evidence: 'claimed', anonymous: false }, channel: 'chat',
  tags: [], preview: '', unread: 1, last_seq: 1, last_activity: 1000 - i, created_at: 1, reopened: 0,
}));

let asked: string[];
let drafts: Map<string, string>;
let desk: Desk;

beforeEach(async () => {
  asked = [];
  drafts = new Map();
  localStorage.clear();
  sessionStorage.clear();
  location.hash = '#/all/open';
  vi.stubGlobal('WebSocket', Socket);
  vi.stubGlobal('fetch', (input: string, init: RequestInit) => {
    asked.push(`${init.method} ${input}`);
    const conv = /conversations\/(c\d+)/.exec(input)?.[1];
    if (input === '/v1/session') return Promise.resolve(Response.json({ staff: { id: 'mei', name: 'Mei', role: 'agent' }, idle_seconds: 900 }));
    if (input === '/v1/conversations/find') return Promise.resolve(Response.json({ items: lines }));
    if (input.endsWith('/draft') && init.method === 'PUT') drafts.set(conv!, (JSON.parse(init.body as string) as { text: string }).text);
    if (init.method === 'PUT') return Promise.resolve(new Response(null, { status: 204 }));
    if (input.endsWith('/draft')) return Promise.resolve(Response.json({ text: drafts.get(conv!) ?? '' }));
    if (conv) return Promise.resolve(Response.json(lines.find((l) => l.id === conv)));
    return Promise.resolve(Response.json({ items: [], conversations: [], handles: [] }));
  });
  desk = new Desk();
  await vi.waitFor(() => expect(desk.me).toBeDefined());
  Socket.last.receive(welcome({ staff: { id: 'mei', name: 'Mei', role: 'agent' } }));
  await vi.waitFor(() => expect(desk.inbox.items).toHaveLength(40));
});

afterEach(async () => {
  await desk.signOut();
  vi.unstubAllGlobals();
});

const rest = (milliseconds = 0) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test('the conversation is there at once, with its address', () => {
  desk.open('c3');
  expect(desk.thread?.id).toBe('c3');
  expect(desk.thread?.conversation?.customer.name).toBe('Person 3');
  expect(location.hash).toContain('c3');
});

test('the lines beside the open one are read ahead, and nothing else is done to them', async () => {
  desk.open('c3');
  await vi.waitFor(() => expect(Socket.last.convs('fetch').sort()).toEqual(['c2', 'c3', 'c4', 'c5']));
  await rest(300);
  for (const t of ['watch', 'read', 'ack'] as const) expect(Socket.last.convs(t).filter((c) => c !== 'c3')).toEqual([]);
  expect(asked.filter((a) => /\/c[245]\b/.test(a))).toEqual([]);
  desk.open('c4');
  expect(desk.thread?.lines.map((l) => l.payload.text)).toEqual(['text 1']);
});

test('whoever runs through the list reads nothing of it ahead but where they rest', async () => {
  for (let i = 0; i < 30; i++) {
    desk.inbox.step(1);
    desk.near(desk.inbox.cursor!);
  }
  await rest(150);
  expect(Socket.last.convs('fetch').sort()).toEqual(['c28', 'c29', 'c30', 'c31']);
});

test('of thirty opened as fast as the keys go the last one stays', async () => {
  for (let i = 0; i < 30; i++) {
    desk.open(`c${i}`);
    await rest();
  }
  await rest(200);
  expect(desk.thread?.id).toBe('c29');
  expect(location.hash).toContain('c29');
  expect(desk.thread?.conversation?.id).toBe('c29');
  expect(desk.thread?.lines.every((l) => l.conv === 'c29')).toBe(true);
  expect(Socket.last.convs('unwatch')).toEqual(Socket.last.convs('watch').slice(0, -1));
});

test('what was typed on the way is where it was typed', async () => {
  for (let i = 0; i < 10; i++) {
    desk.open(`c${i}`);
    desk.thread!.typed(`words for ${i}`);
    await rest();
  }
  await vi.waitFor(() => expect(drafts.get('c8')).toBe('words for 8'), 5_000);
  for (let i = 0; i < 10; i++) {
    desk.open(`c${i}`);
    await vi.waitFor(() => expect(desk.thread?.draft).toBe(`words for ${i}`));
  }
});

test('going back in the browser opens what was open', async () => {
  desk.open('c1');
  desk.open('c2');
  history.back();
  await vi.waitFor(() => expect(desk.thread?.id).toBe('c1'));
});
