import type { ClosingReason, ErrorCode, Hello, Welcome } from '../../kit/protocol/frames.ts';
import type { Identity } from '../../kit/protocol/client.ts';
import { Unidentified } from '../../kit/protocol/connection.ts';
import type { Storage } from '../../kit/protocol/storage.ts';

const visitorKey = 'kefu.visitor';

/** The other windows of this browser. */
export interface Others {
  /** Whoever has this scope has left. */
  tell(scope: string): void;
  hear(left: (scope: string) => void): void;
}

/** The scope of whoever is not signed in. */
export const visitor = 'visitor';

/** Whose token this is: who issued it, and its id of the customer. It is not verified here: it only keeps two people's words apart. */
export function subjectOf(token: string): string | undefined {
  try {
    const part = token.split('.')[1] ?? '';
    const bytes = Uint8Array.from(atob(part.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as { iss?: unknown; sub?: unknown };
    if (typeof claims.sub !== 'string') return undefined;
    const issuer = typeof claims.iss === 'string' ? claims.iss : '';
    return `${encodeURIComponent(issuer)}/${encodeURIComponent(claims.sub)}`;
  } catch {
    return undefined;
  }
}

/**
 * Who the window speaks for. A visitor's secret is kept in the browser; what
 * opens a signed-in customer's conversations lives in memory alone, because the
 * next person at this browser may be somebody else: the wallet's page hands
 * over a token at each visit.
 */
export class WindowIdentity implements Identity {
  #token: string | undefined;
  /** Went with a hello that nobody has answered: the server may never have seen it. */
  #sent: string | undefined;
  #session: string | undefined;
  #subject: string | undefined;
  #wanted = false;
  #asked = false;
  /** The page was asked last and had no token. */
  #none = false;
  /** The page says that somebody is there; the session is not known to be theirs. */
  #unsure = false;
  /** Counts what the page has said of who is there: a token that was asked for before is nobody's. */
  #visit = 0;
  /** Whoever speaks was known here before this page. */
  returning = false;

  constructor(
    private readonly storage: Storage,
    private readonly freshToken: () => Promise<string | null>,
    /** Somebody else speaks from now on; called before anything is said in their name. */
    private readonly onscope: (before: string) => void = () => undefined,
  ) {}

  /** Whose outgoing messages these are. */
  get scope(): string {
    return this.#subject === undefined ? visitor : `customer:${this.#subject}`;
  }

  /** The page says that somebody is signed in. */
  get wanted(): boolean {
    return this.#wanted;
  }

  /** What opens the conversations of who speaks, once it is known. */
  get secret(): string | undefined {
    return this.#subject === undefined ? (this.storage.getItem(visitorKey) ?? undefined) : this.#session;
  }

  /** The page says that somebody is signed in, perhaps another than before: until a token shows who, nothing is said in anybody's name. */
  expect(): void {
    this.#visit++;
    this.#wanted = true;
    this.#unsure = true;
    this.#token = this.#sent = undefined;
  }

  /** Takes a token from the page. False when it gives none. */
  async signIn(): Promise<boolean> {
    this.#wanted = true;
    const visit = this.#visit;
    const token = await this.freshToken();
    if (visit !== this.#visit) return false;
    const subject = subjectOf(token ?? '');
    this.#none = subject === undefined;
    if (!token || subject === undefined) return false;
    const before = this.scope;
    if (this.#subject !== undefined && this.#subject !== subject) this.#session = undefined;
    this.#token = token;
    this.#sent = undefined;
    this.#subject = subject;
    this.#unsure = false;
    if (this.scope !== before) this.onscope(before);
    return true;
  }

  /** What was known to be somebody's is not used again; only a token shows who is there. */
  drop(): void {
    this.#session = undefined;
  }

  /** Whether what opens a visitor's conversations outlives the page. */
  get kept(): boolean {
    return this.storage.lasting !== false || this.storage.getItem(visitorKey) === null;
  }

  /** Nobody is signed in any more. Who was a visitor before is one again. */
  signOut(): void {
    this.#visit++;
    const before = this.scope;
    this.#wanted = this.#unsure = this.#none = false;
    this.#token = this.#sent = this.#session = this.#subject = undefined;
    if (this.scope !== before) this.onscope(before);
  }

  /** The visitor is done here, and the next one is another. */
  forget(): void {
    this.storage.removeItem(visitorKey);
    if (this.scope === visitor) this.onscope(visitor);
  }

  async hello(): Promise<Pick<Hello, 'token' | 'visitor'>> {
    // Never fall back to a nameless visitor for somebody who is signed in.
    if (this.#wanted && !this.#token && (!this.#session || this.#unsure) && !(await this.signIn())) {
      if (!this.#sent) throw new Unidentified();
      this.#token = this.#sent;
    }
    const token = this.#token;
    const secret = this.#session ?? this.storage.getItem(visitorKey);
    this.returning = Boolean(secret);
    // A token is good for one hello that is answered.
    this.#token = undefined;
    if (token) this.#sent = token;
    return { ...(token && { token }), ...(secret && { visitor: secret }) };
  }

  welcomed(welcome: Welcome): boolean {
    this.#sent = undefined;
    if (welcome.anonymous === false) {
      if (welcome.visitor) this.#session = welcome.visitor;
    } else if (this.#wanted && this.#session !== undefined) {
      // The session is over, and whoever presents it is let in as a new visitor: a token is needed.
      this.#session = undefined;
      return false;
    } else if (welcome.visitor) {
      this.storage.setItem(visitorKey, welcome.visitor);
    }
    this.#asked = false;
    return true;
  }

  async refused(why: ErrorCode | ClosingReason): Promise<boolean> {
    if (why !== 'unauthenticated' && why !== 'expired') return false;
    this.#sent = undefined;
    if (this.#asked || (this.#wanted && this.#none)) return false;
    this.#asked = true;
    if (this.#wanted) {
      this.#session = undefined;
      return this.signIn();
    }
    const had = this.storage.getItem(visitorKey) !== null;
    this.storage.removeItem(visitorKey);
    return had;
  }
}
