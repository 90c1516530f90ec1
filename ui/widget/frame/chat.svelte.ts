import { Client, type Change } from '../../kit/protocol/client.ts';
import type { ConnectionState } from '../../kit/protocol/connection.ts';
import type { Attachment, ClosingReason, ConversationLine, ErrorCode } from '../../kit/protocol/frames.ts';
import type { Line } from '../../kit/protocol/log.ts';
import type { Outgoing } from '../../kit/protocol/outbox.ts';
import { BrowserStorage, type Storage } from '../../kit/protocol/storage.ts';
import { dialStream } from '../../kit/protocol/stream.ts';
import type { Dial } from '../../kit/protocol/transport.ts';
import { dialWebSocket } from '../../kit/protocol/websocket.ts';
import { Host } from './host.ts';
import { Drafts } from './drafts.ts';
import { WindowIdentity } from './identity.ts';

export type Screen = 'loading' | 'list' | 'conversation';

/** The conversation on screen; `conv` is empty until the server has named it, `ref` until something was written. */
export interface Current {
  conv: string;
  ref?: string;
}

export interface ChatOptions {
  storage?: Storage;
  /** Of the tab alone. */
  drafts?: Storage;
  dials?: Dial[];
  view?: Window;
  lang: () => string;
  onsettings?: (settings: { lang?: string; theme?: string }) => void;
}

const previews = 8;

