import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { event, missed, entry, setUp, welcome } from '../../kit/protocol/fake.ts';
import { MemoryStorage } from '../../kit/protocol/storage.ts';
import { Api, type Conversation } from '../shell/api.ts';
import { Drafts } from './drafts.ts';
import { Thread } from './thread.svelte.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The conversation c, open at a desk, whose log ends with entry 2. */
async function opened(refusal?: object) {
  const { client, server } = setUp({ role: 'desk' });
  client.start();
  await vi.advanceTimersByTimeAsync(0);
  server.last.receive(welcome({ staff: { id: 'mei', name: 'Mei', role: 'agent' } }));
  const put: unknown[] = [];
  const api = new Api((_input, init) => {
    if (init?.method !== 'PUT') return Promise.resolve(new Response('{}', { status: 404 }));
    put.push(JSON.parse(String(init.body)));
    return Promise.resolve(refusal ? Response.json(refusal, { status: 409 }) : new Response(null, { status: 204 }));
  });
  const failed = vi.fn();
  const thread = new Thread('c', api, client, new Drafts(new MemoryStorage(), api), failed, () => undefined);
  server.last.receive(missed('c', [entry('c', 1), entry('c', 2)]));
  return { thread, client, server, put, failed };
}

test('what came after the last look is not counted as seen, in an answer or in a status', async () => {
  const { thread, server, put } = await opened();
  server.last.receive(event('c', 3, { author: { kind: 'customer' } }));
  thread.draft = 'an answer';
  thread.send([]);
  await thread.setStatus('resolved');
  expect(server.last.of('send')).toMatchObject([{ seen: 2 }]);
  expect(put).toContainEqual({ status: 'resolved', seen: 2 });
  thread.seen();
  await thread.setStatus('resolved');
  await thread.setStatus('resolved', { seen: 2 });
  expect(put.slice(-2)).toEqual([
    { status: 'resolved', seen: 3 },
    { status: 'resolved', seen: 2 },
  ]);
});

test('a refusal because of what was not seen has words of its own', async () => {
  const { thread, failed } = await opened({ code: 'conflict', field: 'seen' });
  expect(await thread.setStatus('resolved')).toBe(false);
  expect(failed).toHaveBeenCalledWith('unseen');
});

test('another conflict has not', async () => {
  const { thread, failed } = await opened({ code: 'conflict' });
  expect(await thread.setStatus('resolved')).toBe(false);
  expect(failed).toHaveBeenCalledWith('conflict');
});

const line = (more: Partial<Conversation> = {}): Conversation => ({
  id: 'c', status: 'open', priority: 'normal', customer: { id: 'anna', name: 'Anna', evidence: 'verified', anonymous: false }, channel: 'chat',
  tags: [], preview: 'text 2', unread: 1, last_seq: 2, last_activity: 2, created_at: 1, reopened: 0, ...more,
});

/** The conversation c, opened from a list after its log was read ahead. */
async function fromList(answer: () => Promise<Response> = () => Promise.resolve(Response.json(line()))) {
  const { client, server } = setUp({ role: 'desk' });
  client.start();
  await vi.advanceTimersByTimeAsync(0);
  server.last.receive(welcome({ staff: { id: 'mei', name: 'Mei', role: 'agent' } }));
  client.ahead('c');
  server.last.receive(missed('c', [entry('c', 1), entry('c', 2, { author: { kind: 'customer' } })]));
  const asked: string[] = [];
  const api = new Api((input) => {
    asked.push(String(input));
    if (String(input) === '/v1/conversations/c') return answer();
    return Promise.resolve(String(input).endsWith('/draft') ? Response.json({ text: '' }) : new Response('{}', { status: 404 }));
  });
  const told: (Conversation | undefined)[] = [];
  const thread = new Thread('c', api, client, new Drafts(new MemoryStorage(), api), vi.fn(), (c) => told.push(c), line());
  return { thread, client, server, asked, told };
}

describe('opened from the list', () => {
  test('it is all there before the server was asked, and then is asked', async () => {
    const { thread, asked } = await fromList();
    expect(thread.conversation?.customer.name).toBe('Anna');
    expect(thread.lines).toHaveLength(2);
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(150);
    expect(asked).toContain('/v1/conversations/c');
    expect(asked).toContain('/v1/conversations/c/draft');
    expect(asked).toContain('/v1/customers/anna');
  });

  test('and left before it was seen, the server is asked nothing', async () => {
    const { thread, asked, server } = await fromList();
    thread.leave();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toEqual([]);
    expect(server.last.of('read')).toEqual([]);
  });

  test('and left before the answer came, the list is told all the same', async () => {
    const { thread, told } = await fromList();
    vi.advanceTimersByTime(100);
    thread.leave();
    await vi.advanceTimersByTimeAsync(100);
    expect(told).toMatchObject([{ id: 'c' }]);
  });

  test.each([404, 403])('by whoever may not see it any more, nothing of it stays (%i)', async (status) => {
    const { thread } = await fromList(() => Promise.resolve(new Response(JSON.stringify({ code: status === 404 ? 'not_found' : 'forbidden' }), { status })));
    await vi.advanceTimersByTimeAsync(150);
    expect([thread.conversation, thread.customer]).toEqual([undefined, undefined]);
    expect(thread.problem).toBe(status === 404 ? 'not_found' : 'forbidden');
  });

  test('what was marked as read meanwhile does not become unread by an answer from before', async () => {
    let answer: (r: Response) => void = () => undefined;
    const { thread, server } = await fromList(() => new Promise((resolve) => (answer = resolve)));
    vi.advanceTimersByTime(150);
    thread.seen();
    expect(server.last.of('read')).toEqual([{ t: 'read', conv: 'c', seq: 2 }]);
    answer(Response.json(line()));
    await vi.advanceTimersByTimeAsync(0);
    expect(thread.conversation?.unread).toBe(0);
    server.last.receive({ t: 'inbox', conv: 'c' });
    await vi.advanceTimersByTimeAsync(0);
    answer(Response.json(line({ unread: 2, last_seq: 3 })));
    await vi.advanceTimersByTimeAsync(0);
    expect(thread.conversation?.unread).toBe(2);
  });

  test('of what comes while it is asked, one more question is enough', async () => {
    const { asked, server } = await fromList();
    vi.advanceTimersByTime(150);
    for (let i = 0; i < 5; i++) server.last.receive({ t: 'inbox', conv: 'c' });
    await vi.advanceTimersByTimeAsync(50);
    expect(asked.filter((a) => a === '/v1/conversations/c')).toHaveLength(2);
  });
});
