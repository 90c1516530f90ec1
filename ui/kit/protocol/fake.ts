// Doubles for the tests of the protocol's client: a transport that does what the test says.
import { Client, type Change, type ClientOptions } from './client.ts';
import type { ClientFrame, Entry, Hello, ServerFrame, Welcome } from './frames.ts';
import { MemoryStorage } from './storage.ts';
import type { Dial, TransportEvents } from './transport.ts';

/** One connection that a client under test has opened. */
export class FakeTransport {
  sent: ClientFrame[] = [];
  closed = false;

  constructor(
    readonly hello: Hello,
    readonly events: TransportEvents,
  ) {}

  receive(frame: ServerFrame): void {
    this.events.frame(frame);
  }

  of<T extends ClientFrame['t']>(t: T): Extract<ClientFrame, { t: T }>[] {
    return this.sent.filter((f): f is Extract<ClientFrame, { t: T }> => f.t === t);
  }
}

export class FakeServer {
  connections: FakeTransport[] = [];

  dial: Dial = (hello, events) => {
    const transport = new FakeTransport(hello, events);
    this.connections.push(transport);
    return {
      send: (frame) => void transport.sent.push(structuredClone(frame)),
      close: () => (transport.closed = true),
    };
  };

  get last(): FakeTransport {
    return this.connections.at(-1)!;
  }
}

export const welcome = (more: Partial<Welcome> = {}): Welcome => ({
  t: 'welcome',
  session: 'session',
  server_time: 0,
  limits: { frame_bytes: 65536, text_chars: 8000, messages_per_10s: 20, attachment_bytes: 1_000_000 },
  customer: 'customer',
  anonymous: true,
  conversations: [],
  ...more,
});

export const entry = (conv: string, seq: number, more: Partial<Entry> = {}): Entry => ({
  conv,
  seq,
  kind: 'message',
  at: seq * 1_000_000,
  author: { kind: 'agent', name: 'Anna' },
  payload: { text: `text ${seq}` },
  ...more,
});

export const event = (conv: string, seq: number, more: Partial<Entry> = {}): ServerFrame => ({ t: 'event', ...entry(conv, seq, more) });

export const missed = (conv: string, events: Entry[], more = false): ServerFrame => ({
  t: 'missed',
  conv,
  from: events[0]?.seq ?? 1,
  to: events.at(-1)?.seq ?? 0,
  events,
  more,
});

/** A client over a fake server, with what it said to its listeners. */
export function setUp(options: Partial<ClientOptions> = {}) {
  const server = new FakeServer();
  const storage = new MemoryStorage();
  const changes: Change[] = [];
  const client = new Client({
    role: 'window',
    dials: [server.dial],
    storage,
    lang: () => 'en',
    random: () => 0.5,
    identity: { hello: () => Promise.resolve({}), welcomed: () => undefined, refused: () => Promise.resolve(false) },
    ...options,
  });
  client.outbox.open('visitor');
  client.on((change) => changes.push(change));
  return { client, server, storage: options.storage ?? storage, changes };
}
