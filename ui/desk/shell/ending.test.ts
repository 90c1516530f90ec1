import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { welcome } from '../../kit/protocol/fake.ts';
import type { ServerFrame } from '../../kit/protocol/frames.ts';
import { Desk } from './desk.svelte.ts';

/** The browser's sockets, answered by the test. */
class Socket {
  static all: Socket[] = [];
  readyState = 1;
  onopen?: () => void;
  onmessage?: (message: { data: string }) => void;
  onclose?: () => void;
  constructor() {
    Socket.all.push(this);
  }
  send() {}
  close() {}
  receive(frame: ServerFrame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

let server: { expired: boolean; who: string; emergency?: boolean };

beforeEach(() => {
  server = { expired: false, who: 'mei' };
  Socket.all = [];
  localStorage.clear();
  sessionStorage.clear();
  vi.stubGlobal('WebSocket', Socket);
  vi.stubGlobal('fetch', (input: string, init: RequestInit) => {
    if (server.expired) return Promise.resolve(new Response('{"code":"unauthenticated"}', { status: 401 }));
    if (init.method === 'PUT') return Promise.resolve(new Response('{"code":"unavailable"}', { status: 503 }));
    if (init.method === 'DELETE') return Promise.resolve(new Response(null, { status: 204 }));
    if (input === '/v1/session') return Promise.resolve(Response.json({ staff: { id: server.who, name: server.who, role: 'agent', emergency: server.emergency } }));
    if (input.endsWith('/draft')) return Promise.resolve(Response.json({ text: '' }));
    return Promise.resolve(Response.json({ items: [] }));
  });
});

afterEach(() => vi.unstubAllGlobals());

/** An agent with a message that was not sent and a draft that was not saved. */
async function writing(): Promise<Desk> {
  const desk = new Desk();
  await vi.waitFor(() => expect([Socket.all.length, desk.m !== undefined]).toEqual([1, true]));
  Socket.all[0]!.receive(welcome({ staff: { id: 'mei', name: 'Mei', role: 'agent' } }));
  desk.open('c');
  await vi.waitFor(() => expect(desk.thread).toBeDefined());
  desk.thread!.typed('unsent');
  desk.thread!.send([]);
  desk.thread!.typed('unsaved');
  sessionStorage.setItem('kefu.desk.setting.mei.team/new', 'unsaved');
  await vi.waitFor(() => expect(kept()).toEqual([true, true]));
  return desk;
}

const kept = () => [localStorage, sessionStorage].map((area) => Object.values({ ...area } as Record<string, string>).some((v) => /unsent|unsaved/.test(v)));

test('a session that is over keeps what was not sent, and says so', async () => {
  const desk = await writing();
  server.expired = true;
  await desk.inbox.reload();
  await vi.waitFor(() => expect(desk.ended).toBe('expired'));
  expect(desk.m!.signIn.expired).toContain('are kept');
  expect(kept()).toEqual([true, true]);
});

test('whoever was shut out finds that it is gone, and is told so', async () => {
  const desk = await writing();
  server.expired = true;
  Socket.all[0]!.receive({ t: 'closing', reason: 'revoked' });
  await vi.waitFor(() => expect(desk.ended).toBe('revoked'));
  expect(desk.m!.signIn.revoked).toContain('are gone');
  expect(kept()).toEqual([false, false]);
});

test('whoever may do something else from now on goes on where they are, with what they wrote', async () => {
  const desk = await writing();
  server.emergency = true;
  Socket.all[0]!.receive({ t: 'closing', reason: 'revoked' });
  await vi.waitFor(() => expect(Socket.all.length).toBe(2));
  expect([desk.me?.emergency, desk.ended, desk.thread?.id]).toEqual([true, undefined, 'c']);
  expect(kept()).toEqual([true, true]);
});

test('whoever is shut out while a colleague has signed in beside them does not become that colleague', async () => {
  const desk = await writing();
  server.who = 'ben';
  Socket.all[0]!.receive({ t: 'closing', reason: 'revoked' });
  await vi.waitFor(() => expect(desk.ended).toBe('revoked'));
  expect(desk.me).toBeUndefined();
  expect(kept()).toEqual([false, false]);
});

test('whoever was shut out finds that it is gone, though answers of the API came first', async () => {
  const desk = await writing();
  server.expired = true;
  await Promise.all([desk.inbox.reload(), desk.inbox.reload(), desk.api.conversation('c').catch(() => undefined)]);
  await vi.waitFor(() => expect(desk.ended).toBe('expired'));
  Socket.all[0]!.receive({ t: 'closing', reason: 'revoked' });
  await vi.waitFor(() => expect(desk.ended).toBe('revoked'));
  expect(kept()).toEqual([false, false]);
});

test('whoever signs in again is not bothered by the session before', async () => {
  const desk = await writing();
  server.expired = true;
  await desk.inbox.reload();
  await vi.waitFor(() => expect(desk.ended).toBe('expired'));
  server.expired = false;
  await desk.resume();
  expect(desk.me).toBeDefined();
  Socket.all[0]!.receive({ t: 'closing', reason: 'revoked' });
  await new Promise((resolve) => setTimeout(resolve));
  expect([desk.me?.id, desk.ended]).toEqual(['mei', undefined]);
  expect(kept()).toEqual([true, true]);
});

test('whoever signs out of a session that is over leaves nothing either', async () => {
  const desk = await writing();
  server.expired = true;
  await desk.signOut();
  expect([desk.me, desk.ended]).toEqual([undefined, undefined]);
  expect(kept()).toEqual([false, false]);
});

test('whoever signs out leaves nothing, and is told nothing', async () => {
  const desk = await writing();
  await desk.signOut();
  expect([desk.me, desk.ended]).toEqual([undefined, undefined]);
  expect(kept()).toEqual([false, false]);
});

test('whoever signs in after a colleague finds nothing that the colleague wrote or searched for', async () => {
  const desk = await writing();
  localStorage.setItem('kefu.desk.searches.mei.recent', '["lost card of Mr Chen"]');
  localStorage.setItem('kefu.desk.searches.ben.recent', '["fees"]');
  server.expired = true;
  await desk.inbox.reload();
  await vi.waitFor(() => expect(desk.ended).toBe('expired'));
  server.expired = false;
  server.who = 'ben';
  await desk.resume();
  expect(desk.me?.id).toBe('ben');
  expect(kept()).toEqual([false, false]);
  expect(Object.keys(localStorage).filter((key) => key.includes('.mei.'))).toEqual([]);
  expect(desk.finding.recent).toEqual(['fees']);
});
