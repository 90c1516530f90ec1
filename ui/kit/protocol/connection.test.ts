// @vitest-environment node
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { backoff, Connection, Unidentified, type ConnectionOptions } from './connection.ts';
import { FakeServer, welcome } from './fake.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(options: Partial<ConnectionOptions> = {}) {
  const first = new FakeServer();
  const second = new FakeServer();
  const states: string[] = [];
  const connection = new Connection({
    dials: [first.dial, second.dial],
    hello: () => Promise.resolve({ t: 'hello', v: 1, role: 'window' }),
    onstate: (state, why) => states.push(why ? `${state}:${why}` : state),
    onwelcome: () => undefined,
    onframe: () => undefined,
    random: () => 1,
    ...options,
  });
  return { connection, first, second, states };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe('backoff', () => {
  test.each([
    [0, 1, 0, 500],
    [3, 1, 0, 4000],
    [20, 1, 0, 30_000],
    [3, 0.25, 0, 1000],
    [0, 0, 2500, 2500],
  ])('try %i with luck %d, at least %i', (n, random, atLeast, expected) => {
    expect(backoff(n, random, atLeast)).toBe(expected);
  });
});

test('a way that never worked is left for the other one', async () => {
  const { connection, first, second, states } = setUp();
  connection.start();
  await settle();
  first.last.events.end('refused');
  await vi.advanceTimersByTimeAsync(500);
  expect(first.connections).toHaveLength(1);
  second.last.receive(welcome());
  expect(states).toEqual(['connecting', 'waiting', 'connecting', 'open']);
  // What worked is kept.
  second.last.events.end('lost');
  await vi.advanceTimersByTimeAsync(500);
  expect(second.connections).toHaveLength(2);
});

test('a server that says nothing is given up after ten seconds', async () => {
  const { connection, first, second } = setUp();
  connection.start();
  await settle();
  await vi.advanceTimersByTimeAsync(10_500);
  expect(first.last.closed).toBe(true);
  expect(second.connections).toHaveLength(1);
});

test('it pings when quiet, and drops a connection that does not answer', async () => {
  const { connection, first } = setUp();
  connection.start();
  await settle();
  first.last.receive(welcome());
  await vi.advanceTimersByTimeAsync(25_000);
  expect(first.last.sent).toEqual([{ t: 'ping' }]);
  first.last.receive({ t: 'pong', server_time: 1 });
  await vi.advanceTimersByTimeAsync(11_000);
  expect(connection.state).toBe('open');
  await vi.advanceTimersByTimeAsync(25_000);
  expect(first.connections[0]!.closed).toBe(true);
});

test.each([
  ['shutdown', 'waiting'],
  ['idle', 'waiting'],
  ['replaced', 'waiting'],
  ['revoked', 'ended'],
  ['expired', 'ended'],
] as const)('closing for %s leaves it %s', async (reason, state) => {
  const { connection, first } = setUp();
  connection.start();
  await settle();
  first.last.receive(welcome());
  first.last.receive({ t: 'closing', reason });
  expect(connection.state).toBe(state);
});

test('it waits at least as long as the server says', async () => {
  const { connection, first } = setUp({ random: () => 0 });
  connection.start();
  await settle();
  first.last.receive(welcome());
  first.last.receive({ t: 'closing', reason: 'shutdown', retry_after_ms: 5000 });
  connection.nudge();
  await vi.advanceTimersByTimeAsync(4900);
  expect(first.connections).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(first.connections).toHaveLength(2);
});

test('refused for good, it says why and does not try again', async () => {
  const { connection, first, second, states } = setUp();
  connection.start();
  await settle();
  first.last.receive({ t: 'error', code: 'unauthenticated', ref: 'hello' });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(states).toEqual(['connecting', 'ended:unauthenticated']);
  expect(first.connections.length + second.connections.length).toBe(1);
});

test('what an old connection still says is not heard', async () => {
  const heard: string[] = [];
  const { connection, first } = setUp({ onframe: (f) => heard.push(f.t) });
  connection.start();
  await settle();
  first.last.receive(welcome());
  const old = first.last;
  connection.restart();
  await settle();
  first.last.receive(welcome());
  old.receive({ t: 'inbox', conv: 'x' });
  old.events.end('lost');
  expect(heard).toEqual([]);
  expect(connection.state).toBe('open');
});

test('who cannot show who they are is not tried again and again', async () => {
  const { connection, first, states } = setUp({ hello: () => Promise.reject(new Unidentified()) });
  connection.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(states).toEqual(['connecting', 'ended:unauthenticated']);
  expect(first.connections).toEqual([]);
});

test('a hello that fails for another reason is tried again', async () => {
  const { connection, states } = setUp({ hello: () => Promise.reject(new Error('storage')) });
  connection.start();
  await settle();
  expect(states).toEqual(['connecting', 'waiting']);
});

test('that the server is busy is told', async () => {
  const { connection, first, states } = setUp();
  connection.start();
  await settle();
  first.last.receive({ t: 'error', code: 'rate_limited', ref: 'hello', retry_after_ms: 1000 });
  expect(states).toEqual(['connecting', 'waiting:rate_limited']);
});

test('what is ended from outside says why', async () => {
  const { connection, first, states } = setUp();
  connection.start();
  await settle();
  first.last.receive(welcome());
  connection.end('unauthenticated');
  expect(first.last.closed).toBe(true);
  expect(states.at(-1)).toBe('ended:unauthenticated');
});
