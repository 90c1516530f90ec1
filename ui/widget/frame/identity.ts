import type { ClosingReason, ErrorCode, Hello, Welcome } from '../../kit/protocol/frames.ts';
import type { Identity } from '../../kit/protocol/client.ts';
import type { Storage } from '../../kit/protocol/storage.ts';

const visitorKey = 'kefu.visitor';

/** The wallet's id of the customer in a token. It is not verified here: it only keeps two people's words apart. */
export function subjectOf(token: string): string | undefined {
  try {
    const part = token.split('.')[1] ?? '';
    const bytes = Uint8Array.from(atob(part.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as { sub?: unknown };
    return typeof claims.sub === 'string' ? claims.sub : undefined;
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

  constructor(
    private readonly storage: Storage,
    private readonly freshToken: () => Promise<string | null>,
  ) {}

  /** Whose outgoing messages these are. */
  get scope(): string {
    return this.#subject === undefined ? 'visitor' : `customer:${this.#subject}`;
  }

  get signedIn(): boolean {
    return this.#subject !== undefined;
  }

  /** The page says that its user is signed in: take a token from it. False when it gives none. */
  async signIn(): Promise<boolean> {
    this.#wanted = true;
    const token = await this.freshToken();
    if (!token) return false;
    const subject = subjectOf(token) ?? '';
    if (this.#subject !== undefined && this.#subject !== subject) this.#session = undefined;
    this.#token = token;
    this.#subject = subject;
    return true;
  }

  signOut(): void {
    this.#wanted = false;
    this.#token = this.#session = this.#subject = undefined;
    this.storage.removeItem(visitorKey);
  }

  async hello(): Promise<Pick<Hello, 'token' | 'visitor'>> {
    // Never fall back to a nameless visitor for somebody who is signed in.
    if (this.#wanted && !this.#token && !this.#session && !(await this.signIn())) throw new Error('no token');
    const token = this.#token;
    const visitor = this.#session ?? this.storage.getItem(visitorKey);
    // A token is good for one hello, answered or not.
    this.#token = undefined;
    return { ...(token && { token }), ...(visitor && { visitor }) };
  }

  welcomed(welcome: Welcome): void {
    this.#asked = false;
    if (welcome.anonymous === false) {
      if (welcome.visitor) this.#session = welcome.visitor;
      // The visitor's secret died with the sign-in.
      this.storage.removeItem(visitorKey);
    } else if (welcome.visitor) {
      this.storage.setItem(visitorKey, welcome.visitor);
    }
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
