// @vitest-environment node
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { entry, event, type FakeServer, missed, setUp, welcome } from './fake.ts';
import { MemoryStorage } from './storage.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(0);
const line = (conv: string) => ({ conv, status: 'open' as const, last_seq: 0, read_seq: 0, unread: 0, last_activity: 0 });

async function connected(options: Parameters<typeof setUp>[0] = {}) {
  const all = setUp(options);
  all.client.start();
  await settle();
  all.server.last.receive(welcome({ conversations: [line('c')] }));
  return all;
}

/** Connected, with the log of conversation c read up to `top`. */
async function opened(top = 2) {
  const all = await connected();
  all.client.open('c');
  const entries = Array.from({ length: top }, (_, i) => entry('c', i + 1));
  all.server.last.receive(missed('c', entries));
  return all;
}

async function comeBack(all: Awaited<ReturnType<typeof connected>>) {
  all.server.last.events.end('lost');
  await vi.advanceTimersByTimeAsync(600);
  all.server.last.receive(welcome({ conversations: [line('c')] }));
}

describe('sending', () => {
  test('a message leaves the outbox when it is stored, not before', async () => {
    const { client, server } = await opened();
    const id = client.send({ conv: 'c', text: 'hello' });
    expect(server.last.of('send')).toEqual([{ t: 'send', conv: 'c', client_msg_id: id, body: { type: 'text', text: 'hello' } }]);
    expect(client.outbox.messages()).toHaveLength(1);
    server.last.receive({ t: 'stored', client_msg_id: id, conv: 'c', seq: 3, at: 3 });
    expect(client.outbox.messages()).toHaveLength(0);
    expect(client.log('c').lines.at(-1)).toMatchObject({ seq: 3, payload: { text: 'hello' }, author: { kind: 'customer' } });
  });

  test('one message of a conversation is under way at a time, in the order of writing', async () => {
    const { client, server } = await opened();
    const first = client.send({ conv: 'c', text: 'one' });
    client.send({ conv: 'c', text: 'two' });
    const elsewhere = client.send({ conv: 'd', text: 'other' });
    expect(server.last.of('send').map((f) => f.client_msg_id)).toEqual([first, elsewhere]);
    server.last.receive({ t: 'stored', client_msg_id: first, conv: 'c', seq: 3, at: 3 });
    expect(server.last.of('send').map((f) => 'text' in f.body && f.body.text)).toEqual(['one', 'other', 'two']);
  });

  test('what was not stored is sent again after a loss, under the same id', async () => {
    const all = await opened();
    const id = all.client.send({ conv: 'c', text: 'hello' });
    await comeBack(all);
    expect(all.server.connections).toHaveLength(2);
    expect(all.server.last.of('send').map((f) => f.client_msg_id)).toEqual([id]);
  });

  test('an answer that does not come breaks the connection and the message is sent again', async () => {
    const { client, server } = await opened();
    const id = client.send({ conv: 'c', text: 'hello' });
    await vi.advanceTimersByTimeAsync(15_000);
    expect(server.connections).toHaveLength(2);
    expect(server.connections[0]!.closed).toBe(true);
    server.last.receive(welcome());
    expect(server.last.of('send').map((f) => f.client_msg_id)).toEqual([id]);
  });

  test('an unacknowledged message outlives a reload', async () => {
    const storage = new MemoryStorage();
    const before = await connected({ storage });
    const id = before.client.send({ conv: 'c', text: 'kept' });
    before.client.stop();
    const after = await connected({ storage });
    expect(after.server.last.of('send')).toEqual([{ t: 'send', conv: 'c', client_msg_id: id, body: { type: 'text', text: 'kept' } }]);
  });

  test('what its author had seen goes along, also after a reload, and not into another log', async () => {
    const storage = new MemoryStorage();
    const before = await connected({ storage });
    before.client.send({ conv: 'c', text: 'an answer', seen: 7 });
    expect(before.server.last.of('send')).toMatchObject([{ seen: 7 }]);
    before.client.stop();
    const after = await connected({ storage });
    const [sent] = after.server.last.of('send');
    expect(sent).toMatchObject({ seen: 7 });
    after.server.last.receive({ t: 'error', code: 'merged', ref: sent!.client_msg_id, conv: 'd' });
    expect(after.server.last.of('send').at(-1)).toEqual({ t: 'send', conv: 'd', client_msg_id: sent!.client_msg_id, body: { type: 'text', text: 'an answer' } });
  });

  test('a welcome tells how far an agent has read', async () => {
    const { client, server } = await connected();
    server.last.receive({ t: 'receipt', conv: 'c', by: 'agent', delivered: 9, read: 4 });
    server.last.receive(welcome({ conversations: [{ ...line('c'), agent_read_seq: 6 }, { ...line('d'), agent_read_seq: 2 }] }));
    expect(client.receipts.get('c')).toEqual({ delivered: 9, read: 6 });
    expect(client.receipts.get('d')).toEqual({ delivered: 2, read: 2 });
  });

  test('a conversation begun offline survives a reload with its messages', async () => {
    const storage = new MemoryStorage();
    const before = setUp({ storage });
    const ref = before.client.begin();
    const id = before.client.send({ conv: '', ref, text: 'first words' });
    before.client.human('', ref);

    const after = await connected({ storage });
    expect(after.server.last.of('start')).toMatchObject([{ ref }]);
    expect(after.server.last.of('send')).toEqual([]);
    after.server.last.receive({ t: 'started', ref, conv: 'new', at: 1 });
    expect(after.server.last.of('human')).toEqual([{ t: 'human', conv: 'new' }]);
    expect(after.server.last.of('send')).toMatchObject([{ conv: 'new', client_msg_id: id }]);
    expect(after.client.outbox.beginnings()).toEqual([]);
  });

  test('a message whose own event comes first is not shown twice', async () => {
    const { client, server } = await opened();
    const id = client.send({ conv: 'c', text: 'hello' });
    server.last.receive(event('c', 3, { client_msg_id: id, author: { kind: 'customer' }, payload: { text: 'hello' } }));
    expect(client.outbox.messages()).toEqual([]);
    server.last.receive({ t: 'stored', client_msg_id: id, conv: 'c', seq: 3, at: 3 });
    server.last.receive(event('c', 3, { client_msg_id: id, author: { kind: 'customer' }, payload: { text: 'hello' } }));
    expect(client.log('c').lines.map((l) => l.seq)).toEqual([1, 2, 3]);
  });

  test('a limited message is tried again in its time and nothing overtakes it', async () => {
    const { client, server } = await opened();
    const id = client.send({ conv: 'c', text: 'one' });
    server.last.receive({ t: 'error', code: 'rate_limited', ref: id, retry_after_ms: 4000 });
    client.send({ conv: 'c', text: 'two' });
    await vi.advanceTimersByTimeAsync(3900);
    expect(server.last.of('send')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(server.last.of('send').map((f) => f.client_msg_id)).toEqual([id, id]);
  });

  test('a message that asks for what is never asked for is marked with the reason', async () => {
    const { client, server } = await opened();
    const id = client.send({ conv: 'c', text: 'your PIN?' });
    server.last.receive({ t: 'error', code: 'invalid', reason: 'asks_secret', ref: id });
    expect(client.outbox.get(id)).toMatchObject({ failed: 'asks_secret' });
  });

  test('a refused message stays, marked, and lets the next one through', async () => {
    const { client, server } = await opened();
    const id = client.send({ conv: 'c', text: 'one' });
    const next = client.send({ conv: 'c', text: 'two' });
    server.last.receive({ t: 'error', code: 'invalid', ref: id });
    expect(client.outbox.get(id)).toMatchObject({ failed: 'invalid' });
    expect(server.last.of('send').at(-1)!.client_msg_id).toBe(next);
    client.retry(id);
    server.last.receive({ t: 'stored', client_msg_id: next, conv: 'c', seq: 3, at: 3 });
    expect(server.last.of('send').at(-1)!.client_msg_id).toBe(id);
  });

  /** Until something is sent, on a connection that lives; no longer than the longest pause between two tries. */
  async function pass(server: FakeServer) {
    const before = server.last.of('send').length;
    for (let second = 0; second < 31 && server.last.of('send').length === before; second++) {
      await vi.advanceTimersByTimeAsync(1000);
      server.last.receive({ t: 'pong', server_time: 0 });
    }
  }

  test.each([
    ['the server fails at', { code: 'internal' }],
    ['is put off without a time', { code: 'rate_limited' }],
  ] as const)('a message that %s each time is given up and lets the rest pass in order', async (_, error) => {
    const { client, server } = await opened();
    const [one, two, three] = ['one', 'two', 'three'].map((text) => client.send({ conv: 'c', text }));
    for (let tries = 1; tries <= 6; tries++) {
      expect(server.last.of('send').map((f) => f.client_msg_id)).toEqual(Array(tries).fill(one));
      server.last.receive({ t: 'error', ref: one, ...error });
      if (tries < 6) await pass(server);
    }
    expect(client.outbox.get(one!)).toMatchObject({ failed: 'given_up' });
    const next = () => server.last.of('send').at(-1)!.client_msg_id;
    expect(next()).toBe(two);
    server.last.receive({ t: 'stored', client_msg_id: two!, conv: 'c', seq: 3, at: 3 });
    expect(next()).toBe(three);
    // Sent again by hand it has as many tries as before.
    server.last.receive({ t: 'stored', client_msg_id: three!, conv: 'c', seq: 4, at: 4 });
    client.retry(one!);
    server.last.receive({ t: 'error', ref: one, ...error });
    expect(client.outbox.get(one!)!.failed).toBeUndefined();
  });

  test('a server that is busy, or says when, is waited for', async () => {
    const { client, server } = await opened();
    const id = client.send({ conv: 'c', text: 'one' });
    for (const error of [{ code: 'unavailable' }, { code: 'rate_limited', retry_after_ms: 1000 }] as const) {
      for (let tries = 0; tries < 10; tries++) {
        server.last.receive({ t: 'error', ref: id, ...error });
        await pass(server);
      }
    }
    expect(client.outbox.get(id)!.failed).toBeUndefined();
  });

  test('a message to a merged conversation goes to the one it was merged into', async () => {
    const { client, server, changes } = await opened();
    const id = client.send({ conv: 'c', text: 'one' });
    server.last.receive({ t: 'error', code: 'merged', ref: id, conv: 'd' });
    expect(server.last.of('send').at(-1)).toMatchObject({ conv: 'd', client_msg_id: id });
    expect(changes).toContainEqual({ what: 'merged', from: 'c', into: 'd' });
  });

  test('what was merged is no conversation that waits for words, until it is separated', async () => {
    const { client, server } = await opened(2);
    server.last.receive(welcome({ conversations: [{ conv: 'c', status: 'waiting', last_seq: 2, read_seq: 2, unread: 0, last_activity: 1 }] }));
    server.last.receive(event('c', 3, { kind: 'merged', payload: { from: 'b' } }));
    expect(client.conversations[0]).toMatchObject({ status: 'waiting' });
    server.last.receive(event('c', 4, { kind: 'merged', payload: { into: 'd' } }));
    expect(client.conversations[0]).toMatchObject({ status: 'merged' });
    server.last.receive(event('c', 5, { kind: 'unmerged', payload: { from: 'd' } }));
    expect(client.conversations[0]).toMatchObject({ status: 'open' });
  });
});

describe('reading', () => {
  test('a gap is fetched and then filled in order', async () => {
    const { client, server } = await opened(2);
    server.last.receive(event('c', 5));
    expect(server.last.of('fetch').at(-1)).toMatchObject({ conv: 'c', after_seq: 2 });
    expect(client.log('c').lines.map((l) => l.seq)).toEqual([1, 2]);
    server.last.receive(missed('c', [entry('c', 3), entry('c', 4)]));
    expect(client.log('c').lines.map((l) => l.seq)).toEqual([1, 2, 3, 4, 5]);
  });

  test('more of a missed stretch is asked for until there is none', async () => {
    const { client, server } = await opened(1);
    server.last.receive(event('c', 9));
    server.last.receive(missed('c', [entry('c', 2), entry('c', 3)], true));
    expect(server.last.of('fetch').at(-1)).toMatchObject({ after_seq: 3 });
    server.last.receive(missed('c', [4, 5, 6, 7, 8].map((n) => entry('c', n))));
    expect(client.log('c').lines.map((l) => l.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(server.last.of('fetch')).toHaveLength(3);
  });

  test('the earlier page is read without asking for what comes after it', async () => {
    const { client, server } = await connected();
    client.open('c');
    server.last.receive(missed('c', [entry('c', 51), entry('c', 52)], true));
    client.older('c');
    expect(server.last.of('fetch').at(-1)).toMatchObject({ before_seq: 51 });
    server.last.receive(missed('c', [entry('c', 49), entry('c', 50)], true));
    expect(client.log('c').lines.map((l) => l.seq)).toEqual([49, 50, 51, 52]);
    expect(server.last.of('fetch')).toHaveLength(2);
  });

  test('coming back, it says what it has', async () => {
    const all = await opened(3);
    await comeBack(all);
    expect(all.server.last.hello.resume).toEqual([{ conv: 'c', last_seq: 3 }]);
  });

  test('after a resync it reads again from what it has', async () => {
    const { server } = await opened(3);
    server.last.receive({ t: 'resync' });
    expect(server.last.of('fetch').at(-1)).toMatchObject({ conv: 'c', after_seq: 3 });
  });

  test('what arrived is acknowledged, once for a burst', async () => {
    const { server } = await opened(2);
    for (const n of [3, 4, 5]) server.last.receive(event('c', n));
    await vi.advanceTimersByTimeAsync(250);
    expect(server.last.of('ack')).toEqual([{ t: 'ack', conv: 'c', up_to_seq: 5 }]);
  });

  test('the desk watches again after a loss and catches up', async () => {
    const all = await connected({ role: 'desk' });
    all.client.watchInbox();
    all.client.open('c');
    all.server.last.receive(missed('c', [entry('c', 1)]));
    await comeBack(all);
    expect(all.server.last.of('watch')).toEqual([{ t: 'watch', inbox: true }, { t: 'watch', conv: 'c' }]);
    expect(all.server.last.of('fetch')).toMatchObject([{ conv: 'c', after_seq: 1 }]);
  });

  test.each([
    ['frames were let drop', { code: 'rate_limited', retry_after_ms: 3000 }, 2],
    ['too much is watched', { code: 'conflict', ref: 'watch', conv: 'c' }, 2],
    ['there is no such conversation', { code: 'not_found', ref: 'watch', conv: 'c' }, 1],
  ] as const)('a new connection is made when %s', async (_, error, connections) => {
    const all = await connected({ role: 'desk' });
    all.client.open('c');
    all.server.last.receive({ t: 'error', ...error });
    await vi.advanceTimersByTimeAsync(6000);
    expect(all.server.connections).toHaveLength(connections);
  });

  test('a connection that was lost and made anew meanwhile is left alone', async () => {
    const all = await connected({ role: 'desk' });
    all.server.last.receive({ t: 'error', code: 'rate_limited', retry_after_ms: 3000 });
    await comeBack(all);
    await vi.advanceTimersByTimeAsync(6000);
    expect(all.server.connections).toHaveLength(2);
  });
});

describe('what nobody can see', () => {
  test('is not called delivered before the page is in view', async () => {
    const { client, server } = await opened();
    await vi.advanceTimersByTimeAsync(300);
    expect(server.last.of('ack').map((f) => f.up_to_seq)).toEqual([2]);
    client.attend(false);
    server.last.receive(event('c', 3));
    server.last.receive(event('c', 4));
    await vi.advanceTimersByTimeAsync(5000);
    expect(server.last.of('ack')).toHaveLength(1);
    client.attend(true);
    await vi.advanceTimersByTimeAsync(300);
    expect(server.last.of('ack').at(-1)).toEqual({ t: 'ack', conv: 'c', up_to_seq: 4 });
    expect(server.last.of('ack')).toHaveLength(2);
  });
});

describe('reading again', () => {
  test('a refused question is asked again in its time', async () => {
    const { client, server } = await connected();
    client.open('c');
    server.last.receive({ t: 'error', code: 'unavailable', ref: 'fetch', conv: 'c', retry_after_ms: 2000 });
    await vi.advanceTimersByTimeAsync(1900);
    expect(server.last.of('fetch')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(server.last.of('fetch')).toHaveLength(2);
    server.last.receive(missed('c', [entry('c', 1)]));
    expect(client.log('c').loaded).toBe(true);
  });

  test('a question refused for good is not', async () => {
    const { client, server, changes } = await connected();
    client.open('c');
    server.last.receive({ t: 'error', code: 'not_found', ref: 'fetch', conv: 'c' });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(server.last.of('fetch')).toHaveLength(1);
    expect(changes).toContainEqual({ what: 'error', about: 'fetch', error: { t: 'error', code: 'not_found', ref: 'fetch', conv: 'c' } });
  });

  test('a question without an answer is asked again', async () => {
    const { client, server } = await connected();
    client.open('c');
    await vi.advanceTimersByTimeAsync(17_000);
    expect(server.last.of('fetch')).toHaveLength(2);
  });

  test('a question asked without a connection is asked on the next one', async () => {
    const all = await opened(2);
    all.server.last.receive(missed('c', [entry('c', 51)]));
    all.client.open('d');
    await comeBack(all);
    expect(all.server.last.of('fetch')).toMatchObject([{ conv: 'c', after_seq: 2 }, { conv: 'd', before_seq: 2_147_483_647 }]);
  });

  test('after a resync what was under way is asked anew', async () => {
    const { client, server } = await connected();
    client.open('c');
    server.last.receive({ t: 'resync' });
    expect(server.last.of('fetch')).toHaveLength(2);
    server.last.receive(missed('c', [entry('c', 1)]));
    server.last.receive(event('c', 3));
    server.last.receive({ t: 'resync', conv: 'c' });
    expect(server.last.of('fetch').slice(2)).toMatchObject([{ after_seq: 1 }, { after_seq: 1 }]);
  });

  test('one page is read back at a time', async () => {
    const { client, server } = await connected();
    client.open('c');
    server.last.receive(missed('c', [entry('c', 51), entry('c', 52)], true));
    for (let i = 0; i < 3; i++) client.older('c');
    expect(client.readsOlder('c')).toBe(true);
    expect(server.last.of('fetch')).toHaveLength(2);
    server.last.receive(missed('c', [entry('c', 53)])); // of before the connection, no answer
    expect(client.readsOlder('c')).toBe(true);
    server.last.receive(missed('c', [entry('c', 50)], true));
    expect(client.readsOlder('c')).toBe(false);
  });

  test('a page that comes late, of before the conversation was closed, is not taken for the end of the log', async () => {
    const { client, server } = await connected({ role: 'desk' });
    client.open('c');
    server.last.receive(missed('c', [entry('c', 51)], true));
    client.older('c');
    client.close('c');
    client.open('c');
    server.last.receive(missed('c', [entry('c', 1), entry('c', 2)]));
    server.last.receive(missed('c', [entry('c', 5), entry('c', 6)], true));
    expect(server.last.of('fetch').at(-1)).toMatchObject({ after_seq: 2 });
    server.last.receive(missed('c', [entry('c', 3), entry('c', 4)]));
    expect(client.log('c').lines.map((l) => l.seq)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('a stretch of a log that was never read has its end fetched', async () => {
    const { client, server } = await connected();
    server.last.receive(missed('c', [entry('c', 3)]));
    expect(server.last.of('fetch')).toMatchObject([{ conv: 'c', before_seq: 2_147_483_647 }]);
    expect(client.log('c').lines).toEqual([]);
  });

  test('an answer in a conversation that was never opened is read and counted', async () => {
    const { client, server } = await connected();
    server.last.receive(event('c', 1));
    expect(server.last.of('fetch')).toMatchObject([{ conv: 'c', before_seq: 2_147_483_647 }]);
    server.last.receive(missed('c', [entry('c', 1)]));
    expect(client.unread(client.conversations[0]!)).toBe(1);
  });

  test('a conversation begun on another device appears', async () => {
    const { client, server } = await connected();
    server.last.receive(event('new', 1, { author: { kind: 'customer' } }));
    expect(client.conversations.map((c) => c.conv)).toEqual(['new', 'c']);
    expect(client.conversations[0]).toMatchObject({ last_seq: 1, status: 'open' });
  });

  test('the desk does not read what it does not watch, nor what it has closed', async () => {
    const { client, server } = await connected({ role: 'desk' });
    server.last.receive(event('other', 4));
    client.open('c');
    client.close('c');
    server.last.receive(missed('c', [entry('c', 1)]));
    expect(server.last.of('fetch').map((f) => f.conv)).toEqual(['c']);
    client.open('c');
    expect(server.last.of('fetch')).toHaveLength(2);
    server.last.receive(missed('c', [entry('c', 2)]));
    expect(client.log('c').lines.map((l) => l.seq)).toEqual([2]);
  });
});

describe('asking for a person', () => {
  const human = (seq: number) => event('c', seq, { kind: 'human', author: { kind: 'customer' }, payload: {} });

  test('is asked again when it is refused for the moment, until the log says so', async () => {
    const { client, server } = await opened(2);
    client.human('c');
    server.last.receive({ t: 'error', code: 'rate_limited', ref: 'human', conv: 'c', retry_after_ms: 3000 });
    expect(client.asking('c')).toBe(true);
    await vi.advanceTimersByTimeAsync(3100);
    expect(server.last.of('human')).toHaveLength(2);
    server.last.receive(human(3));
    expect(client.asking('c')).toBe(false);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(server.last.of('human')).toHaveLength(2);
  });

  test('goes on in the conversation that this one was merged into', async () => {
    const { client, server, changes } = await opened(2);
    client.human('c');
    server.last.receive({ t: 'error', code: 'merged', ref: 'human', conv: 'd' });
    expect(server.last.of('human')).toEqual([{ t: 'human', conv: 'c' }, { t: 'human', conv: 'd' }]);
    expect(client.asking('d')).toBe(true);
    expect(changes).toContainEqual({ what: 'merged', from: 'c', into: 'd' });
  });

  test('outlives a loss and a reload, and is not asked twice when it had arrived', async () => {
    const all = await opened(2);
    all.client.human('c');
    await comeBack(all);
    expect(all.server.last.of('human')).toEqual([]);
    all.server.last.receive(missed('c', []));
    expect(all.server.last.of('human')).toEqual([{ t: 'human', conv: 'c' }]);

    const reloaded = await connected({ storage: all.storage });
    expect(reloaded.server.last.of('fetch')).toMatchObject([{ conv: 'c' }]);
    reloaded.server.last.receive(missed('c', [entry('c', 1), entry('c', 2), entry('c', 3, { kind: 'human', payload: {} })]));
    expect(reloaded.client.asking('c')).toBe(false);
    expect(reloaded.server.last.of('human')).toEqual([]);
  });

  test('a person asked for long ago is no answer', async () => {
    const { client, server } = await opened(2);
    client.human('c');
    server.last.receive(human(2));
    expect(client.asking('c')).toBe(true);
  });

  test('refused for good, it is no longer waited for', async () => {
    const { client, server, changes } = await opened(2);
    client.human('c');
    server.last.receive({ t: 'error', code: 'not_found', ref: 'human', conv: 'c' });
    expect(client.asking('c')).toBe(false);
    expect(changes.at(-1)).toMatchObject({ what: 'error', about: 'human' });
  });
});

test('a conversation that may not be begun is not begun again and again', async () => {
  const { client, server } = await connected();
  const ref = client.begin();
  const id = client.send({ conv: '', ref, text: 'hello' });
  server.last.receive({ t: 'error', code: 'invalid', ref });
  expect(server.last.of('start')).toHaveLength(1);
  expect(client.outbox.get(id)).toMatchObject({ failed: 'invalid' });
  client.retry(id);
  expect(server.last.of('start')).toHaveLength(2);
  server.last.receive({ t: 'error', code: 'invalid', ref });
  client.discard(id);
  expect(client.outbox.beginnings()).toEqual([]);
});

test('another customer’s welcome drops what was read for the one before', async () => {
  const { client, server, changes } = await opened(2);
  server.last.receive(welcome({ customer: 'another', conversations: [line('d')] }));
  expect(client.log('c').lines).toEqual([]);
  expect(changes).toContainEqual(expect.objectContaining({ what: 'welcome', another: true }));
});

test('a welcome for somebody else than was meant opens no connection', async () => {
  const { client, server } = setUp({
    identity: { hello: () => Promise.resolve({}), welcomed: (w) => w.anonymous === false, refused: () => Promise.resolve(false) },
  });
  client.start();
  client.begin();
  await settle();
  server.last.receive(welcome({ anonymous: true }));
  await settle();
  expect(server.connections).toHaveLength(2);
  expect(server.connections[0]!.of('start')).toEqual([]);
  server.last.receive(welcome({ anonymous: false }));
  expect(server.last.of('start')).toHaveLength(1);
});

describe('secrets', () => {
  const everything = (storage: { keys(): string[]; getItem(k: string): string | null }) =>
    storage.keys().map((k) => storage.getItem(k)).join('\n');

  test('what the guard took out is gone from the screen and from storage', async () => {
    const { client, server, storage, changes } = await opened();
    const id = client.send({ conv: 'c', text: 'card 4111 1111 1111 1111' });
    expect(everything(storage)).toContain('4111');
    server.last.receive({ t: 'stored', client_msg_id: id, conv: 'c', seq: 3, at: 3, classes: ['pan'], text: 'card ‹removed›' });
    expect(client.log('c').lines.at(-1)!.payload).toMatchObject({ text: 'card ‹removed›', classes: ['pan'] });
    expect(everything(storage)).not.toContain('4111');
    expect(changes).toContainEqual({ what: 'removed', conv: 'c', seq: 3, client_msg_id: id, classes: ['pan'] });
  });

  test('a message redacted later, whose answer was lost, is taken out of storage too', async () => {
    const { client, server, storage } = await opened();
    const id = client.send({ conv: 'c', text: 'my code is 123456' });
    server.last.receive(
      missed('c', [
        entry('c', 3, { client_msg_id: id, author: { kind: 'customer' }, payload: { text: '' } }),
        entry('c', 4, { kind: 'redacted', payload: { of: 3, text: '', classes: ['otp'] } }),
      ]),
    );
    expect(everything(storage)).not.toContain('123456');
    expect(client.log('c').lines.find((l) => l.seq === 3)).toMatchObject({ payload: { text: '' }, redacted: { classes: ['otp'] } });
  });
});

describe('the other side', () => {
  test('typing is forgotten after eight seconds', async () => {
    const { client, server } = await opened();
    server.last.receive({ t: 'typing', conv: 'c', by: 'agent', name: 'Anna', on: true });
    expect(client.typing.get('c')).toEqual({ by: 'agent', name: 'Anna' });
    await vi.advanceTimersByTimeAsync(8000);
    expect(client.typing.has('c')).toBe(false);
  });

  test('own typing is told at most every three seconds', async () => {
    const { client, server } = await opened();
    client.type('c', true);
    client.type('c', true);
    await vi.advanceTimersByTimeAsync(3000);
    client.type('c', true);
    client.type('c', false);
    client.type('c', false);
    expect(server.last.of('typing').map((f) => f.on)).toEqual([true, true, false]);
  });

  test('receipts never go back', async () => {
    const { client, server } = await opened();
    server.last.receive({ t: 'receipt', conv: 'c', by: 'agent', delivered: 2, read: 2 });
    server.last.receive({ t: 'receipt', conv: 'c', by: 'agent', delivered: 1, read: 0 });
    server.last.receive({ t: 'receipt', conv: 'c', by: 'customer', delivered: 9, read: 9 });
    expect(client.receipts.get('c')).toEqual({ delivered: 2, read: 2 });
  });
});
