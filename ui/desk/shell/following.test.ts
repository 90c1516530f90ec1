import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { welcome } from '../../kit/protocol/fake.ts';
import type { ClientFrame, ServerFrame } from '../../kit/protocol/frames.ts';
import { Desk } from './desk.svelte.ts';

/** The browser's socket, answered by the test. */
class Socket {
  static last: Socket;
  sent: ClientFrame[] = [];
  readyState = 1;
  onmessage?: (message: { data: string }) => void;
  constructor() {
    Socket.last = this;
  }
  send(text: string) {
    this.sent.push(JSON.parse(text) as ClientFrame);
  }
  close() {}
  receive(frame: ServerFrame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

const line = (id: string) => ({
  id, status: 'open', priority: 'normal', customer: { id: 'anna', name: 'Anna', evidence: 'verified', anonymous: false }, channel: 'chat', tags: [],
  preview: '', unread: 0, last_seq: 2, last_activity: 1, created_at: 1, reopened: 0,
});
let required = false;
let changes: unknown[] = [];

beforeEach(() => {
  [required, changes] = [false, []];
  localStorage.clear();
  sessionStorage.clear();
  vi.stubGlobal('WebSocket', Socket);
  vi.stubGlobal('fetch', (input: string, init: RequestInit) => {
    if (input === '/v1/session') return Promise.resolve(Response.json({ staff: { id: 'mei', name: 'Mei', role: 'agent' } }));
    if (input === '/v1/conversations/changes') {
      changes.push(...(JSON.parse(String(init.body)) as { changes: unknown[] }).changes);
      return Promise.resolve(Response.json({ items: [{ id: 'c' }] }));
    }
    if (input.includes('/wrap_up')) return Promise.resolve(Response.json(/wrap_up_code/.test(input) ? { items: [{ id: 'refunded', revision: 1, value: { name: 'Refunded' } }] } : { revision: 1, value: { required } }));
    if (input.endsWith('/draft')) return Promise.resolve(Response.json({ text: '' }));
    if (/^\/v1\/conversations\/\w$/.test(input)) return Promise.resolve(Response.json(line(input.at(-1)!)));
    return Promise.resolve(Response.json({ items: [] }));
  });
});
afterEach(() => vi.unstubAllGlobals());

/** An agent who sent an answer whose macro resolves, and went on to another conversation before it was stored. */
async function gone() {
  const desk = new Desk();
  await vi.waitFor(() => expect(desk.m && desk.me).toBeDefined());
  Socket.last.receive(welcome({ staff: { id: 'mei', name: 'Mei', role: 'agent' } }));
  desk.open('c');
  await vi.waitFor(() => expect(desk.thread?.id).toBe('c'));
  desk.thread!.typed('Done.');
  desk.thread!.follow({ name: 'resolved', doing: { status: 'resolved', priority: 'low' } });
  desk.thread!.upTo = 2;
  desk.thread!.send([]);
  desk.open('d');
  await vi.waitFor(() => expect(desk.thread?.id).toBe('d'));
  const [sent] = Socket.last.sent.filter((f) => f.t === 'send');
  expect(changes).toEqual([]);
  return { desk, store: () => Socket.last.receive({ t: 'stored', conv: 'c', client_msg_id: sent!.client_msg_id, seq: 3, at: 1 }) };
}

test('what a macro does is done once its answer is stored, wherever the agent is by then', async () => {
  const { store } = await gone();
  store();
  await vi.waitFor(() => expect(changes).toEqual([{ id: 'c', seen: 2, status: 'resolved', priority: 'low' }]));
});

test('where it has to be said how it ended, all else is done and the agent is told', async () => {
  required = true;
  const { desk, store } = await gone();
  store();
  await vi.waitFor(() => expect(changes).toEqual([{ id: 'c', seen: 2, priority: 'low' }]));
  await vi.waitFor(() => expect(desk.toasts.list.map((t) => t.text)).toContain(desk.m!.macro.uncoded('Anna')));
});
