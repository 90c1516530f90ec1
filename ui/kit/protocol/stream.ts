import type { ClientFrame } from './frames.ts';
import { decode } from './frames.ts';
import type { Dial, End } from './transport.ts';

const framesPerPost = 32;
/** The server sends a comment every 15 s; a stream silent for three times that is dead. */
const silence = 45_000;

/** Splits a text/event-stream (WHATWG HTML 9.2.6) into the contents of its `data:` lines. */
export class EventStreamReader {
  #rest = '';

  push(chunk: string): string[] {
    const lines = (this.#rest + chunk).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? '';
    return lines.filter((l) => l.startsWith('data:')).map((l) => l.slice(5).trimStart());
  }
}

/** Server-sent events for reading and POST for writing (docs/protocol.md 1.2), where WebSockets do not pass. */
export function dialStream(base: string, request: typeof fetch = (...a) => fetch(...a)): Dial {
  return (hello, events) => {
    const abort = new AbortController();
    const waiting: ClientFrame[] = [];
    let session = '';
    let posting = false;
    let ended = false;
    let quiet: ReturnType<typeof setTimeout> | undefined;

    const end = (why: End) => {
      if (ended) return;
      ended = true;
      clearTimeout(quiet);
      abort.abort();
      events.end(why);
    };
    const deliver = (text: string) => {
      for (const frame of decode(text)) if (!ended) events.frame(frame);
    };
    const post = (path: string, body: string) =>
      request(base + path, {
        method: 'POST',
        credentials: 'same-origin',
        signal: abort.signal,
        body,
        headers: { 'Content-Type': 'application/json', ...(session && { Authorization: `Bearer ${session}` }) },
      });

    async function open(): Promise<void> {
      const answer = await post('/sessions', JSON.stringify(hello));
      const text = await answer.text();
      if (!answer.ok) {
        deliver(text);
        return end('refused');
      }
      const [welcome] = decode(text);
      if (welcome?.t !== 'welcome') {
        deliver(text);
        return end('refused');
      }
      session = welcome.session;
      const stream = await request(`${base}/stream`, {
        credentials: 'same-origin',
        cache: 'no-store',
        signal: abort.signal,
        headers: { Accept: 'text/event-stream', Authorization: `Bearer ${session}` },
      });
      if (!stream.ok || !stream.body) return end('refused');
      events.frame(welcome);
      void flush();
      await read(stream.body);
      end('lost');
    }

    async function read(body: ReadableStream<Uint8Array>): Promise<void> {
      const reader = body.getReader();
      const text = new TextDecoder();
      const lines = new EventStreamReader();
      for (;;) {
        clearTimeout(quiet);
        quiet = setTimeout(() => end('lost'), silence);
        const { done, value } = await reader.read();
        if (done || ended) return;
        for (const data of lines.push(text.decode(value, { stream: true }))) deliver(data);
      }
    }

    // One POST at a time keeps the frames in order.
    async function flush(): Promise<void> {
      if (posting || !session) return;
      posting = true;
      try {
        while (waiting.length > 0 && !ended) {
          const batch = waiting.splice(0, framesPerPost);
          const answer = await post('/frames', batch.map((f) => JSON.stringify(f)).join('\n'));
          if (!answer.ok) return end('lost');
        }
      } catch {
        end('lost');
      } finally {
        posting = false;
      }
    }

    open().catch(() => end(session ? 'lost' : 'refused'));

    return {
      send(frame) {
        if (ended) return;
        waiting.push(frame);
        void flush();
      },
      close() {
        ended = true;
        clearTimeout(quiet);
        abort.abort();
      },
    };
  };
}
