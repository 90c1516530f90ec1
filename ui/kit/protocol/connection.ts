import { passes, type ClientFrame, type ClosingReason, type ErrorFrame, type Hello, type ServerFrame, type Welcome } from './frames.ts';
import { Timers } from './timers.ts';
import type { Dial, Transport } from './transport.ts';

export type ConnectionState =
  /** Not asked to connect, or told to stop. */
  | 'idle'
  | 'connecting'
  | 'open'
  /** Lost; it comes back by itself. */
  | 'waiting'
  /** Refused or ended by the server; it does not come back without a new identity. */
  | 'ended';

/** Hello cannot be said: who speaks has nothing to show for it. Trying again by itself would change nothing. */
export class Unidentified extends Error {}

export interface ConnectionOptions {
  /** Ways to connect, best first. */
  dials: Dial[];
  hello: () => Promise<Hello>;
  onstate: (state: ConnectionState, why?: ErrorFrame['code'] | ClosingReason) => void;
  onwelcome: (welcome: Welcome) => void;
  onframe: (frame: ServerFrame) => void;
  random?: () => number;
}

const firstDelay = 500;
const longestDelay = 30_000;
const pingEvery = 25_000;
const pongWithin = 10_000;
const welcomeWithin = 10_000;

/** The delay before try n (0, 1, 2 …), in milliseconds: full jitter (docs/protocol.md 6). */
export function backoff(n: number, random: number, atLeast = 0): number {
  return Math.max(atLeast, random * Math.min(longestDelay, firstDelay * 2 ** n));
}

/** Keeps one connection to the server open: says hello, pings, and comes back after a loss. */
export class Connection {
  state: ConnectionState = 'idle';
  #transport: Transport | undefined;
  #timers = new Timers();
  #tries = 0;
  #dial = 0;
  #everOpen = false;
  #atLeast = 0;
  #generation = 0;

  constructor(private readonly options: ConnectionOptions) {}

  start(): void {
    if (this.state === 'connecting' || this.state === 'open') return;
    void this.#connect();
  }

  stop(): void {
    this.#drop();
    this.#set('idle');
  }

  /** Ends it until it is started anew; says why. */
  end(why: ErrorFrame['code'] | ClosingReason): void {
    this.#drop();
    this.#set('ended', why);
  }

  /** Tries at once instead of waiting: the network is back, or the page was shown again. */
  nudge(): void {
    if (this.state === 'waiting' && this.#atLeast === 0) void this.#connect();
  }

  /** Breaks the connection and opens a new one: answers are overdue, or the identity changed. */
  restart(): void {
    this.#drop();
    void this.#connect();
  }

  send(frame: ClientFrame): boolean {
    if (this.state !== 'open' || !this.#transport) return false;
    this.#transport.send(frame);
    this.#timers.set('ping', pingEvery, () => this.#ping());
    return true;
  }

  #set(state: ConnectionState, why?: ErrorFrame['code'] | ClosingReason): void {
    if (this.state === state) return;
    this.state = state;
    this.options.onstate(state, why);
  }

  #drop(): void {
    this.#generation++;
    this.#timers.clearAll();
    this.#transport?.close();
    this.#transport = undefined;
  }

  async #connect(): Promise<void> {
    this.#drop();
    this.#set('connecting');
    const generation = this.#generation;
    const stale = () => generation !== this.#generation;
    let hello: Hello;
    try {
      hello = await this.options.hello();
    } catch (error) {
      if (stale()) return;
      return error instanceof Unidentified ? this.end('unauthenticated') : this.#lost(false);
    }
    if (stale()) return;
    const dial = this.options.dials[this.#dial % this.options.dials.length]!;
    this.#timers.set('welcome', welcomeWithin, () => this.#lost(true));
    this.#transport = dial(hello, {
      frame: (frame) => {
        if (!stale()) this.#receive(frame);
      },
      end: (why) => {
        if (!stale()) this.#lost(why === 'refused');
      },
    });
  }

  #receive(frame: ServerFrame): void {
    if (this.state === 'connecting') {
      if (frame.t === 'welcome') return this.#opened(frame);
      if (frame.t === 'error') return this.#refused(frame);
    }
    if (frame.t === 'closing') return this.#closing(frame.reason, frame.retry_after_ms);
    if (this.state !== 'open') return;
    this.#timers.clear('pong');
    if (frame.t === 'pong') return;
    this.options.onframe(frame);
  }

  #opened(welcome: Welcome): void {
    this.#timers.clear('welcome');
    this.#tries = 0;
    this.#atLeast = 0;
    this.#everOpen = true;
    this.#timers.set('ping', pingEvery, () => this.#ping());
    this.#set('open');
    this.options.onwelcome(welcome);
  }

  #refused(frame: ErrorFrame): void {
    if (passes(frame.code)) {
      this.#atLeast = frame.retry_after_ms ?? 1000;
      return this.#lost(false, frame.code);
    }
    this.end(frame.code);
  }

  #closing(reason: ClosingReason, retryAfter = 0): void {
    if (reason === 'revoked' || reason === 'expired') return this.end(reason);
    this.#atLeast = retryAfter;
    this.#lost(false);
  }

  #ping(): void {
    this.send({ t: 'ping' });
    this.#timers.set('pong', pongWithin, () => this.#lost(false));
  }

  #lost(refused: boolean, why?: ErrorFrame['code']): void {
    this.#drop();
    // A way that never worked may be blocked on this network: try the other one.
    if (refused && (!this.#everOpen || this.#tries % 3 === 2)) this.#dial++;
    this.#set('waiting', why);
    const delay = backoff(this.#tries++, (this.options.random ?? Math.random)(), this.#atLeast);
    this.#timers.set('retry', delay, () => {
      this.#atLeast = 0;
      void this.#connect();
    });
  }
}
