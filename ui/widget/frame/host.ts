// The window's side of the conversation with the page that embeds it.

export interface HostSettings {
  lang?: string;
  theme?: string;
  /** The version of the wallet's app. */
  app?: string;
  /** The page is going to hand over a token. */
  identified: boolean;
  /** The page says that nobody is signed in to it. */
  signedOut: boolean;
}

export interface HostEvents {
  init(settings: HostSettings): void;
  shown(on: boolean): void;
  /** The page has a token to give: ask for it. */
  identify(): void;
  signout(): void;
  /** The page asks for help with a transaction of the wallet's, or for a flow; without: with nothing in particular. */
  about?(transaction?: string, flow?: string): void;
}

const text = (v: unknown): string | undefined => (typeof v === 'string' && v.length <= 64 ? v : undefined);

/**
 * Talks with the embedding page by postMessage. Only the parent window is
 * listened to, and only under one origin: the one the browser names as its
 * own, or else that of the first message. Which pages may embed the window at
 * all is the server's decision (frame-ancestors).
 */
export class Host {
  #origin: string | undefined;
  /** The version of the wallet's app, if the page gave it. */
  app: string | undefined;
  #waiting: ((token: string | null) => void)[] = [];
  /** Numbers the questions for a token, so that no answer is taken for that of another question. */
  #asked = 0;
  #heard = false;
  #drawn = false;
  #kept: boolean | undefined;

  constructor(
    private readonly events: HostEvents,
    private readonly view: Window = window,
  ) {
    this.#origin = ancestor(view);
    view.addEventListener('message', (event) => this.#receive(event));
  }

  get embedded(): boolean {
    return this.view.parent !== this.view;
  }

  close(): void {
    this.#post('close');
  }

  /** There is something to see: the page need not wait for it any more. */
  ready(): void {
    this.#drawn = true;
    if (this.#heard) this.#post('ready');
  }

  /** Whether there are conversations to come back to. */
  kept(any: boolean): void {
    if (any === this.#kept) return;
    this.#kept = any;
    this.#post('kept', any);
  }

  unread(count: number): void {
    this.#post('unread', count);
  }

  /** Asks the page for a fresh token; null when it has none, or does not answer. */
  token(): Promise<string | null> {
    if (!this.embedded) return Promise.resolve(null);
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(null), 10_000);
      const settle = (token: string | null) => {
        clearTimeout(timer);
        this.#waiting = this.#waiting.filter((w) => w !== settle);
        resolve(token);
      };
      this.#waiting.push(settle);
      if (this.#waiting.length === 1) this.#post('token', undefined, ++this.#asked);
    });
  }

  /** What is on its way was asked for while somebody else may have been there. */
  #discard(): void {
    this.#settle(null);
    this.#asked++;
  }

  #settle(token: string | null): void {
    for (const settle of [...this.#waiting]) settle(token);
  }

  #post(type: string, value?: unknown, n?: number): void {
    if (this.embedded && this.#origin) this.view.parent.postMessage({ kefu: 1, type, value, n }, this.#origin);
  }

  #receive(event: MessageEvent): void {
    if (!this.embedded || event.source !== this.view.parent || event.data?.kefu !== 1) return;
    if (this.#origin === undefined && event.data.type === 'init') this.#origin = event.origin;
    if (event.origin !== this.#origin) return;
    const { type, value } = event.data as { type: unknown; value: unknown };
    switch (type) {
      case 'init': {
        const v = (value ?? {}) as Record<string, unknown>;
        this.app = text(v.app);
        this.#heard = true;
        if (this.#drawn) this.#post('ready');
        return this.events.init({ lang: text(v.lang), theme: text(v.theme), identified: v.identified === true, signedOut: v.signedOut === true });
      }
      case 'shown':
        return this.events.shown(value === true);
      case 'identify':
        this.#discard();
        return this.events.identify();
      case 'signout':
        this.#discard();
        return this.events.signout();
      case 'about': {
        const { transaction, flow } = (value ?? {}) as Record<string, unknown>;
        return this.events.about?.(text(transaction), text(flow));
      }
      case 'token':
        if (event.data.n === this.#asked) this.#settle(typeof value === 'string' && value.length < 8192 ? value : null);
    }
  }
}

/** The origin of the page around this one, where the browser tells. */
function ancestor(view: Window): string | undefined {
  if (view.parent === view) return undefined;
  const named = view.location.ancestorOrigins?.[0];
  if (named) return named;
  try {
    return new URL(view.document.referrer).origin;
  } catch {
    return undefined;
  }
}
