import type { Opened } from '../signin/access.ts';
import { UploadRefused, uploader, type Upload } from '../../kit/files/upload.ts';
import type { List } from '../inbox/lists.ts';
import type { ConversationStatus, ErrorCode, Status } from '../../kit/protocol/frames.ts';

export type Role = 'owner' | 'admin' | 'supervisor' | 'agent' | string;
export type Priority = 'low' | 'normal' | 'high' | 'urgent';
export type Evidence = 'verified' | 'claimed' | 'inferred' | 'anonymous' | '';
export type View = 'mine' | 'unassigned' | 'teams' | 'all' | 'mentions';

export interface Staff {
  id: string;
  name: string;
  /** Has more rights than the role, for now. */
  emergency?: boolean;
  role: Role;
  alias?: string;
  /** For those who manage people. */
  email?: string;
  disabled?: boolean;
}

export interface Clock {
  kind: 'first_response' | 'next_response' | 'resolution';
  /** None while it stands still. */
  due?: number;
  state: 'running' | 'paused' | 'breached';
  /** Percent of the promise that was warned of. */
  level: number;
}

/** One line of the inbox. Times are microseconds since 1970. */
export interface Conversation {
  id: string;
  status: ConversationStatus;
  priority: Priority;
  assignee?: { id: string; name: string };
  customer: { id: string; name?: string; evidence: Evidence; anonymous: boolean };
  channel: string;
  /** The wrap-up code of the newest resolution. */
  code?: string;
  topic?: string;
  language?: string;
  tags: string[];
  /** The id of the team whose it is. */
  team?: string;
  /** What is asked of who answers. */
  skills?: string[];
  preview: string;
  preview_kind?: string;
  preview_author?: string;
  unread: number;
  last_seq: number;
  last_activity: number;
  created_at: number;
  waiting_since?: number;
  snoozed_until?: number;
  reopened: number;
  merged_into?: string;
  delivered_seq?: number;
  read_seq?: number;
  /** Promises that are counted. */
  clocks?: Clock[];
  /** Of a line of a list: its place there. */
  cursor?: string;
}

/** What the house says of a conversation that is offered: nothing of what was written, or by whom. */
export interface OfferBrief {
  conversation: string;
  messages: number;
  topic?: string;
  form?: { id: string; title?: string };
  flow?: { id: string; title?: string };
  signed_in: boolean;
  returning: boolean;
}

export interface Customer {
  id: string;
  anonymous: boolean;
  evidence: Evidence;
  name?: string;
  handles: { id: string; kind: string; masked: string; evidence: Evidence }[];
  /** Since when what is kept of them is kept and used for nothing else. */
  still_at?: number;
  conversations: Conversation[];
}

export interface Hit {
  conv: string;
  seq: number;
  at: number;
  author: string;
  kind: string;
  snippet: string;
}

/** What an agent is writing: an answer, or a note that customers must not see. */
export interface Draft {
  text: string;
  note: boolean;
}

/** What a message said before it was edited. */
export interface Version {
  text?: string;
}

/** What is said along with a new status. */
export interface StatusAbout {
  /** Of snoozed: when it comes back, in microseconds since 1970. */
  until?: number;
  /** Of resolved: what was done; customers do not see it. */
  wrap_up?: string;
  /** Of resolved: a wrap-up code. */
  code?: string;
  /** Of one that was resolved just now: that is taken back, and is no reopening. */
  undo?: boolean;
  /** The newest entry on screen: refused when the customer has written after it. */
  seen?: number;
}

/** What is done to one conversation among many; what is left out stays as it is. */
export interface Change {
  id: string;
  /** Empty: nobody. */
  assignee?: string;
  /** Empty: everybody's. */
  team?: string;
  /** To a team, to whoever of it is free, or to a colleague; in one step with what they must know. */
  hand_over?: { team_id?: string; staff_id?: string; note?: string };
  priority?: Priority;
  add_tags?: string[];
  remove_tags?: string[];
  add_skills?: string[];
  remove_skills?: string[];
  status?: Status;
  /** Of snoozed, in microseconds since 1970. */
  until?: number;
  wrap_up?: string;
  /** Of resolved: a wrap-up code. */
  code?: string;
  /** Of one that was resolved just now: that is taken back, and is no reopening. */
  undo?: boolean;
  /** The newest entry on screen: refused when the customer has written after it. */
  seen?: number;
}

/** Without a code it was done. */
export interface ChangeResult {
  id: string;
  code?: Problem['code'];
  field?: string;
}

export interface ListCount {
  n: number;
  more: boolean;
}

export interface Page<T> {
  items: T[];
  next?: string;
}

