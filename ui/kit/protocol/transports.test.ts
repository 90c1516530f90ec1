// @vitest-environment node
import { describe, expect, test, vi } from 'vitest';
import { decode, type ServerFrame } from './frames.ts';
import { welcome } from './fake.ts';
import { dialStream, EventStreamReader } from './stream.ts';
import type { TransportEvents } from './transport.ts';
import { dialWebSocket } from './websocket.ts';

const hello = { t: 'hello', v: 1, role: 'window' } as const;

function listen() {
  const frames: ServerFrame[] = [];
  const ends: string[] = [];
  const events: TransportEvents = { frame: (f) => frames.push(f), end: (why) => ends.push(why) };
  return { frames, ends, events };
}

describe('decode', () => {
  test('several frames come in one message', () => {
    expect(decode('{"t":"pong","server_time":1}\n\n{"t":"inbox","conv":"c"}\n').map((f) => f.t)).toEqual(['pong', 'inbox']);
  });
  test.each(['', 'x', '[]', 'null', '{"t":1}', '{"t":"__proto__"}', '{"t":"of the future"}', '{"t":"event","conv":"c","seq":"1","kind":"message"}'])(
    'leaves out %j',
    (text) => expect(decode(text)).toEqual([]),
  );
  test('an entry without a payload gets an empty one', () => {
    expect(decode('{"t":"event","conv":"c","seq":1,"kind":"hidden","at":1}')).toMatchObject([{ payload: {} }]);
  });
});

describe('WebSocket', () => {
  class Socket {
    readyState = 1;
    sent: string[] = [];
    onopen?: () => void;
    onmessage?: (m: { data: unknown }) => void;
    onclose?: () => void;
    onerror?: () => void;
    send(text: string) {
      this.sent.push(text);
    }
    close() {
      this.readyState = 3;
      this.onclose?.();
    }
  }
  function open() {
    const socket = new Socket();
    const asked: string[] = [];
    const heard = listen();
    const dial = dialWebSocket('ws://host/rt', (...a) => (asked.push(...a), socket as unknown as WebSocket));
    return { socket, asked, transport: dial(hello, heard.events), ...heard };
  }

  test('it says hello first, under the subprotocol', () => {
    const { socket, asked } = open();
    expect(socket.sent).toEqual([]);
    socket.onopen!();
    expect(asked).toEqual(['ws://host/rt', 'kefu.v1']);
    expect(socket.sent).toEqual([JSON.stringify(hello)]);
  });
  test('an end before any word is a refusal, afterwards a loss', () => {
    const refused = open();
    refused.socket.onerror!();
    refused.socket.onclose!();
    expect(refused.ends).toEqual(['refused']);
    const lost = open();
    lost.socket.onmessage!({ data: JSON.stringify(welcome()) });
    lost.socket.onclose!();
    expect(lost.ends).toEqual(['lost']);
  });
  test('closing it oneself is no loss', () => {
    const { transport, ends } = open();
    transport.close();
    expect(ends).toEqual([]);
  });
});

describe('event stream', () => {
  test('lines are found however the bytes are cut', () => {
    const whole = ': hello\n\ndata: {"t":"pong"}\r\n\r\ndata:{"t":"inbox"}\n\n';
    for (let cut = 0; cut <= whole.length; cut++) {
      const reader = new EventStreamReader();
      expect([...reader.push(whole.slice(0, cut)), ...reader.push(whole.slice(cut))]).toEqual(['{"t":"pong"}', '{"t":"inbox"}']);
    }
  });

  function server() {
    const posts: { path: string; body: string; authorization?: string }[] = [];
    let stream!: ReadableStreamDefaultController<Uint8Array>;
    const holds: ((r: Response) => void)[] = [];
    const request = vi.fn((path: string, init: RequestInit = {}) => {
      const authorization = (init.headers as Record<string, string>).Authorization;
      if (path === '/rt/sessions') return Promise.resolve(new Response(JSON.stringify(welcome())));
      if (path === '/rt/stream') {
        const body = new ReadableStream<Uint8Array>({ start: (c) => void (stream = c) });
        return Promise.resolve(new Response(body));
      }
      posts.push({ path, body: init.body as string, authorization });
      return new Promise<Response>((resolve) => holds.push(resolve));
    });
    return {
      request: request as unknown as typeof fetch,
      posts,
      holds,
      say: (text: string) => stream.enqueue(new TextEncoder().encode(text)),
      end: () => stream.close(),
    };
  }
  const settle = () => new Promise((resolve) => setTimeout(resolve));

  test('it opens a session, streams, and posts in order, together where it can', async () => {
    const s = server();
    const heard = listen();
    const transport = dialStream('/rt', s.request)(hello, heard.events);
    await vi.waitFor(() => expect(heard.frames.map((f) => f.t)).toEqual(['welcome']));
    transport.send({ t: 'ping' });
    transport.send({ t: 'human', conv: 'a' });
    transport.send({ t: 'human', conv: 'b' });
    expect(s.posts).toEqual([{ path: '/rt/frames', body: '{"t":"ping"}', authorization: 'Bearer session' }]);
    s.holds[0]!(new Response(null, { status: 202 }));
    await settle();
    expect(s.posts[1]!.body).toBe('{"t":"human","conv":"a"}\n{"t":"human","conv":"b"}');
    s.say('data: {"t":"inbox","conv":"c"}\n\n');
    await vi.waitFor(() => expect(heard.frames.map((f) => f.t)).toEqual(['welcome', 'inbox']));
    s.end();
    await vi.waitFor(() => expect(heard.ends).toEqual(['lost']));
  });

  test('a session that is gone is a loss', async () => {
    const s = server();
    const heard = listen();
    const transport = dialStream('/rt', s.request)(hello, heard.events);
    await vi.waitFor(() => expect(heard.frames).toHaveLength(1));
    transport.send({ t: 'ping' });
    s.holds[0]!(new Response(null, { status: 401 }));
    await vi.waitFor(() => expect(heard.ends).toEqual(['lost']));
  });

  test('a refused hello is passed on', async () => {
    const heard = listen();
    const no = () => Promise.resolve(new Response('{"t":"error","code":"unauthenticated"}', { status: 401 }));
    dialStream('/rt', no as unknown as typeof fetch)(hello, heard.events);
    await vi.waitFor(() => expect(heard.ends).toEqual(['refused']));
    expect(heard.frames).toEqual([{ t: 'error', code: 'unauthenticated' }]);
  });
});
