import type { Attachment, Body, Extra, Filled } from './frames.ts';
import { keysOf, type Storage } from './storage.ts';

/** A message that the server has not yet called stored. */
export interface Outgoing {
  client_msg_id: string;
  /** Empty until `start` was answered. */
  conv: string;
  /** The reference of the conversation's beginning, when this page began it. */
  ref?: string;
  body: Body;
  note?: boolean;
  reply_to?: number;
  /** The newest entry that its author, an agent, had seen: sent again as it was, however late. */
  seen?: number;
  /** Desk: what an answer or a note asks of the server beside being stored. */
  extra?: Extra;
  /** What the attachments look like, to show them before they are stored. */
  attachments?: Attachment[];
  /** What a form looks like, to show it likewise. */
  form?: Filled;
  /** Files that must be stored before it can be sent, in their order; their bytes are kept elsewhere. */
  files?: Pending[];
  /** The bytes are in this page's memory alone. */
  unkept?: boolean;
  /** Milliseconds since 1970. */
  made: number;
  /** What its author wants done once it is stored. It stays here; the server hears nothing of it. */
  after?: unknown;
  /** The server refused it for good; the person decides what becomes of it. */
  failed?: string;
}

/** A file that is not stored yet. */
export interface Pending {
  key: string;
  name: string;
  type: string;
  size: number;
  /** The question of the form that it answers. */
  field?: string;
}

/** A conversation that was begun here and not yet answered by the server. */
export interface Beginning {
  ref: string;
  topic?: string;
  lang?: string;
  made: number;
  /** The server refused it for good; its messages are marked likewise. */
  failed?: string;
}

/** The customer wants a person, and the log does not say so yet. */
export interface Ask {
  /** Empty until `start` was answered. */
  conv: string;
  ref?: string;
  /** The end of the log when the person asked: an entry up to here was another time's. */
  after: number;
  made: number;
  /** The server may have heard it. */
  sent?: boolean;
}

const area = 'kefu.out';
const week = 7 * 24 * 3600 * 1000;
const halfAnHour = 30 * 60 * 1000;

const idOf = (ask: Ask): string => ask.conv || (ask.ref ?? '');

/**
 * What waits to be stored, kept in the browser so that it outlives a reload.
 * Every message has a key of its own: two tabs of one window add and remove
 * without overwriting one another. The scope separates people who share a
 * browser: nobody's words are sent under somebody else's name.
 */
export class Outbox {
  #messages = new Map<string, Outgoing>();
  #beginnings = new Map<string, Beginning>();
  #asks = new Map<string, Ask>();
  #scope = '';

  constructor(
    private readonly storage: Storage,
    private readonly now: () => number = Date.now,
  ) {}

