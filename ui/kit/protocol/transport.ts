import type { ClientFrame, Hello, ServerFrame } from './frames.ts';

/** Why a transport ended: `refused` before it ever worked, `lost` afterwards. */
export type End = 'refused' | 'lost';

export interface TransportEvents {
  frame(frame: ServerFrame): void;
  /** Called once; the transport is of no use afterwards. */
  end(why: End): void;
}

/** One connection to the server, by whatever means; it says hello by itself. */
export interface Transport {
  send(frame: ClientFrame): void;
  close(): void;
}

export type Dial = (hello: Hello, events: TransportEvents) => Transport;

/** A way to connect whose code is fetched when it is first tried. */
export function dialLater(fetch: () => Promise<Dial>): Dial {
  return (hello, events) => {
    let transport: Transport | undefined;
    let closed = false;
    const waiting: ClientFrame[] = [];
    fetch().then(
      (dial) => {
        if (closed) return;
        transport = dial(hello, events);
        for (const frame of waiting) transport.send(frame);
      },
      () => !closed && events.end('refused'),
    );
    return {
      send: (frame) => void (transport ? transport.send(frame) : waiting.push(frame)),
      close() {
        closed = true;
        transport?.close();
      },
    };
  };
}
