import type { ClosingReason, ErrorCode, Hello, Welcome } from '../../kit/protocol/frames.ts';
import type { Identity } from '../../kit/protocol/client.ts';
import type { Storage } from '../../kit/protocol/storage.ts';

const visitorKey = 'kefu.visitor';

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
  #session: string | undefined;
  #subject: string | undefined;
  #wanted = false;
  #asked = false;
  /** Counts sign-outs: a token that was asked for before one is nobody's. */
  #visit = 0;

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

  /** The page says that its user is signed in: take a token from it. False when it gives none. */
  async signIn(): Promise<boolean> {
    this.#wanted = true;
    const visit = this.#visit;
    const token = await this.freshToken();
    if (!token || visit !== this.#visit) return false;
    const before = this.scope;
    const subject = subjectOf(token) ?? '';
    if (this.#subject !== undefined && this.#subject !== subject) this.#session = undefined;
    this.#token = token;
    this.#subject = subject;
    if (this.scope !== before) this.onscope(before);
    return true;
  }

  signOut(): void {
    this.#visit++;
    const before = this.scope;
    this.#wanted = false;
    this.#token = this.#session = this.#subject = undefined;
    this.storage.removeItem(visitorKey);
    this.onscope(before);
  }

  async hello(): Promise<Pick<Hello, 'token' | 'visitor'>> {
    // Never fall back to a nameless visitor for somebody who is signed in.
    if (this.#wanted && !this.#token && !this.#session && !(await this.signIn())) throw new Error('no token');
    const token = this.#token;
    const secret = this.#session ?? this.storage.getItem(visitorKey);
    // A token is good for one hello, answered or not.
    this.#token = undefined;
    return { ...(token && { token }), ...(secret && { visitor: secret }) };
  }

  welcomed(welcome: Welcome): boolean {
    if (welcome.anonymous === false) {
      if (welcome.visitor) this.#session = welcome.visitor;
      // The visitor's secret died with the sign-in.
      this.storage.removeItem(visitorKey);
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
    if (this.#asked) return false;
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