  #key(kind: 'm' | 's' | 'h', id: string): string {
    return `${keysOf(area, this.#scope)}${kind}.${id}`;
  }

  /** Puts aside what belongs to the scope before and takes up what is kept for this one. */
  open(scope: string): void {
    this.#scope = scope;
    this.#messages.clear();
    this.#beginnings.clear();
    this.#asks.clear();
    const prefix = keysOf(area, scope);
    for (const key of this.storage.keys()) {
      if (!key.startsWith(prefix)) continue;
      const value = this.#read(key);
      const kind = key.slice(prefix.length, prefix.length + 2);
      if (!value) this.storage.removeItem(key);
      else if (kind === 'm.') this.#messages.set((value as Outgoing).client_msg_id, value as Outgoing);
      else if (kind === 's.') this.#beginnings.set((value as Beginning).ref, value as Beginning);
      else if (kind === 'h.') this.#asks.set(idOf(value as Ask), value as Ask);
    }
    this.#sort();
  }

  /**
   * A visitor has signed in: what they wrote in the last half hour, or since the
   * time given, goes with them, as their conversations do. The rest is put aside.
   */
  move(scope: string, from = Infinity): void {
    const own = this.#from(from);
    for (const m of own.messages) this.remove(m.client_msg_id);
    for (const b of own.beginnings) this.dropBeginning(b.ref);
    for (const a of own.asks) this.dropAsk(a);
    this.open(scope);
    for (const b of own.beginnings) this.putBeginning(b);
    for (const m of own.messages) this.put(m);
    for (const a of own.asks) this.putAsk(a);
    this.#sort();
  }

  /** Drops what does not go along when a visitor signs in: it may be somebody else's. */
  dropOld(): void {
    const own = this.#from(Infinity);
    for (const m of this.messages()) if (!own.messages.includes(m)) this.remove(m.client_msg_id);
    for (const b of this.beginnings()) if (!own.beginnings.includes(b)) this.dropBeginning(b.ref);
    for (const a of this.asks()) if (!own.asks.includes(a)) this.dropAsk(a);
  }

  #from(time: number): { messages: Outgoing[]; beginnings: Beginning[]; asks: Ask[] } {
    const since = Math.min(time, this.now() - halfAnHour);
    const recent = <T extends { made: number }>(all: T[]) => all.filter((one) => one.made >= since);
    return { messages: recent(this.messages()), beginnings: recent(this.beginnings()), asks: recent(this.asks()) };
  }

  #read(key: string): Outgoing | Beginning | Ask | undefined {
    try {
      const value = JSON.parse(this.storage.getItem(key) ?? 'null') as Outgoing | Beginning | Ask | null;
      if (!value || typeof value.made !== 'number' || this.now() - value.made > week) return undefined;
      return value;
    } catch {
      return undefined;
    }
  }

  #sort(): void {
    const sorted = [...this.#messages.values()].sort((a, b) => a.made - b.made || (a.client_msg_id < b.client_msg_id ? -1 : 1));
    this.#messages = new Map(sorted.map((m) => [m.client_msg_id, m]));
  }

  put(message: Outgoing): void {
    this.#messages.set(message.client_msg_id, message);
    this.storage.setItem(this.#key('m', message.client_msg_id), JSON.stringify(message));
  }

  remove(clientMsgId: string): Outgoing | undefined {
    const message = this.#messages.get(clientMsgId);
    this.#messages.delete(clientMsgId);
    this.storage.removeItem(this.#key('m', clientMsgId));
    return message;
  }

  get(clientMsgId: string): Outgoing | undefined {
    return this.#messages.get(clientMsgId);
  }

  putBeginning(beginning: Beginning): void {
    this.#beginnings.set(beginning.ref, beginning);
    this.storage.setItem(this.#key('s', beginning.ref), JSON.stringify(beginning));
  }

  beginning(ref: string): Beginning | undefined {
    return this.#beginnings.get(ref);
  }

  /** The server has named the conversation: what waits for it is addressed to it from now on. */
  begun(ref: string, conv: string): void {
    // The messages first: a reload between the two must find one of them.
    for (const m of this.#messages.values()) if (m.ref === ref && m.conv === '') this.put({ ...m, conv });
    const ask = this.ask('', ref);
    if (ask) {
      this.putAsk({ ...ask, conv });
      this.dropAsk(ask);
    }
    this.dropBeginning(ref);
  }

  dropBeginning(ref: string): void {
    this.#beginnings.delete(ref);
    this.storage.removeItem(this.#key('s', ref));
  }

  beginnings(): Beginning[] {
    return [...this.#beginnings.values()];
  }

  putAsk(ask: Ask): void {
    this.#asks.set(idOf(ask), ask);
    this.storage.setItem(this.#key('h', idOf(ask)), JSON.stringify(ask));
  }

  dropAsk(ask: Ask): void {
    this.#asks.delete(idOf(ask));
    this.storage.removeItem(this.#key('h', idOf(ask)));
  }

  ask(conv: string, ref?: string): Ask | undefined {
    return this.#asks.get(conv || (ref ?? ''));
  }

  asks(): Ask[] {
    return [...this.#asks.values()];
  }

  /** Oldest first. */
  messages(): Outgoing[] {
    return [...this.#messages.values()];
  }

  /** The next message of each conversation: one at a time, so that a late answer cannot change their order. */
  heads(): Outgoing[] {
    const heads = new Map<string, Outgoing>();
    for (const m of this.#messages.values()) {
      if (m.conv !== '' && !m.failed && !heads.has(m.conv)) heads.set(m.conv, m);
    }
    // What waits for its files is waited for.
    return [...heads.values()].filter((m) => !m.files);
  }

  /** The messages of this scope, whichever tab wrote them, that wait for files. */
  holding(): Set<string> {
    const prefix = `${keysOf(area, this.#scope)}m.`;
    const ids = [...this.#messages.values()].filter((m) => m.files).map((m) => m.client_msg_id);
    for (const key of this.storage.keys()) {
      if (key.startsWith(prefix) && (this.#read(key) as Outgoing | undefined)?.files) ids.push(key.slice(prefix.length));
    }
    return new Set(ids);
  }

  /** What waited for one conversation goes to another, whose log ends at `after`. */
  readdress(from: string, into: string, after: number): void {
    // What was seen counted in the other log.
    for (const { seen: _, ...m } of this.messages()) if (m.conv === from) this.put({ ...m, conv: into });
    const ask = this.ask(from);
    if (!ask) return;
    this.putAsk({ ...ask, conv: into, after, sent: false });
    this.dropAsk(ask);
  }

  /** Drops what others, who spoke from this browser before, left unsent. */
  dropOthers(): void {
    const own = keysOf(area, this.#scope);
    for (const key of this.storage.keys()) if (key.startsWith(`${area}.`) && !key.startsWith(own)) this.storage.removeItem(key);
  }

  clear(): void {
    for (const m of this.messages()) this.remove(m.client_msg_id);
    for (const b of this.beginnings()) this.dropBeginning(b.ref);
    for (const a of this.asks()) this.dropAsk(a);
  }
}
