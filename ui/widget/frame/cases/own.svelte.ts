import type { Change } from '../../../kit/protocol/client.ts';
import type { Sum } from '../../../kit/text/money.ts';
import type { Chat } from '../chat.svelte.ts';

export interface Both {
  en: string;
  zh: string;
}

/** A case in its customer's list. Times are microseconds since 1970. */
export interface Line {
  id: string;
  reference: string;
  title: Both;
  stage: string;
  noticed_at: number;
  changed_at: number;
  outcome?: string;
  over: boolean;
}

export interface Deadline {
  promise: Both;
  /** Missing: it stands still, or is not known well enough to be promised. */
  by?: number;
  source: string;
  checked: string;
}

export interface Kept {
  id: string;
  name: string;
  type: string;
  size: number;
}

export interface Happened {
  seq: number;
  kind: string;
  at: number;
  own: boolean;
  title?: string;
  text?: string;
  reason?: string;
  until?: number;
  amount?: Sum;
  items?: Both[];
  files?: Kept[];
}

export interface Own extends Line {
  /** Of a request about data: what is asked. */
  request?: string;
  /** A copy can be fetched for it. */
  copy?: boolean;
  /** Nothing is done before they have proven in the wallet who they are. */
  prove?: boolean;
  /** Since when what is kept of them is used for nothing else. */
  still_at?: number;
  /** When that ends, as they were told. */
  lift_at?: number;
  revision: number;
  conv?: string;
  law?: Both;
  next: string;
  by?: number;
  late: boolean;
  reason?: string;
  stands: boolean;
  promise?: Both;
  deadlines: Deadline[];
  needs: { id: string; title: Both }[];
  payments: { id: string; amount: Sum; party?: string; at: number }[];
  credit?: { amount: Sum; at: number; taken_at?: number; state: string };
  decision?: { outcome: string; reason: string; amount?: Sum; at: number };
  appeal?: Both;
  appeal_by?: number;
  may_appeal: boolean;
  may_add: boolean;
  may_withdraw: boolean;
  story: Happened[];
}

/** In milliseconds. The connection tells when a case changed; the rest, as a time that passes, is looked for now and then. */
const forNews = 300_000;
/** After which it is seen that somebody can look again, or that what failed may be tried again. */
const tick = 15_000;
const patience = 20_000;

export const said = (text: Both, language: string): string => (language === 'zh' ? text.zh : text.en);