function defaultDials(): Dial[] {
  const { protocol, host } = location;
  return [dialWebSocket(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/rt`), dialStream('/rt')];
}

/** What the window shows, and what can be done in it. */
export class Chat {
  state = $state<ConnectionState>('idle');
  why = $state<ErrorCode | ClosingReason>();
  online = $state(true);
  /** The page around the window shows it. */
  shown = $state(true);
  screen = $state<Screen>('loading');
  current = $state.raw<Current>({ conv: '' });
  conversations = $state.raw<ConversationLine[]>([]);
  lines = $state.raw<Line[]>([]);
  hasOlder = $state(false);
  loaded = $state(false);
  pending = $state.raw<Outgoing[]>([]);
  waiting = $state(0);
  receipt = $state.raw({ delivered: 0, read: 0 });
  typing = $state<string>();
  typingBy = $state<string>();
  error = $state<ErrorCode>();
  /** Conversations whose person is asked for, here and now, before the log says so. */
  asked = $state.raw<ReadonlySet<string>>(new Set());

  readonly client: Client;
  readonly host: Host;
  #identity: WindowIdentity;
  #drafts: Drafts;
  #decided = false;
  #version = $state(0);

  constructor(options: ChatOptions) {
    const storage = options.storage ?? new BrowserStorage();
    this.#drafts = new Drafts(options.drafts ?? new BrowserStorage('sessionStorage'));
    this.host = new Host(
      {
        init: (settings) => {
          options.onsettings?.(settings);
          if (settings.signedOut) this.#forgetOthers();
          void this.#begin(settings.identified);
        },
        shown: (on) => (this.shown = on),
        identify: () => void this.#identify(),
        signout: () => this.#signOut(),
      },
      options.view,
    );
    this.#identity = new WindowIdentity(storage, () => this.host.token());
    this.client = new Client({
      role: 'window',
      dials: options.dials ?? defaultDials(),
      storage,
      identity: this.#identity,
      lang: options.lang,
    });
    this.client.on((change) => this.#changed(change));
    this.client.outbox.open(this.#identity.scope);
    if (!this.host.embedded) this.client.start();
  }

  async #begin(identified: boolean): Promise<void> {
    if (identified) await this.#identify();
    else this.client.start();
  }

  async #identify(): Promise<void> {
    const before = this.#identity.scope;
    if (!(await this.#identity.signIn())) return this.client.start();
    const scope = this.#identity.scope;
    if (before === 'visitor') this.client.outbox.move(scope);
    else if (before !== scope) this.#reset(scope);
    this.#forgetOthers();
    this.client.restart();
  }

  #signOut(): void {
    this.client.stop();
    this.client.outbox.clear();
    this.#identity.signOut();
    this.#reset(this.#identity.scope);
    this.#forgetOthers();
    this.client.start();
  }

  /** The next person at this browser must not come upon the words of the one before. */
  #forgetOthers(): void {
    this.client.outbox.dropOthers();
    this.#drafts.open(this.#identity.scope);
  }

  #reset(scope: string): void {
    this.client.forget();
    this.client.outbox.open(scope);
    this.#decided = false;
    this.screen = 'loading';
    this.current = { conv: '' };
    this.conversations = [];
    this.#refresh();
  }

  #changed(change: Change): void {
    switch (change.what) {
      case 'state':
        this.state = change.state;
        this.why = change.why;
        if (change.state !== 'open' && change.state !== 'connecting') this.#decide();
        break;
      case 'welcome':
        this.#decide();
        // What is unread is counted in the logs themselves.
        for (const line of this.client.conversations.slice(0, previews)) if (line.unread > 0) this.client.open(line.conv);
        break;
      case 'started':
        if (this.current.ref !== change.ref) break;
        this.current = { conv: change.conv, ref: change.ref };
        this.#drafts.begun(change.conv);
        break;
      case 'merged':
        if (this.current.conv === change.from) this.show(change.into);
        break;
      case 'entry': {
        // Answers come where it goes on.
        const { conv, kind, payload } = change.entry;
        if (kind === 'merged' && payload.into && conv === this.current.conv) this.show(payload.into);
        break;
      }
      case 'error':
        if (change.error.ref !== 'typing' && change.error.ref !== 'ack' && change.error.ref !== 'read') this.error = change.error.code;
        break;
      case 'removed':
        this.error = undefined;
    }
    this.#refresh();
  }

  /** Chooses, once, what to show first. */
  #decide(): void {
    if (this.#decided) return;
    const open = this.state === 'open';
    const lines = this.client.conversations;
    if (open) this.#decided = true;
    const draft = this.current.ref !== undefined || this.current.conv !== '';
    if (draft) return;
    const beginning = this.client.outbox.beginnings().at(-1);
    const live = lines.find((c) => c.status !== 'resolved' && c.status !== 'merged');
    if (beginning) this.#showCurrent({ conv: '', ref: beginning.ref });
    else if (live) this.show(live.conv);
    else if (lines.length > 0) this.list();
    else if (open || this.client.outbox.messages().length > 0 || this.screen === 'loading') {
      const waiting = this.client.outbox.messages()[0];
      this.#showCurrent({ conv: waiting?.conv ?? '' });
    }
  }

  #showCurrent(current: Current): void {
    this.current = current;
    this.screen = 'conversation';
    this.error = undefined;
    if (current.conv) this.client.open(current.conv);
    this.#refresh();
  }

  show(conv: string): void {
    this.#showCurrent({ conv });
  }

  fresh(): void {
    this.#showCurrent({ conv: '' });
  }

  list(): void {
    this.screen = 'list';
    for (const line of this.client.conversations.slice(0, previews)) this.client.open(line.conv);
    this.#refresh();
  }

  /** The last words of a conversation, for the list. */
  preview(conv: string): string {
    void this.#version;
    const last = this.client.log(conv).lines.findLast((l) => l.kind === 'message');
    return last?.payload.text || (last?.payload.attachments?.map((a) => a.name).join(', ') ?? '');
  }

  #refresh(): void {
    this.#version++;
    const { conv, ref } = this.current;
    this.conversations = this.client.conversations
      .map((line) => ({ ...line, unread: this.client.unread(line) }))
      .sort((a, b) => b.last_activity - a.last_activity);
    const log = conv ? this.client.log(conv) : undefined;
    this.lines = log?.lines ?? [];
    this.hasOlder = log?.hasOlder ?? false;
    this.loaded = !conv || (log?.loaded ?? false);
    const all = this.client.outbox.messages();
    this.pending = all.filter((m) => (conv ? m.conv === conv : ref !== undefined && m.ref === ref));
    this.waiting = all.filter((m) => !m.failed).length;
    this.receipt = this.client.receipts.get(conv) ?? { delivered: 0, read: 0 };
    const typing = this.client.typing.get(conv);
    this.typingBy = typing?.by;
    this.typing = typing ? (typing.name ?? '') : undefined;
    const unread = this.conversations.reduce((sum, c) => sum + c.unread, 0);
    this.host.unread(unread);
  }

  send(text: string, attachments: Attachment[]): void {
    this.error = undefined;
    this.typed('');
    let { conv, ref } = this.current;
    if (!conv && !ref) {
      ref = this.client.begin();
      this.current = { conv, ref };
    }
    this.client.send({ conv, ref, text, attachments });
  }

  human(): void {
    let { conv, ref } = this.current;
    if (!conv && !ref) {
      ref = this.client.begin();
      this.current = { conv, ref };
    }
    this.client.human(conv, ref);
    this.asked = new Set([...this.asked, conv, ref ?? ''].filter(Boolean));
    this.#refresh();
  }

  older(): void {
    if (this.current.conv) this.client.older(this.current.conv);
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

  /** What was typed here and not sent. */
  draft(): string {
    return this.#drafts.read(this.current.conv);
  }

  typed(text: string): void {
    this.#drafts.keep(this.current.conv, text);
    if (this.current.conv) this.client.type(this.current.conv, text !== '');
  }

  stoppedTyping(): void {
    if (this.current.conv) this.client.type(this.current.conv, false);
  }

  tryAgain(): void {
    this.client.restart();
  }

  async upload(file: File, signal: AbortSignal): Promise<Attachment> {
    const form = new FormData();
    form.set('file', file);
    const answer = await fetch('/rt/attachments', {
      method: 'POST',
      body: form,
      signal,
      headers: { Authorization: `Bearer ${this.client.session}` },
    });
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()) as Attachment;
  }

  async link(id: string): Promise<string> {
    const answer = await fetch(`/rt/attachments/${encodeURIComponent(id)}/link`, {
      headers: { Authorization: `Bearer ${this.client.session}` },
    });
    if (!answer.ok) throw new Error(String(answer.status));
    return ((await answer.json()) as { url: string }).url;
  }
}
