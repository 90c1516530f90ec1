import type { Attachment, Body } from './frames.ts';
import type { Storage } from './storage.ts';

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
  /** What the attachments look like, to show them before they are stored. */
  attachments?: Attachment[];
  /** Milliseconds since 1970. */
  made: number;
  /** The server refused it for good; the person decides what becomes of it. */
  failed?: string;
}

/** A conversation that was begun here and not yet answered by the server. */
export interface Beginning {
  ref: string;
  topic?: string;
  lang?: string;
  human?: boolean;
  made: number;
}

const week = 7 * 24 * 3600 * 1000;
const halfAnHour = 30 * 60 * 1000;

/**
 * What waits to be stored, kept in the browser so that it outlives a reload.
 * Every message has a key of its own: two tabs of one window add and remove
 * without overwriting one another. The scope separates people who share a
 * browser: nobody's words are sent under somebody else's name.
 */
export class Outbox {
  #messages = new Map<string, Outgoing>();
  #beginnings = new Map<string, Beginning>();
  #scope = '';

  constructor(
    private readonly storage: Storage,
    private readonly now: () => number = Date.now,
  ) {}

  #key(scope: string, kind: 'm' | 's', id: string): string {
    return `kefu.out.${encodeURIComponent(scope)}.${kind}.${id}`;
  }

  /** Puts aside what belongs to the scope before and takes up what is kept for this one. */
  open(scope: string): void {
    this.#scope = scope;
    this.#messages.clear();
    this.#beginnings.clear();
    const prefix = `kefu.out.${encodeURIComponent(scope)}.`;
    for (const key of this.storage.keys()) {
      if (!key.startsWith(prefix)) continue;
      const value = this.#read(key);
      if (!value) {
        this.storage.removeItem(key);
      } else if ('client_msg_id' in value) {
        this.#messages.set(value.client_msg_id, value);
      } else {
        this.#beginnings.set(value.ref, value);
      }
    }
    this.#sort();
  }

  /** A visitor has signed in: what they wrote in the last half hour goes with them, as their conversations do. */
  move(scope: string): void {
    const since = this.now() - halfAnHour;
    const messages = this.messages().filter((m) => m.made >= since);
    const beginnings = this.beginnings().filter((b) => b.made >= since);
    for (const m of messages) this.remove(m.client_msg_id);
    for (const b of beginnings) this.dropBeginning(b.ref);
    this.open(scope);
    for (const b of beginnings) this.putBeginning(b);
    for (const m of messages) this.put(m);
    this.#sort();
  }

  #read(key: string): Outgoing | Beginning | undefined {
    try {
      const value = JSON.parse(this.storage.getItem(key) ?? 'null') as Outgoing | Beginning | null;
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
    this.storage.setItem(this.#key(this.#scope, 'm', message.client_msg_id), JSON.stringify(message));
  }

  remove(clientMsgId: string): Outgoing | undefined {
    const message = this.#messages.get(clientMsgId);
    this.#messages.delete(clientMsgId);
    this.storage.removeItem(this.#key(this.#scope, 'm', clientMsgId));
    return message;
  }

  get(clientMsgId: string): Outgoing | undefined {
    return this.#messages.get(clientMsgId);
  }

  putBeginning(beginning: Beginning): void {
    this.#beginnings.set(beginning.ref, beginning);
    this.storage.setItem(this.#key(this.#scope, 's', beginning.ref), JSON.stringify(beginning));
  }

  /** The server has named the conversation: its messages are addressed to it from now on. */
  begun(ref: string, conv: string): Beginning | undefined {
    const beginning = this.#beginnings.get(ref);
    this.#beginnings.delete(ref);
    // The messages first: a reload between the two must find one of them.
    for (const m of this.#messages.values()) if (m.ref === ref && m.conv === '') this.put({ ...m, conv });
    this.storage.removeItem(this.#key(this.#scope, 's', ref));
    return beginning;
  }

  dropBeginning(ref: string): void {
    this.#beginnings.delete(ref);
    this.storage.removeItem(this.#key(this.#scope, 's', ref));
  }

  beginnings(): Beginning[] {
    return [...this.#beginnings.values()];
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
    return [...heads.values()];
  }

  /** Drops what others, who spoke from this browser before, left unsent. */
  dropOthers(): void {
    const own = `kefu.out.${encodeURIComponent(this.#scope)}.`;
    for (const key of this.storage.keys()) if (key.startsWith('kefu.out.') && !key.startsWith(own)) this.storage.removeItem(key);
  }

  clear(): void {
    for (const m of [...this.#messages.keys()]) this.remove(m);
    for (const b of [...this.#beginnings.keys()]) this.dropBeginning(b);
  }
}