/** Asks Kefu about cases, as whoever holds the session of the connection; throws the status of a refusal. */
export async function ask<T>(chat: Chat, what: string, body?: unknown): Promise<T> {
  const answer = await fetch(`/rt/cases${what}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Authorization: `Bearer ${chat.client.session}`, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(patience),
  });
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- a status is all that is asked of it
  if (!answer.ok) throw answer.status;
  return (await answer.json()) as T;
}

/** Something of Kefu's that is read again when the connection says that it changed, while somebody can see it, and seldom otherwise. */
export abstract class Watched {
  failed = $state.raw(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #left = false;
  #looking = false;
  /** It is not as it was when it was read. */
  #due = true;
  #read = 0;
  readonly #stop: () => void;

  constructor(protected readonly chat: Chat) {
    this.#stop = chat.client.on((change) => this.#heard(change));
    queueMicrotask(() => void this.look()); // once what it reads by is set
  }

  protected abstract read(): Promise<void>;

  /** What is read now would not be overtaken by what is being said. */
  protected ready(): boolean {
    return true;
  }

  /** Nobody looks at it any more. */
  leave(): void {
    this.#left = true;
    this.#stop();
    clearTimeout(this.#timer);
  }

  #heard(change: Change): void {
    if (change.what !== 'welcome' && !(change.what === 'changed' && change.kinds.includes('cases'))) return;
    this.again();
  }

  protected again(): void {
    this.#due = true;
    void this.look();
  }

  look = async (): Promise<void> => {
    if (this.#left || this.#looking) return;
    clearTimeout(this.#timer);
    this.#looking = true;
    try {
      while (this.ready() && this.chat.shown && !document.hidden && (this.#due || Date.now() - this.#read >= forNews)) {
        this.#due = false;
        this.#read = Date.now();
        await this.read();
        this.failed = false;
      }
    } catch {
      this.failed = this.#due = true;
    }
    this.#looking = false;
    if (!this.#left) this.#timer = setTimeout(this.look, tick);
  };
}

/** Another word each time, by which one and the same press is known again. */
const once = () => `${Date.now()}-${Math.random()}`;

/** All of a customer's cases. */
export class Listed extends Watched {
  lines = $state.raw<Line[]>();
  #op = once();

  protected async read(): Promise<void> {
    this.lines = (await ask<{ cases: Line[] }>(this.chat, '')).cases;
  }

  /** Opens a case of what is written now; said again after no answer it is the same one. */
  async complain(text: string, lang: string): Promise<string> {
    const { id } = await ask<Own>(this.chat, '', { text, lang, op: this.#op });
    this.#op = once();
    return id;
  }
}

/** One case, and what its customer does in it. */
export class Followed extends Watched {
  own = $state.raw<Own>();
  busy = $state.raw(false);
  gone = $state.raw(false);
  /** What became of the last press: a word of the window's, or nothing. */
  wrong = $state.raw<'failed' | 'changed' | 'refused'>();

  constructor(
    chat: Chat,
    private readonly id: string,
  ) {
    super(chat);
  }

  protected override ready(): boolean {
    return !this.busy;
  }

  protected async read(): Promise<void> {
    try {
      this.own = await ask<Own>(this.chat, `/${encodeURIComponent(this.id)}`);
    } catch (status) {
      if (status !== 404 && status !== 403) throw status;
      this.gone = true;
    }
  }

  /** Fetches the copy that the case is about: the address of it is good once. */
  async fetch(lang: string): Promise<'begun' | 'proof' | 'failed'> {
    if (this.busy) return 'failed';
    this.busy = true;
    try {
      const { url } = await ask<{ url: string }>(this.chat, `/${encodeURIComponent(this.id)}/copy`, { lang });
      const link = document.createElement('a');
      link.href = url;
      link.target = '_blank';
      link.rel = 'noopener noreferrer';
      link.click();
      return 'begun';
    } catch (status) {
      return status === 403 ? 'proof' : 'failed';
    } finally {
      this.busy = false;
    }
  }

  /** Notes that it is them who asks, which the wallet must have said lately. */
  async prove(): Promise<'done' | 'proof' | 'failed'> {
    const { own } = this;
    if (!own || this.busy) return 'failed';
    this.busy = true;
    try {
      this.own = await ask<Own>(this.chat, `/${encodeURIComponent(this.id)}/answers`, { kind: 'identified', revision: own.revision, text: '', items: [], files: [] });
      return 'done';
    } catch (status) {
      return status === 403 ? 'proof' : 'failed';
    } finally {
      this.busy = false;
      void this.look();
    }
  }

  /** Adds something; false: it was not added, and the words stay where they are. */
  async add(kind: string, more: { text?: string; items?: string[]; files?: string[] } = {}): Promise<boolean> {
    const { own } = this;
    if (!own || this.busy) return false;
    this.busy = true;
    this.wrong = undefined;
    try {
      this.own = await ask<Own>(this.chat, `/${encodeURIComponent(this.id)}/answers`, { kind, revision: own.revision, text: more.text ?? '', items: more.items ?? [], files: more.files ?? [] });
      return true;
    } catch (status) {
      this.wrong = status === 409 ? 'changed' : status === 400 || status === 403 || status === 404 || status === 422 ? 'refused' : 'failed';
      return false;
    } finally {
      this.busy = false;
      if (this.wrong === 'changed') this.again();
      else void this.look();
    }
  }
}
