import type { Picks } from '../../kit/files/picks.svelte.ts';
import type { Carriage } from './files/carriage.ts';
import { Client, type Change, type Draft } from '../../kit/protocol/client.ts';
import type { ConnectionState } from '../../kit/protocol/connection.ts';
import { passes, type ClosingReason, type ConversationLine, type ErrorCode, type Eta, type Service } from '../../kit/protocol/frames.ts';
import { uuidv4 } from '../../kit/protocol/ids.ts';
import type { Line } from '../../kit/protocol/log.ts';
import type { Outgoing } from '../../kit/protocol/outbox.ts';
import { givenUp } from '../../kit/protocol/sending.ts';
import { BrowserStorage, type Storage } from '../../kit/protocol/storage.ts';
import { Drafts } from './drafts.ts';
import { Host } from './host.ts';
import type { Form } from './intake/form.ts';
import type { Filling } from './intake/filling.svelte.ts';
import { type Others, visitor, WindowIdentity } from './identity.ts';
import type { Begin, Running } from './flow/running.svelte.ts';
import { type ChatOptions, type Current, defaultDials, type Screen } from './options.ts';
import { Parts } from './parts.svelte.ts';
import type { Failure } from './view.ts';

const previews = 8;
/** The browser's databases of files, and what says that bytes may lie in them: files that wait to be sent, and pictures that nobody has added yet. */
const keepsFiles = 'kefu.files';
const keepsHeld = 'kefu.held';

/** What the window shows, and what can be done in it. */
export class Chat {
  state = $state.raw<ConnectionState>('idle');
  why = $state.raw<ErrorCode | ClosingReason>();
  /** The server has no room at the moment. */
  busy = $state.raw(false);
  online = $state.raw(true);
  /** The page around the window shows it. */
  shown = $state.raw(true);
  /** It is not known whether what the window holds is for whoever is there now. */
  covered = $state.raw(false);
  /** The page says that somebody is signed in, and has no token that shows who. */
  asksForName = $state.raw(false);
  screen = $state.raw<Screen>('loading');
  current = $state.raw<Current>({ id: 0, conv: '' });
  conversations = $state.raw<ConversationLine[]>([]);
  lines = $state.raw<Line[]>([]);
  hasOlder = $state.raw(false);
  loaded = $state.raw(false);
  pending = $state.raw<Outgoing[]>([]);
  waiting = $state.raw(0);
  receipt = $state.raw({ delivered: 0, read: 0 });
  typing = $state.raw<string>();
  typingBy = $state.raw<string>();
  failure = $state.raw<Failure>();
  /** What is typed and not sent. */
  text = $state.raw('');
  /** A person was asked for here, and the log does not say so yet. */
  asking = $state.raw(false);
  readsOlder = $state.raw(false);
  /** The entries from here on came while the conversation was on screen, or with its first page. */
  since = $state.raw(0);

  readonly client: Client;
  /** The transaction that the page asks for help with, until it was asked. */
  about: string | undefined;
  /** The flow whose topic the page asks for. */
  wants = $state.raw<string>();
  readonly host: Host;
  readonly parts = new Parts();
  /** The files of the message that is written; there is none before the first was picked. */
  picks = $state.raw<Picks>();
  /** The picture that is cut or covered. */
  editing = $state.raw<{ picks: Picks; key: number }>();
  /** When an answer is expected, by what the queue says; of the conversation on screen. */
  eta = $state.raw<Eta>();
  /** By when an answer was promised, in the conversation on screen. */
  promise = $state.raw<number>();
  /** Whether somebody is there, as far as the server has said. */
  service = $state.raw<Service>();
  /** The topics that a conversation may begin with. */
  forms = $state.raw<Form[]>([]);
  /** The operator's own first line. */
  greeting = $state.raw<string>();
  /** Whoever is not signed in may ask too. */
  visitors = $state.raw(false);
  /** The one that is filled in. */
  filling = $state.raw<Filling>();
  /** The flow that is walked. */
  running = $state.raw<Running>();
  /** A visitor whose browser keeps nothing: with the page, the way back is gone. */
  unkept = $state.raw(false);
  #others: Others | undefined;
  #upload: ChatOptions['upload'];
  #carries: Carriage | undefined;
  readonly #storage: Storage;
  #identity: WindowIdentity;
  readonly drafts: Drafts;
  #decided = false;
  /** Something was typed since the window was opened, or since somebody else speaks. */
  #typed = false;
  /** The conversation to come back to, when it is the new customer's too. */
  #back = '';
  #othersWords = false;
  #signingIn = Infinity;
  /** Counts what the page has said of who is there. */
  #visit = 0;
  #ids = 0;
  #firstPages = new Map<string, number>();

