import { Ahead } from './ahead.ts';
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
  Eta,
  Extra,
  Filled,
  FormBody,
  Hello,
  Limits,
  Role,
  ServerFrame,
  Service,
  Welcome, BreakReason, OfferFrame, PresenceFrame, PresenceState } from './frames.ts';
import { passes } from './frames.ts';
import { uuidv4, uuidv7 } from './ids.ts';
import type { ConversationLog } from './log.ts';
import { Outbox, type Outgoing, type Pending } from './outbox.ts';
import { Reading } from './reading.ts';
import { Sending, type About } from './sending.ts';
import type { Storage } from './storage.ts';
import { Timers } from './timers.ts';
import type { Dial } from './transport.ts';

/** Who speaks, and how that is proven to the server. */
export interface Identity {
  /** Throws Unidentified when there is nothing to show and none may do without. */
  hello(): Promise<Pick<Hello, 'token' | 'visitor'>>;
  /** False when somebody else was let in than was meant: the connection is opened anew. */
  welcomed(welcome: Welcome): boolean | void;
  /** The server refused or ended the session; true when another try is worth making at once. */
  refused(why: ErrorCode | ClosingReason): Promise<boolean>;
}

export interface ClientOptions {
  role: Role;
  dials: Dial[];
  storage: Storage;
  identity: Identity;
  lang: () => string;
  /** What this client can do beside the rest, such as `offers`. */
  caps?: string[];
  random?: () => number;
}

export type Change =
  | { what: 'state'; state: ConnectionState; why?: ErrorCode | ClosingReason }
  /** Another: not the customer of the welcome before, whose conversations are forgotten. */
  | { what: 'welcome'; welcome: Welcome; another: boolean }
  | { what: 'log'; conv: string }
  | { what: 'entry'; entry: Entry }
  | { what: 'outbox' }
  | { what: 'started'; ref: string; conv: string }
  | { what: 'removed'; conv: string; seq: number; client_msg_id: string; classes: string[] }
  | { what: 'typing'; conv: string }
  | { what: 'receipt'; conv: string }
  | { what: 'inbox'; conv?: string }
  /** Beside conversations: kinds of settings, or approval. */
  | { what: 'changed'; kinds: string[] }
  | { what: 'present'; conv: string; staff: { id: string; name: string }[] }
  | { what: 'eta'; conv: string }
  | { what: 'service'; service: Service }
  | { what: 'offer'; offer: OfferFrame }
  | { what: 'offer_over'; conv: string; reason: string }
  | { what: 'presence'; presence: PresenceFrame }
  /** Somebody's way through a flow, or what is done in the wallet, is another revision now. */
  | { what: 'run'; conv?: string; run: string; state: string; revision: number }
  | { what: 'act'; conv: string; act: string; revision: number }
  | { what: 'merged'; from: string; into: string }
  | { what: 'stored'; conv: string; client_msg_id: string }
  /** A message left the outbox because the server has it, however that was learnt. */
  | { what: 'settled'; conv: string; message: Outgoing }
  | { what: 'error'; error: ErrorFrame; about: About };

export interface Receipt {
  delivered: number;
  read: number;
}

export interface Typing {
  by: string;
  name?: string;
}

export type { Eta };

export interface Draft {
  conv: string;
  ref?: string;
  text?: string;
  attachments?: Attachment[];
  /** Files that are stored before it is sent. */
  files?: Pending[];
  /** In the place of a text: a form, and what it looks like. */
  form?: { body: FormBody; shown: Filled };
  note?: boolean;
  reply_to?: number;
  /** Desk: the newest entry on screen. What the customer wrote after it goes on waiting. */
  seen?: number;
  extra?: Extra;
  /** What is to be done once it is stored; told with `settled`. */
  after?: unknown;
}

const typingEvery = 3_000;
const typingForgotten = 8_000;
const ackEvery = 200;