/** What the server said no with: RFC 9457, with Kefu's code. */
/** What a restriction of the house asks for. */
export interface Needs {
  what: 'withheld' | 'training' | 'proof' | 'hours' | 'network';
  right: string;
  rule?: string;
  training?: string;
  advice?: string;
  /** Microseconds. */
  opens?: number;
}

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: ErrorCode | 'offline' | 'unseen' | 'restricted',
    readonly field?: string,
    /** In seconds. */
    readonly retryAfter?: number,
    /** What is wrong with the field, in a word. */
    readonly reason?: string,
  ) {
    super(code);
  }
}

const byStatus: Record<number, ErrorCode> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  413: 'too_large',
  422: 'invalid',
  429: 'rate_limited',
  503: 'unavailable',
};

/** Seconds that a read waits for its turn, and how often. */
const longestWait = 10;
const mostAgain = 3;
/** What only reads, though its question stands in a body. */
const asks = /^\/v1\/(conversations\/(find|counts)|customers\/(find|[^/]+\/wallet\/transactions))$/;

export type Query = Record<string, string | number | undefined>;

/** The desk's REST API, under the session cookie. */
export class Api {
  /** Called when the session is gone. */
  onexpired: () => void = () => undefined;
  /** Called when a restriction of the house refused something. */
  onneeds: (needs: Needs) => void = () => undefined;

  constructor(
    private readonly request: typeof fetch = (...a) => fetch(...a),
    private readonly uploading: Upload = uploader('/v1/attachments'),
  ) {}

  signIn(email: string, password: string, totp: string): Promise<Opened> {
    return this.call('POST', '/v1/session', { email, password, totp });
  }
  session(): Promise<Opened> {
    return this.call('GET', '/v1/session');
  }
  signOut(): Promise<void> {
    return this.call('DELETE', '/v1/session');
  }

  list(from: { list: List; cursor?: string; before?: string; limit?: number }): Promise<Page<Conversation>> {
    return this.call('POST', '/v1/conversations/find', from);
  }
  async counts(lists: List[]): Promise<ListCount[]> {
    return (await this.call<{ items: ListCount[] }>('POST', '/v1/conversations/counts', { lists })).items;
  }
  /** Each is answered by itself: what one refuses keeps no other from being done. */
  async change(changes: Change[]): Promise<ChangeResult[]> {
    return (await this.call<{ items: ChangeResult[] }>('POST', '/v1/conversations/changes', { changes })).items;
  }
  /** The conversations in which a note names me, and I have not looked. */
  async mentions(): Promise<string[]> {
    return (await this.call<{ conversations: string[] }>('GET', '/v1/mentions')).conversations;
  }
  seeMention(id: string): Promise<void> {
    return this.call('DELETE', `/v1/conversations/${encodeURIComponent(id)}/mention`);
  }
  /** What is told of the conversation that one is offered, before it is one's own. */
  offer(lang: string): Promise<OfferBrief> {
    return this.call('GET', `/v1/offer?lang=${encodeURIComponent(lang)}`);
  }
  conversation(id: string): Promise<Conversation> {
    return this.call('GET', `/v1/conversations/${encodeURIComponent(id)}`);
  }
  assign(id: string, staffId: string | null): Promise<void> {
    return this.#put(id, 'assignee', { staff_id: staffId });
  }
  setStatus(id: string, status: Status, about: StatusAbout = {}): Promise<void> {
    return this.#put(id, 'status', { status, ...about });
  }
  setWrapUp(id: string, code: string, wrap_up?: string): Promise<void> {
    return this.#put(id, 'wrap-up', { code, ...(wrap_up && { wrap_up }) });
  }
  setPriority(id: string, priority: Priority): Promise<void> {
    return this.#put(id, 'priority', { priority });
  }
  setTopic(id: string, topic: string): Promise<void> {
    return this.#put(id, 'topic', { topic });
  }
  async draft(id: string): Promise<Draft> {
    const { text, note } = await this.call<Partial<Draft>>('GET', `/v1/conversations/${encodeURIComponent(id)}/draft`);
    return { text: text ?? '', note: note === true };
  }
  saveDraft(id: string, draft: Draft): Promise<void> {
    return this.#put(id, 'draft', draft);
  }
  merge(id: string, into: string): Promise<void> {
    return this.call('POST', `/v1/conversations/${encodeURIComponent(id)}/merge`, { into });
  }
  unmerge(id: string): Promise<void> {
    return this.call('DELETE', `/v1/conversations/${encodeURIComponent(id)}/merge`);
  }
  edit(id: string, seq: number, text: string): Promise<void> {
    return this.call('PATCH', `/v1/conversations/${encodeURIComponent(id)}/messages/${seq}`, { text });
  }
  /** What an edited message said before, oldest first. */
  async versions(id: string, seq: number): Promise<Version[]> {
    return (await this.call<{ items: Version[] }>('GET', `/v1/conversations/${encodeURIComponent(id)}/messages/${seq}/versions`)).items;
  }
  redact(id: string, seq: number, reason: string): Promise<void> {
    return this.call('DELETE', `/v1/conversations/${encodeURIComponent(id)}/messages/${seq}`, { reason });
  }