  constructor(options: ChatOptions) {
    const storage = options.storage ?? new BrowserStorage();
    this.#storage = storage;
    this.drafts = new Drafts(options.drafts ?? new BrowserStorage('sessionStorage'));
    this.host = new Host(
      {
        init: (settings) => {
          options.onsettings?.(settings);
          if (settings.signedOut) this.#forgetOthers();
          void this.#begin(settings.identified);
        },
        shown: (on) => this.#showing(on),
        identify: () => void this.#identify(),
        signout: () => this.#signOut(),
        about: (transaction, flow) => this.ask(transaction, flow),
      },
      options.view,
    );
    this.#identity = new WindowIdentity(
      storage,
      () => this.host.token(),
      (before) => this.#somebodyElse(before),
    );
    this.client = new Client({
      role: 'window',
      dials: options.dials ?? defaultDials(),
      storage,
      identity: this.#identity,
      lang: options.lang,
    });
    this.#upload = options.upload;
    this.attend();
    this.#others = options.others;
    this.#others?.hear((scope) => this.#leftElsewhere(scope));
    this.client.on((change) => this.#changed(change));
    this.client.outbox.open(this.#identity.scope);
    void this.#carry();
    this.text = this.drafts.read('');
    if (!this.host.embedded) this.client.start();
  }

  /** A window that is closed, or in a tab behind others, is in nobody's view. */
  attend(): void {
    this.client.attend(this.shown && !document.hidden);
    void this.running?.look();
  }

  /** Nobody is signed in, as far as is known. */
  get anonymous(): boolean {
    return this.#identity.scope === visitor;
  }

  /** Who speaks was here before, and may have left something open. */
  get returning(): boolean {
    return this.#identity.returning;
  }

  /** Nothing can be shown or done until the connection is let in again. */
  get blocked(): boolean {
    return this.state === 'ended' && (this.covered || (this.lines.length === 0 && this.conversations.length === 0));
  }

  async #begin(identified: boolean): Promise<void> {
    if (identified) await this.#identify();
    else this.client.start();
  }

  async #identify(): Promise<void> {
    const visit = ++this.#visit;
    this.#signingIn = Math.min(this.#signingIn, Date.now());
    if (this.anonymous) this.client.outbox.dropOld();
    else this.#cover();
    this.#identity.expect();
    const known = await this.#identity.signIn();
    if (visit !== this.#visit) return;
    if (!known) return this.client.end('unauthenticated');
    this.#signingIn = Infinity;
    this.#forgetOthers();
    this.client.restart();
  }

