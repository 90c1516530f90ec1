import { Connection, type ConnectionState } from './connection.ts';
import type {
  Attachment,
  Author,
  Body,
  ClientFrame,
  ClosingReason,
  ConversationLine,
  Entry,
  ErrorCode,
  ErrorFrame,
  Hello,
  Limits,
  Role,
  ServerFrame,
  Welcome,
} from './frames.ts';
import { uuidv4, uuidv7 } from './ids.ts';
import { ConversationLog } from './log.ts';
import { Outbox, type Outgoing } from './outbox.ts';
import type { Storage } from './storage.ts';
import type { Dial } from './transport.ts';

/** Who speaks, and how that is proven to the server. */
export interface Identity {
  hello(): Promise<Pick<Hello, 'token' | 'visitor'>>;
  welcomed(welcome: Welcome): void;
  /** The server refused or ended the session; true when another try is worth making at once. */
  refused(why: ErrorCode | ClosingReason): Promise<boolean>;
}

export interface ClientOptions {
  role: Role;
  dials: Dial[];
  storage: Storage;
  identity: Identity;
  lang: () => string;
  random?: () => number;
}

export type Change =
  | { what: 'state'; state: ConnectionState; why?: ErrorCode | ClosingReason }
  | { what: 'welcome'; welcome: Welcome }
  | { what: 'log'; conv: string }
  | { what: 'entry'; entry: Entry }
  | { what: 'outbox' }
  | { what: 'started'; ref: string; conv: string }
  | { what: 'removed'; conv: string; seq: number; client_msg_id: string; classes: string[] }
  | { what: 'typing'; conv: string }
  | { what: 'receipt'; conv: string }
  | { what: 'inbox'; conv?: string }
  | { what: 'eta'; conv: string; position: number; p50: number; p80: number }
  | { what: 'merged'; from: string; into: string }
  | { what: 'error'; error: ErrorFrame };

export interface Receipt {
  delivered: number;
  read: number;
}

export interface Typing {
  by: string;
  name?: string;
}

export interface Draft {
  conv: string;
  ref?: string;
  text?: string;
  attachments?: Attachment[];
  note?: boolean;
  reply_to?: number;
}

const page = 50;
const endOfLog = 2_147_483_647;
const storedWithin = 15_000;
const typingEvery = 3_000;
const typingForgotten = 8_000;

/** The protocol's client side, for the window and the desk: what is known, what waits, and how it is kept whole. */
export class Client {
  readonly outbox: Outbox;
  readonly receipts = new Map<string, Receipt>();
  readonly typing = new Map<string, Typing>();
  conversations: ConversationLine[] = [];
  limits: Limits | undefined;
  /** The secret of this connection, for uploads. */
  session = '';
  me: Author;

  #connection: Connection;
  #logs = new Map<string, ConversationLog>();
  #listeners = new Set<(change: Change) => void>();
  #inFlight = new Set<string>();
  #fetching = new Map<string, 'newer' | 'older' | 'end'>();
  #watched = new Set<string>();
  #watchInbox = false;
  #humanWanted = new Set<string>();
  #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #failures = new Map<string, number>();
  #typedAt = 0;

