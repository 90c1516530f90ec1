// @vitest-environment node
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { entry, event, missed, setUp, welcome } from './fake.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A desk that has read the log of conversation c ahead, up to entry 2. */
async function ahead() {
  const all = setUp({ role: 'desk' });
  all.client.start();
  await vi.advanceTimersByTimeAsync(0);
  all.server.last.receive(welcome({ staff: { id: 'mei', name: 'Mei', role: 'agent' } }));
  all.client.ahead('c');
  all.server.last.receive(missed('c', [entry('c', 1, { author: { kind: 'customer' } }), entry('c', 2, { author: { kind: 'customer' } })]));
  const words = () => all.client.log('c').lines.map((l) => l.payload.text);
  return { ...all, words };
}

test('what is read ahead is neither watched nor taken as arrived or read', async () => {
  const { server } = await ahead();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(server.last.sent).toEqual([{ t: 'fetch', conv: 'c', before_seq: 2_147_483_647, limit: 50, ahead: true }]);
});

test('what was read ahead is there when it is opened, and what came since is asked for', async () => {
  const { client, server, words } = await ahead();
  client.open('c');
  expect(words()).toEqual(['text 1', 'text 2']);
  expect(server.last.sent.slice(1)).toEqual([
    { t: 'watch', conv: 'c' },
    { t: 'fetch', conv: 'c', after_seq: 2, limit: 200 },
  ]);
});

test('what was withdrawn meanwhile goes with the answer', async () => {
  const { client, server, words } = await ahead();
  client.open('c');
  server.last.receive(missed('c', [entry('c', 3, { kind: 'redacted', payload: { of: 2 } })]));
  expect(words()[1]).toBe('');
});

describe('it is let go', () => {
  test.each([
    ['when its line has changed', { t: 'inbox', conv: 'c' }],
    ['when any line may have changed', { t: 'inbox' }],
    ['when something happened in it', event('c', 3)],
    ['when everything is to be read anew', { t: 'resync' }],
    ['when it may not be read any more', { t: 'error', code: 'not_found', ref: 'fetch', conv: 'c' }],
  ] as const)('%s', async (_, frame) => {
    const { client, server, words } = await ahead();
    server.last.receive(frame as never);
    client.open('c');
    expect(words()).toEqual([]);
    expect(server.last.of('fetch').at(-1)).toMatchObject({ before_seq: 2_147_483_647 });
  });

  test('when it is old', async () => {
    const { client, words } = await ahead();
    await vi.advanceTimersByTimeAsync(30_000);
    client.open('c');
    expect(words()).toEqual([]);
  });

  test('with the connection, and is not resumed on the next', async () => {
    const { client, server, words } = await ahead();
    server.last.events.end('lost');
    await vi.advanceTimersByTimeAsync(600);
    expect(server.last.hello.resume).toBeUndefined();
    expect(words()).toEqual([]);
    client.forget();
  });

  test('for others', async () => {
    const { client, server, words } = await ahead();
    for (let i = 0; i < 8; i++) client.ahead(`other ${i}`);
    expect(words()).toEqual([]);
    expect(server.last.of('fetch')).toHaveLength(9);
  });
});

test('an answer to what was let go is nobody’s', async () => {
  const { client, server, words } = await ahead();
  server.last.receive({ t: 'inbox', conv: 'c' });
  server.last.receive(missed('c', [entry('c', 1)]));
  expect(words()).toEqual([]);
  client.open('c');
  expect(words()).toEqual([]);
});

test('opened before its answer came, nothing between the answer and the watch is missed', async () => {
  const { client, server } = await ahead();
  client.ahead('d');
  client.open('d');
  server.last.receive(missed('d', [entry('d', 1)]));
  server.last.receive(missed('d', [entry('d', 1), entry('d', 2)]));
  expect(server.last.sent.slice(-3)).toEqual([
    { t: 'fetch', conv: 'd', before_seq: 2_147_483_647, limit: 50, ahead: true },
    { t: 'watch', conv: 'd' },
    { t: 'fetch', conv: 'd', before_seq: 2_147_483_647, limit: 50 },
  ]);
  expect(client.log('d').lines).toHaveLength(2);
});

test('whoever may not read a conversation any more keeps nothing of it', async () => {
  const { client, server, words } = await ahead();
  client.open('c');
  server.last.receive({ t: 'error', code: 'not_found', ref: 'fetch', conv: 'c' } as never);
  expect(words()).toEqual([]);
});