/** The protocol's client side, for the window and the desk: what is known, what waits, and how it is kept whole. */
export class Client {
  readonly outbox: Outbox;
  readonly receipts = new Map<string, Receipt>();
  readonly typing = new Map<string, Typing>();
  readonly etas = new Map<string, Eta>();
  /** By when the customer is answered, as they were told; microseconds since 1970. */
  readonly promises = new Map<string, number>();
  conversations: ConversationLine[] = [];
  limits: Limits | undefined;
  /** The secret of this connection, for uploads. */
  session = '';
  me: Author;

  #connection: Connection;
  #reading: Reading;
  #sending: Sending;
  #timers = new Timers();
  #listeners = new Set<(change: Change) => void>();
  #watched = new Set<string>();
  #ahead: Ahead;
  #watchInbox = false;
  #customer: string | undefined;
  #typedAt = 0;
  #attends = true;
  /** Conversations whose logs arrived while nobody could see it. */
  #unattended = new Set<string>();

  constructor(private readonly options: ClientOptions) {
    this.outbox = new Outbox(options.storage);
    this.me = { kind: options.role === 'window' ? 'customer' : 'agent' };
    const random = options.random ?? Math.random;
    const send = (frame: ClientFrame) => this.#connection.send(frame);
    this.#reading = new Reading({ send, random, changed: (conv) => this.#emit({ what: 'log', conv }), ahead: (conv) => this.#ahead.has(conv) });
    this.#ahead = new Ahead((conv) => this.#reading.drop(conv));
    this.#sending = new Sending({
      outbox: this.outbox,
      send,
      overdue: () => this.#connection.restart(),
      changed: () => this.#emit({ what: 'outbox' }),
      merged: (from, into) => this.#emit({ what: 'merged', from, into }),
      settled: (message, conv) => this.#emit({ what: 'settled', conv, message }),
      end: (conv) => Math.max(this.#reading.peek(conv)?.top ?? 0, this.#line(conv)?.last_seq ?? 0),
    });
    this.#connection = new Connection({
      dials: options.dials,
      random,
      hello: () => this.#hello(),
      onstate: (state, why) => this.#stateChanged(state, why),
      onwelcome: (welcome) => this.#welcomed(welcome),
      onframe: (frame) => this.#receive(frame),
    });
  }

  accept(conv: string): void {
    this.#connection.send({ t: 'accept', conv });
  }

  decline(conv: string): void {
    this.#connection.send({ t: 'decline', conv });
  }

  setPresence(state: PresenceState, reason?: BreakReason): void {
    this.#connection.send({ t: 'presence', state, ...(reason && { reason }) });
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
    this.#timers.clearAll();
  }

  /** Says no more until it is restarted; why is what the state tells. */
  end(why: ErrorCode | ClosingReason): void {
    this.#connection.end(why);
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
    this.#ahead.drop();
    this.#reading.clear();
    this.#timers.clearAll();
    this.#watched.clear();
    this.#unattended.clear();
    this.receipts.clear();
    this.typing.clear();
    this.etas.clear();
    this.promises.clear();
    this.conversations = [];
    this.#customer = undefined;
  }

  log(conv: string): ConversationLog {
    return this.#reading.log(conv);
  }

  /** The log, where one is held: asking makes none. */
  peek(conv: string): ConversationLog | undefined {
    return this.#reading.peek(conv);
  }

  #line(conv: string): ConversationLine | undefined {
    return this.conversations.find((c) => c.conv === conv);
  }

  /** A desk keeps the logs that it watches, and those that were read ahead. */
  #follows(conv: string): boolean {
    return this.options.role === 'window' || this.#watched.has(conv) || this.#ahead.has(conv);
  }

  // Reading

  /** Follows a conversation: reads the end of its log and, at the desk, watches it. */
  open(conv: string): void {
    if (this.options.role === 'desk' && !this.#watched.has(conv)) {
      const ahead = this.#ahead.take(conv);
      this.#watched.add(conv);
      this.#connection.send({ t: 'watch', conv });
      // What came between an answer that is still on its way and the watch would be missed.
      if (ahead && !this.log(conv).loaded) return this.#reading.again(conv);
    }
    this.#reading.catchUp(conv);
  }

  /**
   * Desk: reads the end of a log that may be opened next. Nobody is told, nothing
   * counts as arrived or read, and it is not kept for long.
   */
  ahead(conv: string): void {
    if (this.state === 'open' && !this.#watched.has(conv) && this.#ahead.add(conv)) this.#reading.want(conv, 'end');
  }

  /** Stops following a conversation at the desk; what was read is forgotten. */
  close(conv: string): void {
    this.#watched.delete(conv);
    this.#connection.send({ t: 'unwatch', conv });
    this.#reading.drop(conv);
    this.#timers.clear(`ack:${conv}`);
    this.typing.delete(conv);
  }

  watchInbox(): void {
    this.#watchInbox = true;
    this.#connection.send({ t: 'watch', inbox: true });
  }

  /** Reads the page before the oldest line. */
  older(conv: string): void {
    if (this.log(conv).hasOlder) this.#reading.want(conv, 'older');
  }

  /** The page before the oldest line is on its way. */
  readsOlder(conv: string): boolean {
    return this.#reading.isWanted(conv, 'older');
  }

  /** How many messages of the other side are unread; the server's own count where the log was not read so far back. */
  unread(line: ConversationLine): number {
    const log = this.#reading.peek(line.conv);
    if (!log?.loaded || log.bottom > line.read_seq + 1) return line.unread;
    return log.lines.filter((l) => (l.kind === 'message' || l.payload?.act?.state === 'proposed') && l.seq > line.read_seq && l.author?.kind !== this.me.kind).length;
  }

  /**
   * Whether the page is in view. What arrives while it is not has reached nobody: it is
   * told to the server as soon as it is, and until then they may be told in another way.
   */
  attend(on: boolean): void {
    this.#attends = on;
    if (!on) return;
    const convs = [...this.#unattended];
    this.#unattended.clear();
    for (const conv of convs) this.#arrived(conv);
  }

  /** The person has seen everything up to here; false when there is no connection to say it by. */
  read(conv: string, seq: number): boolean {
    const said = this.#connection.send({ t: 'read', conv, seq });
    const line = this.#line(conv);
    if (line && seq > line.read_seq) {
      line.read_seq = seq;
      line.unread = 0;
    }
    return said;
  }

  // Writing

  /** Begins a conversation; its messages may be written at once, under the reference. */
  begin(topic?: string): string {
    const ref = uuidv4();
    this.outbox.putBeginning({ ref, made: Date.now(), lang: this.options.lang(), ...(topic && { topic }) });
    this.#sending.pump();
    return ref;
  }

  send(draft: Draft): string {
    const id = uuidv7();
    const { attachments = [], files = [] } = draft;
    const body: Body =
      draft.form?.body ?? (attachments.length + files.length > 0
        ? { type: 'attachments', attachment_ids: attachments.map((a) => a.id), ...(draft.text && { text: draft.text }) }
        : { type: 'text', text: draft.text ?? '' });
    this.#sending.put({
      client_msg_id: id,
      conv: draft.conv,
      body,
      made: Date.now(),
      ...(draft.ref && { ref: draft.ref }),
      ...(draft.note && { note: true }),
      ...(draft.reply_to && { reply_to: draft.reply_to }),
      ...(draft.seen && { seen: draft.seen }),
      ...(draft.extra && { extra: draft.extra }),
      ...(draft.after !== undefined && { after: draft.after }),
      ...(attachments.length > 0 && { attachments }),
      ...(files.length > 0 && { files }),
      ...(draft.form && { form: draft.form.shown }),
    });
    return id;
  }

  /** Puts a message that waits back as it is now, in its place. */
  put(message: Outgoing): void {
    this.#sending.update(message);
  }

  /** Tries again what the server refused. */
  retry(clientMsgId: string): void {
    this.#sending.retry(clientMsgId);
  }

  discard(clientMsgId: string): void {
    this.#sending.discard(clientMsgId);
  }

  /** The customer wants a person; kept and sent again until the log says so. */
  human(conv: string, ref?: string): void {
    this.#sending.ask(conv, ref);
  }

  /** A person was asked for, and the log does not say so yet. */
  asking(conv: string, ref?: string): boolean {
    return this.outbox.ask(conv, ref) !== undefined;
  }

  /** How it went; false when there is no connection to say it by. */
  rate(conv: string, score: number, text: string): boolean {
    return this.#connection.send({ t: 'rate', conv, score, ...(text && { text }) });
  }

  type(conv: string, on: boolean): void {
    const now = Date.now();
    if (on && now - this.#typedAt < typingEvery) return;
    if (!on && this.#typedAt === 0) return;
    this.#typedAt = on ? now : 0;
    this.#connection.send({ t: 'typing', conv, on });
  }

  // The connection

  async #hello(): Promise<Hello> {
    const identity = await this.options.identity.hello();
    const resume = this.#reading.logs
      .filter((l) => l.loaded)
      .slice(-50)
      .map((l) => ({ conv: l.conv, last_seq: l.top }));
    return {
      t: 'hello',
      v: 1,
      role: this.options.role,
      lang: this.options.lang(),
      ...identity,
      ...(this.options.caps && { caps: this.options.caps }),
      ...(resume.length > 0 && { resume }),
    };
  }

  #stateChanged(state: ConnectionState, why?: ErrorCode | ClosingReason): void {
    if (state !== 'open') {
      this.#ahead.drop();
      this.#sending.lost();
      this.#reading.lost();
      this.typing.clear();
      this.session = '';
    }
    this.#emit({ what: 'state', state, why });
    if (state !== 'ended' || !why) return;
    void this.options.identity.refused(why).then((again) => {
      if (again && this.state === 'ended') this.#connection.restart();
    });
  }

  /** Adds conversations to the list that are not in it. */
  list(more: ConversationLine[]): void {
    this.conversations = [...this.conversations, ...more.filter((m) => !this.#line(m.conv))];
    for (const { conv, agent_read_seq: read } of more) if (read) this.#got(conv, { delivered: read, read });
  }

  #welcomed(welcome: Welcome): void {
    if (this.options.identity.welcomed(welcome) === false) return this.#connection.restart();
    this.#timers.clear('anew');
    const another = this.#customer !== undefined && welcome.customer !== this.#customer;
    if (another) this.forget();
    this.#customer = welcome.customer;
    this.session = welcome.session;
    this.limits = welcome.limits;
    // It tells of the newest alone: older ones that were read stay in the list.
    const before = this.conversations;
    this.conversations = [];
    this.list(welcome.conversations ?? []);
    this.list(before);
    if (welcome.staff) this.me = { kind: 'agent', id: welcome.staff.id, name: welcome.staff.name };
    this.#emit({ what: 'welcome', welcome, another });
    if (this.#watchInbox) this.#connection.send({ t: 'watch', inbox: true });
    for (const conv of this.#watched) this.#connection.send({ t: 'watch', conv });
    this.#reading.opened();
    // What was loaded is resumed by hello; at the desk a watch may begin later than that.
    if (this.options.role === 'desk') for (const log of this.#reading.logs) this.#reading.catchUp(log.conv);
    for (const conv of this.#sending.doubtful()) this.#reading.catchUp(conv);
    this.#sending.pump();
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
      // What is told on as it came.
      case 'run':
      case 'act':
      case 'present':
      case 'service':
      case 'offer_over':
        return this.#emit({ ...frame, what: frame.t } as Change);
      case 'inbox':
        this.#ahead.drop(frame.conv);
        return this.#emit({ what: 'inbox', conv: frame.conv });
      case 'changed':
        return Array.isArray(frame.what) ? this.#emit({ what: 'changed', kinds: frame.what }) : undefined;
      case 'eta':
        this.etas.set(frame.conv, frame);
        return this.#emit({ what: 'eta', conv: frame.conv });
      case 'promise':
        this.promises.set(frame.conv, frame.by);
        return this.#emit({ what: 'eta', conv: frame.conv });
      case 'offer':
        return this.#emit({ what: 'offer', offer: frame });
      case 'presence':
        return this.#emit({ what: 'presence', presence: frame });
      case 'welcome':
        return this.#welcomed(frame);
    }
  }

  #event(frame: { t: 'event' } & Entry): void {
    const { t: _, ...entry } = frame;
    this.#ahead.drop(entry.conv);
    const news = !this.#follows(entry.conv) || this.#reading.event(entry);
    this.#list(entry);
    this.#noticed(entry);
    this.#arrived(entry.conv);
    this.#emit({ what: 'log', conv: entry.conv });
    if (news) this.#emit({ what: 'entry', entry });
  }

  #missed(frame: ServerFrame & { t: 'missed' }): void {
    // An answer that comes after the conversation was closed is nobody's.
    if (!this.#follows(frame.conv)) return;
    const fresh = this.#reading.missed(frame);
    if (this.#ahead.has(frame.conv)) return;
    for (const e of frame.events) this.#noticed(e);
    this.#sending.wasRead(frame.conv);
    this.#arrived(frame.conv);
    this.#emit({ what: 'log', conv: frame.conv });
    for (const entry of fresh) this.#emit({ what: 'entry', entry });
  }

  /** What an entry says beside its place in the log. */
  #noticed(entry: Entry): void {
    this.#sending.noticed(entry);
    if (entry.kind === 'redacted') this.#withdraw(entry);
    if (entry.kind === 'message' || entry.kind === 'note') this.typing.delete(entry.conv);
    // The wait is over.
    const answered = (entry.kind === 'message' && entry.author?.kind === 'agent') || (entry.kind === 'status' && entry.payload.status !== 'open');
    if (answered) this.promises.delete(entry.conv);
    if (answered || entry.kind === 'assigned') this.etas.delete(entry.conv);
    const line = this.#line(entry.conv);
    if (!line || entry.seq <= line.last_seq) return;
    line.last_seq = entry.seq;
    line.last_activity = Math.max(line.last_activity, entry.at);
    if (entry.kind === 'status' && entry.payload.status) line.status = entry.payload.status;
    if (entry.kind === 'merged' && entry.payload.into) line.status = 'merged';
    if (entry.kind === 'unmerged' && entry.payload.from) line.status = 'open';
  }

  /** A conversation that welcome did not list: begun on another device, or long ago. What came before is taken as read. */
  #list({ conv, seq, at }: Entry): void {
    if (this.options.role === 'desk' || this.#line(conv)) return;
    const last_activity = at || Date.now() * 1000;
    this.conversations = [{ conv, status: 'open', last_seq: seq - 1, read_seq: seq - 1, unread: 0, last_activity }, ...this.conversations];
  }

  /** A redacted message must not lie in the browser's storage either. */
  #withdraw(entry: Entry): void {
    const line = this.#reading.peek(entry.conv)?.lines.find((l) => l.seq === entry.payload.of);
    if (line?.client_msg_id && this.outbox.remove(line.client_msg_id)) this.#emit({ what: 'outbox' });
  }

  #stored(frame: ServerFrame & { t: 'stored' }): void {
    const { conv, seq, client_msg_id, classes } = frame;
    this.#ahead.drop(conv);
    const message = this.#sending.stored(client_msg_id, conv);
    if (message && this.#follows(conv) && !this.log(conv).has(seq)) {
      this.#reading.event(this.#own(message, frame));
      this.#arrived(conv);
    }
    this.#emit({ what: 'stored', conv, client_msg_id });
    if (classes?.length) this.#emit({ what: 'removed', conv, seq, client_msg_id, classes });
    this.#emit({ what: 'outbox' });
    this.#emit({ what: 'log', conv });
    this.#sending.pump();
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
        ...(frame.classes ? { classes: frame.classes } : message.form && { form: message.form }),
      },
    };
  }

  #started(ref: string, conv: string): void {
    this.#sending.started(ref, conv);
    this.log(conv).begin();
    if (!this.#line(conv)) {
      const now = Date.now() * 1000;
      this.conversations = [{ conv, status: 'open', last_seq: 0, read_seq: 0, unread: 0, last_activity: now }, ...this.conversations];
    }
    this.#reading.catchUp(conv);
    this.#emit({ what: 'started', ref, conv });
    this.#emit({ what: 'outbox' });
    this.#sending.pump();
  }

  #error(frame: ErrorFrame): void {
    if (frame.ref === 'fetch') this.#reading.refused(frame);
    if (frame.conv) this.#ahead.drop(frame.conv);
    if (this.options.role === 'desk' && frame.conv && (frame.ref === 'fetch' || frame.ref === 'watch') && (frame.code === 'not_found' || frame.code === 'forbidden')) {
      this.#reading.drop(frame.conv); // what was read of it is not this reader's any more
    }
    // Frames were let drop without saying which, or what is open is not watched: only
    // a new connection knows again what this one wants.
    const unwatched = frame.ref === 'watch' && (frame.code === 'conflict' || passes(frame.code));
    if (unwatched || (frame.code === 'rate_limited' && !frame.ref)) {
      this.#timers.set('anew', frame.retry_after_ms ?? 5000, () => this.#connection.restart());
    }
    const about = this.#sending.refused(frame) ?? (frame.ref === 'fetch' ? 'fetch' : 'other');
    this.#emit({ what: 'error', error: frame, about });
  }

  #resync(conv?: string): void {
    this.#ahead.drop(conv);
    for (const c of conv ? [conv] : this.#reading.logs.map((l) => l.conv)) if (this.#follows(c)) this.#reading.again(c);
    this.#sending.lost();
    for (const c of this.#sending.doubtful()) this.#reading.catchUp(c);
    this.#sending.pump();
    if (!conv) this.#emit({ what: 'inbox' });
  }

  #receipt(conv: string, frame: { by: string; delivered: number; read: number }): void {
    if (frame.by === this.me.kind) return;
    this.#got(conv, frame);
    this.#emit({ what: 'receipt', conv });
  }

  /** The other side has got so far. */
  #got(conv: string, frame: Receipt): void {
    const old = this.receipts.get(conv);
    this.receipts.set(conv, {
      delivered: Math.max(old?.delivered ?? 0, frame.delivered, frame.read),
      read: Math.max(old?.read ?? 0, frame.read),
    });
  }

  #typing(conv: string, who?: Typing): void {
    if (who) {
      this.typing.set(conv, who);
      this.#timers.set(`typing:${conv}`, typingForgotten, () => this.#typing(conv));
    } else {
      this.typing.delete(conv);
    }
    this.#emit({ what: 'typing', conv });
  }

  /** Tells the server, not too often, how far the log has arrived. */
  #arrived(conv: string): void {
    if (this.#timers.has(`ack:${conv}`)) return;
    this.#timers.set(`ack:${conv}`, ackEvery, () => {
      if (!this.#attends) return void this.#unattended.add(conv);
      const top = this.#reading.peek(conv)?.top ?? 0;
      if (top > 0) this.#connection.send({ t: 'ack', conv, up_to_seq: top });
    });
  }
}