  constructor(private readonly options: ClientOptions) {
    this.outbox = new Outbox(options.storage);
    this.me = { kind: options.role === 'window' ? 'customer' : 'agent' };
    this.#connection = new Connection({
      dials: options.dials,
      random: options.random,
      hello: () => this.#hello(),
      onstate: (state, why) => this.#stateChanged(state, why),
      onwelcome: (welcome) => this.#welcomed(welcome),
      onframe: (frame) => this.#receive(frame),
    });
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  on(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #emit(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  start(): void {
    this.#connection.start();
  }

  stop(): void {
    this.#connection.stop();
    for (const t of this.#timers.values()) clearTimeout(t);
    this.#timers.clear();
  }

  /** The network is back or the page was shown: do not wait for the next try. */
  nudge(): void {
    this.#connection.nudge();
  }

  restart(): void {
    this.#connection.restart();
  }

  /** Forgets what is on screen: somebody else is speaking now. */
  forget(): void {
    this.#logs.clear();
    this.#watched.clear();
    this.#humanWanted.clear();
    this.receipts.clear();
    this.typing.clear();
    this.conversations = [];
  }

  log(conv: string): ConversationLog {
    let log = this.#logs.get(conv);
    if (!log) {
      log = new ConversationLog(conv);
      this.#logs.set(conv, log);
    }
    return log;
  }

  // Reading

  /** Follows a conversation: reads the end of its log and, at the desk, watches it. */
  open(conv: string): void {
    if (this.options.role === 'desk' && !this.#watched.has(conv)) {
      this.#watched.add(conv);
      this.#connection.send({ t: 'watch', conv });
    }
    const log = this.log(conv);
    if (log.loaded) this.#fetch(conv, 'newer');
    else this.#fetch(conv, 'end');
  }

  /** Stops following a conversation at the desk; what was read is forgotten. */
  close(conv: string): void {
    this.#watched.delete(conv);
    this.#connection.send({ t: 'unwatch', conv });
    this.#logs.delete(conv);
    this.typing.delete(conv);
  }

  watchInbox(): void {
    this.#watchInbox = true;
    this.#connection.send({ t: 'watch', inbox: true });
  }

  /** Reads the page before the oldest line. */
  older(conv: string): void {
    if (this.log(conv).hasOlder) this.#fetch(conv, 'older');
  }

  /** How many messages of the other side are unread; the server's own count where the log was not read so far back. */
  unread(line: ConversationLine): number {
    const log = this.#logs.get(line.conv);
    if (!log?.loaded || log.bottom > line.read_seq + 1) return line.unread;
    return log.lines.filter((l) => l.kind === 'message' && l.seq > line.read_seq && l.author?.kind !== this.me.kind).length;
  }

  isFetching(conv: string): boolean {
    return this.#fetching.has(conv);
  }

  #fetch(conv: string, which: 'newer' | 'older' | 'end'): void {
    if (this.#fetching.has(conv)) return;
    const log = this.log(conv);
    const frame: ClientFrame =
      which === 'newer'
        ? { t: 'fetch', conv, after_seq: log.top, limit: 200 }
        : { t: 'fetch', conv, before_seq: which === 'older' ? log.bottom : endOfLog, limit: page };
    if (!this.#connection.send(frame)) return;
    this.#fetching.set(conv, which);
    this.#timer(`fetch:${conv}`, storedWithin, () => {
      this.#fetching.delete(conv);
      this.#emit({ what: 'log', conv });
    });
  }

  /** The person has seen everything up to here. */
  read(conv: string, seq: number): void {
    this.#connection.send({ t: 'read', conv, seq });
    const line = this.conversations.find((c) => c.conv === conv);
    if (line && seq > line.read_seq) {
      line.read_seq = seq;
      line.unread = 0;
    }
  }

  // Writing

  /** Begins a conversation; its messages may be written at once, under the reference. */
  begin(topic?: string): string {
    const ref = uuidv4();
    this.outbox.putBeginning({ ref, made: Date.now(), lang: this.options.lang(), ...(topic && { topic }) });
    this.#pump();
    return ref;
  }

  send(draft: Draft): string {
    const id = uuidv7();
    const attachments = draft.attachments ?? [];
    const body: Body =
      attachments.length > 0
        ? { type: 'attachments', attachment_ids: attachments.map((a) => a.id), ...(draft.text && { text: draft.text }) }
        : { type: 'text', text: draft.text ?? '' };
    this.outbox.put({
      client_msg_id: id,
      conv: draft.conv,
      body,
      made: Date.now(),
      ...(draft.ref && { ref: draft.ref }),
      ...(draft.note && { note: true }),
      ...(draft.reply_to && { reply_to: draft.reply_to }),
      ...(attachments.length > 0 && { attachments }),
    });
    this.#emit({ what: 'outbox' });
    this.#pump();
    return id;
  }

  /** Tries again what the server refused. */
  retry(clientMsgId: string): void {
    const message = this.outbox.get(clientMsgId);
    if (!message) return;
    const { failed: _, ...rest } = message;
    this.outbox.put(rest);
    this.#emit({ what: 'outbox' });
    this.#pump();
  }

  discard(clientMsgId: string): void {
    this.outbox.remove(clientMsgId);
    this.#emit({ what: 'outbox' });
  }

  /** The customer wants a person; kept until the log says so. */
  human(conv: string, ref?: string): void {
    if (conv) {
      this.#humanWanted.add(conv);
      this.#connection.send({ t: 'human', conv });
      return;
    }
    const beginning = this.outbox.beginnings().find((b) => b.ref === ref);
    if (beginning) this.outbox.putBeginning({ ...beginning, human: true });
  }

  type(conv: string, on: boolean): void {
    const now = Date.now();
    if (on && now - this.#typedAt < typingEvery) return;
    if (!on && this.#typedAt === 0) return;
    this.#typedAt = on ? now : 0;
    this.#connection.send({ t: 'typing', conv, on });
  }

  #pump(): void {
    if (this.state !== 'open') return;
    for (const b of this.outbox.beginnings()) {
      if (this.#inFlight.has(b.ref)) continue;
      this.#dispatch(b.ref, { t: 'start', ref: b.ref, ...(b.topic && { topic: b.topic }), ...(b.lang && { lang: b.lang }) });
    }
    for (const m of this.outbox.heads()) {
      if (this.#inFlight.has(m.client_msg_id)) continue;
      this.#dispatch(m.client_msg_id, {
        t: 'send',
        conv: m.conv,
        client_msg_id: m.client_msg_id,
        body: m.body,
        ...(m.note && { note: true }),
        ...(m.reply_to && { reply_to: m.reply_to }),
      });
    }
  }

  #dispatch(ref: string, frame: ClientFrame): void {
    if (!this.#connection.send(frame)) return;
    this.#inFlight.add(ref);
    // No answer in time: the connection is not what it seems.
    this.#timer(`stored:${ref}`, storedWithin, () => this.#connection.restart());
  }

  #settled(ref: string): void {
    this.#inFlight.delete(ref);
    clearTimeout(this.#timers.get(`stored:${ref}`));
    this.#timers.delete(`stored:${ref}`);
  }

  // The connection

  async #hello(): Promise<Hello> {
    const identity = await this.options.identity.hello();
    const resume = [...this.#logs.values()]
      .filter((l) => l.loaded)
      .slice(-50)
      .map((l) => ({ conv: l.conv, last_seq: l.top }));
    return {
      t: 'hello',
      v: 1,
      role: this.options.role,
      lang: this.options.lang(),
      ...identity,
      ...(resume.length > 0 && { resume }),
    };
  }

  #stateChanged(state: ConnectionState, why?: ErrorCode | ClosingReason): void {
    if (state !== 'open') {
      for (const ref of this.#inFlight) this.#settled(ref);
      for (const conv of this.#fetching.keys()) clearTimeout(this.#timers.get(`fetch:${conv}`));
      this.#fetching.clear();
      this.typing.clear();
      this.session = '';
    }
    this.#emit({ what: 'state', state, why });
    if (state !== 'ended' || !why) return;
    void this.options.identity.refused(why).then((again) => {
      if (again && this.state === 'ended') this.#connection.restart();
    });
  }

  #welcomed(welcome: Welcome): void {
    this.session = welcome.session;
    this.limits = welcome.limits;
    this.conversations = welcome.conversations ?? [];
    if (welcome.staff) this.me = { kind: 'agent', id: welcome.staff.id, name: welcome.staff.name };
    this.options.identity.welcomed(welcome);
    this.#emit({ what: 'welcome', welcome });
    if (this.#watchInbox) this.#connection.send({ t: 'watch', inbox: true });
    for (const conv of this.#watched) this.#connection.send({ t: 'watch', conv });
    for (const conv of this.#humanWanted) this.#connection.send({ t: 'human', conv });
    for (const log of this.#logs.values()) {
      // What was loaded is resumed by hello; at the desk a watch may begin later than that.
      if (!log.loaded) this.#fetch(log.conv, 'end');
      else if (this.options.role === 'desk') this.#fetch(log.conv, 'newer');
    }
    this.#pump();
  }

  #receive(frame: ServerFrame): void {
    switch (frame.t) {
      case 'event':
        return this.#event(frame);
      case 'missed':
        return this.#missed(frame);
      case 'stored':
        return this.#stored(frame);
      case 'started':
        return this.#started(frame.ref, frame.conv);
      case 'error':
        return this.#error(frame);
      case 'resync':
        return this.#resync(frame.conv);
      case 'receipt':
        return this.#receipt(frame.conv, frame);
      case 'typing':
        return this.#typing(frame.conv, frame.on ? { by: frame.by, name: frame.name } : undefined);
      case 'inbox':
        return this.#emit({ what: 'inbox', conv: frame.conv });
      case 'eta':
        return this.#emit({ what: 'eta', conv: frame.conv, position: frame.position, p50: frame.p50, p80: frame.p80 });
      case 'welcome':
        return this.#welcomed(frame);
    }
  }

  #event(frame: { t: 'event' } & Entry): void {
    const { t: _, ...entry } = frame;
    const log = this.log(entry.conv);
    const known = log.has(entry.seq);
    const gap = log.add(entry);
    this.#noticed(entry);
    if (gap) this.#fetch(entry.conv, 'newer');
    this.#arrived(entry.conv);
    this.#emit({ what: 'log', conv: entry.conv });
    if (!known) this.#emit({ what: 'entry', entry });
  }

  #missed(frame: { conv: string; from: number; to: number; events: Entry[]; more: boolean }): void {
    const log = this.log(frame.conv);
    const which = this.#fetching.get(frame.conv);
    this.#fetching.delete(frame.conv);
    clearTimeout(this.#timers.get(`fetch:${frame.conv}`));
    const from = frame.events[0]?.seq ?? frame.from;
    const to = frame.events.at(-1)?.seq ?? frame.from - 1;
    const before = log.top;
    const fresh = frame.events.filter((e) => log.loaded && e.seq > before && !log.has(e.seq));
    // Nothing can be joined to a log that was never read but from its end.
    if (log.loaded || which === 'end') log.addStretch(from, to, frame.events);
    for (const e of frame.events) this.#noticed(e);
    if (log.loaded && frame.more && log.top > before && which !== 'end') this.#fetch(frame.conv, 'newer');
    this.#arrived(frame.conv);
    this.#emit({ what: 'log', conv: frame.conv });
    for (const entry of fresh) this.#emit({ what: 'entry', entry });
  }

  /** What an entry says beside its place in the log. */
  #noticed(entry: Entry): void {
    if (entry.client_msg_id && this.outbox.get(entry.client_msg_id)) {
      this.outbox.remove(entry.client_msg_id);
      this.#settled(entry.client_msg_id);
      this.#emit({ what: 'outbox' });
      this.#pump();
    }
    if (entry.kind === 'human') this.#humanWanted.delete(entry.conv);
    if (entry.kind === 'redacted') this.#withdraw(entry);
    if (entry.kind === 'message' || entry.kind === 'note') this.typing.delete(entry.conv);
    const line = this.conversations.find((c) => c.conv === entry.conv);
    if (!line || entry.seq <= line.last_seq) return;
    line.last_seq = entry.seq;
    line.last_activity = Math.max(line.last_activity, entry.at);
    if (entry.kind === 'status' && entry.payload.status) line.status = entry.payload.status;
    if (entry.kind === 'merged' && entry.payload.into) line.status = 'merged';
    if (entry.kind === 'unmerged' && entry.payload.from) line.status = 'open';
  }

  /** A redacted message must not lie in the browser's storage either. */
  #withdraw(entry: Entry): void {
    const line = this.log(entry.conv).lines.find((l) => l.seq === entry.payload.of);
    if (line?.client_msg_id && this.outbox.remove(line.client_msg_id)) this.#emit({ what: 'outbox' });
  }

  #stored(frame: ServerFrame & { t: 'stored' }): void {
    this.#settled(frame.client_msg_id);
    this.#failures.delete(frame.client_msg_id);
    const message = this.outbox.remove(frame.client_msg_id);
    const log = this.log(frame.conv);
    if (message && !log.has(frame.seq)) {
      if (log.add(this.#own(message, frame))) this.#fetch(frame.conv, 'newer');
      this.#arrived(frame.conv);
    }
    if (frame.classes?.length) {
      const { conv, seq, client_msg_id, classes } = frame;
      this.#emit({ what: 'removed', conv, seq, client_msg_id, classes });
    }
    this.#emit({ what: 'outbox' });
    this.#emit({ what: 'log', conv: frame.conv });
    this.#pump();
  }

  /** The line of an own message, until its event comes. */
  #own(message: Outgoing, frame: ServerFrame & { t: 'stored' }): Entry {
    const text = frame.text ?? message.body.text;
    return {
      conv: frame.conv,
      seq: frame.seq,
      kind: message.note ? 'note' : 'message',
      at: frame.at,
      author: this.me,
      client_msg_id: message.client_msg_id,
      payload: {
        ...(text !== undefined && { text }),
        ...(message.attachments && { attachments: message.attachments }),
        ...(message.reply_to && { reply_to: message.reply_to }),
        ...(frame.classes && { classes: frame.classes }),
      },
    };
  }

  #started(ref: string, conv: string): void {
    this.#settled(ref);
    const beginning = this.outbox.begun(ref, conv);
    this.log(conv).begin();
    if (!this.conversations.some((c) => c.conv === conv)) {
      const now = Date.now() * 1000;
      this.conversations = [{ conv, status: 'open', last_seq: 0, read_seq: 0, unread: 0, last_activity: now }, ...this.conversations];
    }
    if (beginning?.human) this.human(conv);
    this.#fetch(conv, 'newer');
    this.#emit({ what: 'started', ref, conv });
    this.#emit({ what: 'outbox' });
    this.#pump();
  }

  #error(frame: ErrorFrame): void {
    const message = frame.ref ? this.outbox.get(frame.ref) : undefined;
    const beginning = frame.ref ? this.outbox.beginnings().find((b) => b.ref === frame.ref) : undefined;
    if (!message && !beginning) {
      // The error does not say which one; a fetch that is still under way only repeats itself.
      if (frame.ref === 'fetch') this.#fetching.clear();
      this.#emit({ what: 'error', error: frame });
      return;
    }
    const ref = frame.ref!;
    this.#settled(ref);
    if (message && frame.code === 'merged' && frame.conv) return this.#readdress(message.conv, frame.conv);
    if (frame.code === 'rate_limited' || frame.code === 'unavailable' || frame.code === 'internal') {
      const failures = (this.#failures.get(ref) ?? 0) + 1;
      this.#failures.set(ref, failures);
      // Held back as in flight, so that what follows in the conversation does not overtake it.
      this.#inFlight.add(ref);
      const delay = frame.retry_after_ms ?? Math.min(30_000, 1000 * 2 ** failures);
      this.#timer(`stored:${ref}`, delay, () => {
        this.#settled(ref);
        this.#pump();
      });
    } else if (message) {
      this.outbox.put({ ...message, failed: frame.code });
    } else {
      for (const m of this.outbox.messages()) if (m.ref === ref) this.outbox.put({ ...m, failed: frame.code });
    }
    this.#emit({ what: 'error', error: frame });
    this.#emit({ what: 'outbox' });
    this.#pump();
  }

  #readdress(from: string, into: string): void {
    for (const m of this.outbox.messages()) if (m.conv === from) this.outbox.put({ ...m, conv: into });
    this.#emit({ what: 'merged', from, into });
    this.#emit({ what: 'outbox' });
    this.#pump();
  }

  #resync(conv?: string): void {
    for (const log of conv ? [this.log(conv)] : this.#logs.values()) this.#fetch(log.conv, log.loaded ? 'newer' : 'end');
    if (!conv) this.#emit({ what: 'inbox' });
  }

  #receipt(conv: string, frame: { by: string; delivered: number; read: number }): void {
    if (frame.by === this.me.kind) return;
    const old = this.receipts.get(conv);
    this.receipts.set(conv, {
      delivered: Math.max(old?.delivered ?? 0, frame.delivered, frame.read),
      read: Math.max(old?.read ?? 0, frame.read),
    });
    this.#emit({ what: 'receipt', conv });
  }

  #typing(conv: string, who?: Typing): void {
    if (who) {
      this.typing.set(conv, who);
      this.#timer(`typing:${conv}`, typingForgotten, () => this.#typing(conv));
    } else {
      this.typing.delete(conv);
    }
    this.#emit({ what: 'typing', conv });
  }

  /** Tells the server, not more than every 200 ms, how far the log has arrived. */
  #arrived(conv: string): void {
    if (this.#timers.has(`ack:${conv}`)) return;
    this.#timer(`ack:${conv}`, 200, () => {
      const top = this.#logs.get(conv)?.top ?? 0;
      if (top > 0) this.#connection.send({ t: 'ack', conv, up_to_seq: top });
    });
  }

  #timer(name: string, milliseconds: number, run: () => void): void {
    clearTimeout(this.#timers.get(name));
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      run();
    }, milliseconds);
    this.#timers.set(name, timer);
  }
}
