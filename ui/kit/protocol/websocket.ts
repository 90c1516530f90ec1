import { decode } from './frames.ts';
import type { Dial } from './transport.ts';

/** Opens a WebSocket (docs/protocol.md 1.1) to an address such as wss://host/rt. */
export function dialWebSocket(url: string, make: (url: string, protocol: string) => WebSocket = (u, p) => new WebSocket(u, p)): Dial {
  return (hello, events) => {
    const socket = make(url, 'kefu.v1');
    let worked = false;
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      events.end(worked ? 'lost' : 'refused');
    };
    socket.onopen = () => socket.send(JSON.stringify(hello));
    socket.onmessage = (message: MessageEvent) => {
      if (ended || typeof message.data !== 'string') return;
      worked = true;
      for (const frame of decode(message.data)) if (!ended) events.frame(frame);
    };
    socket.onclose = end;
    socket.onerror = end;
    return {
      send(frame) {
        if (socket.readyState === 1) socket.send(JSON.stringify(frame));
      },
      close() {
        ended = true;
        socket.close();
      },
    };
  };
}