  search(q: string, cursor?: string, limit = 30): Promise<Page<Hit>> {
    return this.call('GET', '/v1/search', undefined, { q, cursor, limit });
  }
  /** Everybody who works here. */
  async staff(): Promise<Staff[]> {
    const all: Staff[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: Page<Staff> = await this.call('GET', '/v1/staff', undefined, { cursor });
      all.push(...page.items);
      cursor = page.next;
    }
    return all;
  }
  customer(id: string): Promise<Customer> {
    return this.call('GET', `/v1/customers/${encodeURIComponent(id)}`);
  }
  /** Notes an address that the customer has told. */
  addHandle(customer: string, kind: string, value: string): Promise<void> {
    return this.call('POST', `/v1/customers/${encodeURIComponent(customer)}/handles`, { kind, value, evidence: 'claimed' });
  }
  forgetHandle(customer: string, handle: string): Promise<void> {
    return this.call('DELETE', `/v1/customers/${encodeURIComponent(customer)}/handles/${encodeURIComponent(handle)}`);
  }

  upload: Upload = async (file, signal, progress) => {
    try {
      return await this.uploading(file, signal, progress);
    } catch (error) {
      if (error instanceof UploadRefused && error.status === 401) this.onexpired();
      throw error;
    }
  };
  async link(attachment: string): Promise<string> {
    const { url } = await this.call<{ url: string }>('GET', `/v1/attachments/${encodeURIComponent(attachment)}/link`);
    return url;
  }

  #put(id: string, what: string, body: unknown): Promise<void> {
    return this.call('PUT', `/v1/conversations/${encodeURIComponent(id)}/${what}`, body);
  }

  /** For what a page asks beyond what everybody needs; it throws a Problem. */
  call<T>(method: string, path: string, body?: unknown, query: Query = {}): Promise<T> {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') parameters.set(name, String(value));
    const address = parameters.size > 0 ? `${path}?${parameters}` : path;
    if (body === undefined) return this.#send(method, address, undefined, {});
    return this.#send(method, address, JSON.stringify(body), { 'Content-Type': 'application/json' });
  }

  /** What is only read waits as long as the server asks to, a few times, and asks again. */
  async #send<T>(method: string, address: string, body: string | undefined, headers: HeadersInit): Promise<T> {
    for (let again = 0; ; again++) {
      try {
        return await this.#try<T>(method, address, body, headers);
      } catch (e) {
        const reads = method === 'GET' || asks.test(address);
        const wait = reads && e instanceof Problem && e.code === 'rate_limited' ? e.retryAfter : undefined;
        if (wait === undefined || wait > longestWait || again === mostAgain) throw e;
        await new Promise((resolve) => setTimeout(resolve, wait * 1000));
      }
    }
  }

  async #try<T>(method: string, address: string, body: string | undefined, headers: HeadersInit): Promise<T> {
    let answer: Response;
    try {
      answer = await this.request(address, {
        method,
        body,
        headers: { Accept: 'application/json', ...headers },
        credentials: 'same-origin',
        signal: AbortSignal.timeout(20_000),
      });
    } catch {
      throw new Problem(0, 'offline');
    }
    if (!answer.ok) throw await this.#problem(answer, address);
    const text = await answer.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  async #problem(answer: Response, address: string): Promise<Problem> {
    let said: { code?: ErrorCode; field?: string; reason?: string; needs?: Needs } = {};
    try {
      said = (await answer.json()) as typeof said;
    } catch {
      // A proxy's page: the status alone must do.
    }
    if (answer.status === 401 && address !== '/v1/session') this.onexpired();
    const retry = Number(answer.headers.get('Retry-After'));
    if (said.needs) this.onneeds(said.needs);
    const code = said.needs ? 'restricted' : said.code === 'conflict' && said.field === 'seen' ? 'unseen' : said.code ?? byStatus[answer.status] ?? 'internal';
    return new Problem(answer.status, code, said.field, retry > 0 ? retry : undefined, said.reason);
  }
}