  /** Somebody else may be there now: what is on screen is not for them, and what they write is not this customer's. */
  #cover(): void {
    this.client.stop();
    this.covered = true;
  }

  #signOut(): void {
    this.#visit++;
    this.#signingIn = Infinity;
    if (this.anonymous) {
      const waited = this.#identity.wanted;
      this.#identity.signOut();
      this.#forgetOthers();
      return waited ? this.client.restart() : this.client.start();
    }
    this.#revoke();
    this.#others?.tell(this.#identity.scope);
    this.#wipe();
    this.#identity.signOut();
    this.client.start();
  }

  /** Whoever leaves leaves nothing here that was not sent. */
  #wipe(): void {
    this.client.stop();
    this.client.outbox.clear();
    void this.#carry();
    this.#letGo();
  }

  /** What opened the conversations opens nothing any more. Without a network it ends by itself, later. */
  #revoke(): void {
    const { secret } = this.#identity;
    if (!secret) return;
    void fetch('/rt/signout', { method: 'POST', keepalive: true, headers: { Authorization: `Bearer ${secret}` } }).catch(() => undefined);
  }

  /** A visitor is done on this device: whoever uses it next finds nothing. */
  forget(): void {
    if (!this.anonymous) return;
    this.#revoke();
    this.#others?.tell(visitor);
    this.#forgetVisitor();
  }

  #forgetVisitor(): void {
    this.#wipe();
    this.drafts.clear();
    this.#identity.forget();
    this.client.start();
  }

  /** Another window of this browser was left by who speaks here. */
  #leftElsewhere(scope: string): void {
    if (scope !== this.#identity.scope) return;
    if (scope === visitor) return this.#forgetVisitor();
    this.#visit++;
    this.#wipe();
    this.covered = true;
    this.#identity.expect();
    this.#identity.drop();
    this.client.end('unauthenticated');
  }

  /** Goes on without showing who it is. */
  asVisitor(): void {
    this.#signOut();
  }

  #showing(on: boolean): void {
    this.shown = on;
    this.attend();
    if (on) this.comeBack();
  }

  /** The wallet may have a token by now, or the network is there to ask for one. */
  comeBack(): void {
    if (this.asksForName) this.tryAgain();
    else this.client.nudge();
  }

  /** The next person at this browser must not come upon the words of the one before. */
  #forgetOthers(): void {
    this.client.outbox.dropOthers();
    this.#letGo(this.#identity.scope);
    this.drafts.open(this.#identity.scope);
    void this.#carry();
  }

  /** Whoever spoke before is gone from the screen at once; what a visitor did just now is theirs after signing in. */
  #somebodyElse(before: string): void {
    const { scope } = this.#identity;
    const signsIn = before === visitor && scope !== visitor;
    this.covered = false;
    this.client.forget();
    if (signsIn) this.client.outbox.move(scope, this.#signingIn);
    else this.client.outbox.open(scope);
    this.#signingIn = Infinity;
    this.#forgetOthers();
    this.#startOver(signsIn ? this.current.conv : '');
    this.#refresh();
  }

  #startOver(back: string): void {
    this.#decided = false;
    this.#typed = false;
    this.#othersWords = true;
    this.#back = back;
    this.#firstPages.clear();
    this.picks?.clear();
    this.leaveForm();
    this.screen = 'loading';
    this.failure = undefined;
    this.current = { id: ++this.#ids, conv: '' };
    this.text = this.drafts.read('');
  }

  #changed(change: Change): void {
    switch (change.what) {
      case 'state':
        this.state = change.state;
        this.why = change.why;
        if (change.state !== 'connecting') this.busy = change.state === 'waiting' && (change.why === 'rate_limited' || change.why === 'unavailable');
        this.asksForName = change.state === 'ended' && change.why === 'unauthenticated' && this.#identity.wanted;
        if (change.state !== 'open' && change.state !== 'connecting') this.#decide();
        break;
      case 'welcome':
        this.service = change.welcome.service;
        this.#welcomed(change.another);
        break;
      case 'service':
        this.service = change.service;
        break;
      case 'started':
        this.#mended('start');
        if (this.current.ref !== change.ref) break;
        this.current = { ...this.current, conv: change.conv };
        this.drafts.move('', change.conv);
        break;
      case 'merged':
        this.#goOn(change.from, change.into);
        break;
      case 'entry': {
        const { conv, kind, payload } = change.entry;
        if (kind === 'human') this.#mended('human');
        if (kind === 'merged' && payload.into) this.#goOn(conv, payload.into);
        break;
      }
      case 'stored':
        this.#mended('message');
        break;
      case 'error':
        this.#failed(change);
    }
    this.#refresh();
  }

  #welcomed(another: boolean): void {
    this.covered = false;
    this.unkept = this.anonymous && !this.#identity.kept;
    if (another) this.#startOver(this.current.conv);
    if (this.#othersWords) this.drafts.only(this.client.conversations.map((c) => c.conv), another);
    this.#othersWords = false;
    this.#decide();
    this.picks?.resume();
    this.filling?.resume();
    void this.#carry();
    // What is unread is counted in the logs themselves.
    for (const line of this.client.conversations.slice(0, previews)) if (line.unread > 0) this.client.open(line.conv);
  }

  /** Answers come where a merged conversation goes on; what is being written goes there too. */
  #goOn(from: string, into: string): void {
    if (this.current.conv !== from) return;
    this.drafts.move(from, into);
    this.current = { ...this.current, conv: into };
    this.text = this.drafts.read(into);
    this.client.open(into);
  }

  #failed({ about, error: { code, ref, conv, retry_after_ms } }: Change & { what: 'error' }): void {
    if (about === 'other' && (ref === 'typing' || ref === 'ack' || ref === 'read')) return;
    // What is asked again by itself, and a message that says itself what became of it, need no banner.
    let tells = !passes(code);
    const pending = this.#pendingHere();
    if (about === 'message' || about === 'start') tells = passes(code) || pending.length === 0;
    if (pending.some((m) => m.failed === givenUp && (m.client_msg_id === ref || m.ref === ref))) return this.#mended(about);
    if (about === 'fetch') tells &&= conv === this.current.conv;
    if (tells && about === 'fetch') this.#leave();
    if (tells) this.failure = { about, code, ...(retry_after_ms && { until: Date.now() + retry_after_ms }) };
  }

  /** What is on screen cannot be read any more. */
  #leave(): void {
    this.fresh();
    if (this.conversations.length > 0) this.list();
  }

  #mended(about: Failure['about']): void {
    if (this.failure?.about === about) this.failure = undefined;
  }

  /** Chooses, once, what to show first. */
  #decide(): void {
    if (this.#decided) return;
    const open = this.state === 'open';
    const lines = this.client.conversations;
    if (open) this.#decided = true;
    const draft = (this.#typed && this.text.trim() !== '') || (this.picks?.items.length ?? 0) > 0;
    if (draft || this.filling || this.running || this.current.ref !== undefined || this.current.conv !== '') return;
    if ((this.about ?? this.wants) !== undefined) return this.fresh();
    const beginning = this.client.outbox.beginnings().at(-1);
    const live = lines.find((c) => c.conv === this.#back) ?? lines.find((c) => c.status !== 'resolved' && c.status !== 'merged');
    if (beginning) this.#showCurrent('', beginning.ref);
    else if (live) this.show(live.conv);
    else if (lines.length > 0) this.list();
    else if (open || this.client.outbox.messages().length > 0 || this.screen === 'loading') {
      this.#showCurrent(this.client.outbox.messages()[0]?.conv ?? '');
    }
  }

  #showCurrent(conv: string, ref?: string): void {
    this.leaveForm();
    const same = this.current.conv === conv && (conv !== '' || this.current.ref === ref);
    if (!same) {
      this.current = { id: ++this.#ids, conv, ...(ref && { ref }) };
      this.text = this.drafts.read(conv);
      this.picks?.clear();
    }
    this.screen = 'conversation';
    this.failure = undefined;
    if (conv) this.client.open(conv);
    this.#refresh();
  }

  /** Goes to the topics; the one that is chosen begins with this transaction. Opened without one, the window is about none. */
  ask(transaction?: string, flow?: string): void {
    this.about = transaction;
    this.wants = flow;
    if ((transaction ?? flow) !== undefined && this.#decided) this.fresh();
  }

  show(conv: string): void {
    this.about = undefined;
    this.#showCurrent(conv);
  }

  fresh(): void {
    this.#showCurrent('');
  }

  list(): void {
    this.leaveForm();
    this.screen = 'list';
    void this.need(this.parts.list);
    for (const line of this.client.conversations.slice(0, previews)) this.client.open(line.conv);
    this.#refresh();
  }

  #refresh(): void {
    const { conv, ref } = this.current;
    this.conversations = this.client.conversations
      .map((line) => ({ ...line, unread: this.client.unread(line) }))
      .sort((a, b) => b.last_activity - a.last_activity);
    const log = conv ? this.client.log(conv) : undefined;
    this.lines = log?.lines ?? [];
    this.hasOlder = log?.hasOlder ?? false;
    this.loaded = !conv || (log?.loaded ?? false);
    if (log?.loaded && !this.#firstPages.has(conv)) this.#firstPages.set(conv, log.bottom);
    this.since = this.#firstPages.get(conv) ?? 0;
    this.readsOlder = conv !== '' && this.client.readsOlder(conv);
    this.asking = this.client.asking(conv, ref);
    this.pending = this.#pendingHere();
    this.waiting = this.client.outbox.messages().filter((m) => !m.failed).length;
    this.receipt = this.client.receipts.get(conv) ?? { delivered: 0, read: 0 };
    this.eta = this.client.etas.get(conv);
    this.promise = this.client.promises.get(conv);
    const typing = this.client.typing.get(conv);
    this.typingBy = typing?.by;
    this.typing = typing ? (typing.name ?? '') : undefined;
    const unread = this.conversations.reduce((sum, c) => sum + c.unread, 0);
    this.host.unread(unread);
    if (this.#decided) this.host.kept(this.conversations.length > 0 || this.waiting > 0);
  }

  #pendingHere(): Outgoing[] {
    const { conv, ref } = this.current;
    return this.client.outbox.messages().filter((m) => (conv ? m.conv === conv : ref !== undefined && m.ref === ref));
  }

  /** The conversation that is written to; it begins with the first words, or the wish for a person. */
  begun(): { conv: string; ref?: string } {
    const { conv, ref } = this.current;
    // What was refused and discarded is begun no more.
    if (!conv && (!ref || !this.client.outbox.beginning(ref))) this.current = { ...this.current, ref: this.client.begin() };
    return this.current;
  }

  /** Sends what was written and picked, to the conversation that is on screen now; files that are not stored yet go before it. */
  send(): void {
    const text = this.text.trim();
    const { stored, files } = this.picks?.hand() ?? { stored: [], files: [] };
    this.failure = undefined;
    this.typed('');
    const { conv, ref } = this.begun();
    this.post({ conv, ref, text, attachments: stored }, files.map((file) => ({ file })));
  }

  /** Puts a message into the outbox with the files that it waits for. */
  post(draft: Draft, files: { file: File; field?: string; key?: string }[]): void {
    const named = files.map(({ file, field, key = uuidv4() }) => ({ file, key, field }));
    const id = this.client.send({
      ...draft,
      files: named.map(({ file: { name, type, size }, key, field }) => ({ key, name, type, size, ...(field && { field }) })),
    });
    if (named.length === 0) return;
    this.#storage.setItem(keepsFiles, '1');
    this.carriage().carrier.take(id, new Map(named.map(({ key, file }) => [key, file])));
  }

  /** Its code has been fetched. */
  carriage(): Carriage {
    return (this.#carries ??= new this.parts.files.view!.Carriage(this, this.#upload));
  }

  /** Pictures are held on this device from now on, for whoever speaks. */
  holds(): void {
    this.#storage.setItem(keepsHeld, this.#identity.scope);
  }

  /** Nothing that somebody else chose, or that whoever leaves chose, stays on this device. */
  #letGo(scope = ''): void {
    if ((this.#storage.getItem(keepsHeld) ?? scope) !== scope) this.#delete(keepsHeld);
  }

  #delete(database: string): void {
    this.#storage.removeItem(database);
    globalThis.indexedDB?.deleteDatabase(database);
  }

  /** Goes on with the files of what waits; those of messages that are gone, or were somebody else's, go too. */
  async #carry(): Promise<void> {
    if (this.client.outbox.holding().size > 0) {
      if (!(await this.parts.files.need())) return;
      const { carrier } = this.carriage();
      carrier.sweep();
      void carrier.run();
    } else if (this.#storage.getItem(keepsFiles)) {
      this.#carries?.carrier.sweep();
      this.#delete(keepsFiles);
    }
  }

  /** Forgets a message that was not sent; words that only its files held back go back into an empty box. */
  discard({ client_msg_id: id, files, body }: Outgoing): void {
    this.client.discard(id);
    if (!files) return;
    this.#carries?.carrier.drop(id);
    if (body.text && this.text === '') this.typed(body.text);
  }

  /** Adds files to the message that is written. */
  async attach(files: File[]): Promise<void> {
    if (files.length === 0) return;
    const { id } = this.current;
    if (!(await this.need(this.parts.files)) || id !== this.current.id) return;
    this.picks ??= this.carriage().picks();
    this.picks.take(files);
  }

  // Forms

  /** Reads the topics in a language. Without them one writes freely. */
  async readForms(language: string): Promise<void> {
    try {
      const answer = await fetch(`/rt/forms?lang=${language}`);
      if (!answer.ok) return;
      const told = (await answer.json()) as { forms: Form[]; greeting?: string; visitors?: boolean };
      this.forms = told.forms;
      this.greeting = told.greeting;
      this.visitors = told.visitors ?? false;
    } catch {
      // The connection says what is the matter; the topics come with the next language or visit.
    }
  }

  /** A topic with a flow is walked by whoever is signed in, or by anyone where it is for anyone; where that cannot be, the form is asked. */
  choose(form: Form): Promise<void> {
    return form.flow && (form.anyone || !this.anonymous) ? this.walk({ flow: form.flow }, form) : this.fill(form);
  }

  walk(begin: Begin, form?: Form): Promise<void> {
    return this.#turn(this.parts.flow, ({ Running }) => (this.running = new Running(this, begin, form)));
  }

  fill(form: Form): Promise<void> {
    return this.#turn(this.parts.intake, ({ Filling }) => (this.filling = new Filling(this, form)));
  }

  /** Goes to a screen whose code is fetched first, unless something else was gone to meanwhile. */
  async #turn<V>(part: { need(): Promise<boolean>; view?: V }, to: (view: V) => void): Promise<void> {
    const { id } = this.current;
    if (!(await this.need(part)) || id !== this.current.id) return;
    this.leaveForm();
    to(part.view!);
    this.screen = 'form';
  }

  /** Back to the topics; what was answered is kept for when it is chosen again. */
  leaveForm(): void {
    this.filling?.clear();
    this.running?.leave();
    this.filling = this.running = undefined;
    if (this.screen === 'form') this.screen = 'conversation';
  }

  /** Sends again what was refused. A form stays one as long as there is one. */
  async again(message: Outgoing): Promise<void> {
    const waits = message.files !== undefined;
    if (waits || !message.form) this.client.retry(message.client_msg_id);
    if (waits) return this.#carry();
    if (message.form && (await this.need(this.parts.intake))) await this.parts.intake.view!.again(this, message);
  }

  /** Fetches a part of the window; says so when it cannot be had. */
  async need(part: { need(): Promise<boolean> }): Promise<boolean> {
    const here = await part.need();
    if (here) this.#mended('part');
    else this.failure = { about: 'part', code: 'unavailable' };
    return here;
  }

  human(): void {
    this.failure = undefined;
    const { conv, ref } = this.begun();
    this.client.human(conv, ref);
  }

  older(): void {
    if (!this.hasOlder) return;
    this.client.older(this.current.conv);
    this.#refresh();
  }

  /** Everything on screen was seen. */
  seen(): void {
    const { conv } = this.current;
    const top = conv ? this.client.log(conv).top : 0;
    const line = this.client.conversations.find((c) => c.conv === conv);
    if (!line || top <= line.read_seq || this.state !== 'open') return;
    this.client.read(conv, top);
    this.#refresh();
  }

  typed(text: string): void {
    this.text = text;
    this.#typed = true;
    this.drafts.keep(this.current.conv, text);
    if (this.current.conv) this.client.type(this.current.conv, text !== '');
  }

  stoppedTyping(): void {
    if (this.current.conv) this.client.type(this.current.conv, false);
  }

  tryAgain(): void {
    this.client.restart();
  }

  async link(id: string): Promise<string> {
    const answer = await fetch(`/rt/attachments/${encodeURIComponent(id)}/link`, {
      headers: { Authorization: `Bearer ${this.client.session}` },
    });
    if (!answer.ok) throw new Error(String(answer.status));
    return ((await answer.json()) as { url: string }).url;
  }
}
