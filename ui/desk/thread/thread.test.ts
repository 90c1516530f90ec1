import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { event, missed, entry, setUp, welcome } from '../../kit/protocol/fake.ts';
import { MemoryStorage } from '../../kit/protocol/storage.ts';
import { Api } from '../shell/api.ts';
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
