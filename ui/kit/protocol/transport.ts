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
