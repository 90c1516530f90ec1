// The frames of docs/protocol.md, version 1.

export type Role = 'window' | 'desk';
export type Status = 'open' | 'waiting' | 'snoozed' | 'resolved';
/** Merged: it goes on in another conversation. */
export type ConversationStatus = Status | 'merged';
export type AuthorKind = 'customer' | 'agent' | 'assistant' | 'system' | 'program';

/** What is never asked of customers. */
export type Wording = 'asks_secret' | 'asks_remote' | 'asks_safe_account';

export type ErrorCode =
  | 'bad_frame'
  | 'unknown_type'
  | 'too_large'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'invalid'
  | 'conflict'
  | 'merged'
  | 'rate_limited'
  | 'not_supported'
  | 'unavailable'
  | 'internal';

export type ClosingReason = 'shutdown' | 'revoked' | 'expired' | 'replaced' | 'idle';

export interface Attachment {
  id: string;
  name: string;
  type: string;
  size: number;
}

export type Body =
  | { type: 'text'; text: string }
  | { type: 'attachments'; attachment_ids: string[]; text?: string }
  | FormBody;

/** A form that a customer filled in (section 3.1). */
export interface FormBody {
  type: 'form';
  form: string;
  revision: number;
  lang?: string;
  answers: Record<string, Answer>;
  diagnostics?: Record<string, string>;
  text?: undefined;
}

/** What was answered to one question; which parts it has follows from the question's kind. */
export interface Answer {
  choice?: string;
  text?: string;
  amount?: string;
  currency?: string;
  date?: string;
  time?: string;
  transaction?: string;
  files?: string[];
}

/** A form with its answers, as an entry carries it. */
export interface Filled {
  form: string;
  revision: number;
  title: string;
  answers: { field: string; kind: string; label: string; value: string; transaction?: { id: string; at?: number } }[];
  diagnostics?: Record<string, string>;
}

export interface Author {
  kind: AuthorKind;
  id?: string;
  name?: string;
}

/** What an entry of the log may carry; which fields are there follows from its kind (section 3). */
/** What a desk's message asks beside being stored. */
export interface Extra {
  /** Refuse it when a colleague has answered after what was seen. */
  unless_answered?: boolean;
  /** Of a note: the members of staff whom it names. */
  mentions?: string[];
}

export interface Payload {
  text?: string;
  attachments?: Attachment[];
  reply_to?: number;
  mentions?: string[];
  classes?: string[];
  status?: Status;
  was?: Status;
  until?: number;
  wrap_up?: string;
  /** Of a resolution: what it was about and how it ended, as it was called then. */
  code?: { id: string; name: string };
  /** The resolution was taken back at once. */
  undo?: boolean;
  staff?: { id?: string; name?: string };
  team?: { id?: string; name?: string };
  skills?: string[];
  priority?: string;
  tags?: string[];
  topic?: string;
  language?: string;
  of?: number;
  into?: string;
  from?: string;
  level?: string;
  form?: Filled;
  /** Of `rated`: 1 to 5. */
  score?: number;
  /** Since when, and since which entry, the customer goes on waiting, where the kind does not tell. */
  owed?: { since?: number; seq?: number };
  /** Of `act`: what a member of staff proposed to do in the wallet, and how far it is. */
  act?: { id: string; act: string; state: string };
  /** Of `offer`: the flow by which payments are stopped. */
  offer?: { flow: string };
}

/** Place in the queue, from 1, and how long it takes, in seconds: half of all wait no longer than p50, four of five no longer than p80. */
export interface Eta {
  position: number;
  p50?: number;
  p80?: number;
  /** Nobody is there who could help. */
  nobody?: boolean;
}

/** Whether somebody is there to answer; times in microseconds since 1970. */
export interface Service {
  open: boolean;
  opens_at?: number;
  closes_at?: number;
  /** By when who writes now is answered. */
  answer_by?: number;
}

/** One entry of a conversation's log. `at` is in microseconds since 1970. */
export interface Entry {
  conv: string;
  seq: number;
  kind: string;
  at: number;
  author?: Author;
  client_msg_id?: string;
  payload: Payload;
}

export interface ConversationLine {
  conv: string;
  status: ConversationStatus;
  last_seq: number;
  read_seq: number;
  /** How far an agent has read. */
  agent_read_seq?: number;
  unread: number;
  last_activity: number;
}

export interface Limits {
  frame_bytes: number;
  text_chars: number;
  messages_per_10s: number;
  attachment_bytes: number;
  /** Media types that are taken; older servers do not tell. */
  attachment_types?: string[];
}

export interface Hello {
  t: 'hello';
  v: 1;
  role: Role;
  token?: string;
  visitor?: string;
  lang?: string;
  caps?: string[];
  resume?: { conv: string; last_seq: number }[];
}

export type PresenceState = 'available' | 'break' | 'away' | 'offline';
export type BreakReason = 'meal' | 'rest' | 'meeting' | 'training';

export interface OfferFrame {
  conv: string;
  channel: string;
  lang?: string;
  team?: string;
  priority: string;
  since: number;
  left_ms: number;
  known?: boolean;
}

export interface PresenceFrame {
  state: PresenceState;
  reason?: string;
  since: number;
  load: number;
  holds: number;
}

export type ClientFrame =
  | Hello
  | { t: 'start'; ref: string; topic?: string; lang?: string }
  | ({ t: 'send'; conv: string; client_msg_id: string; body: Body; reply_to?: number; note?: boolean; seen?: number } & Extra)
  | { t: 'ack'; conv: string; up_to_seq: number }
  | { t: 'read'; conv: string; seq: number }
  | { t: 'typing'; conv: string; on: boolean }
  | { t: 'fetch'; conv: string; after_seq?: number; before_seq?: number; limit?: number; ahead?: boolean }
  | { t: 'human'; conv: string }
  | { t: 'rate'; conv: string; score: number; text?: string }
  | { t: 'watch'; inbox?: boolean; conv?: string }
  | { t: 'unwatch'; inbox?: boolean; conv?: string }
  | { t: 'accept' | 'decline'; conv: string }
  | { t: 'presence'; state: PresenceState; reason?: BreakReason }
  | { t: 'identify'; token: string }
  | { t: 'ping' };

export interface Welcome {
  t: 'welcome';
  service?: Service;
  session: string;
  server_time: number;
  limits: Limits;
  customer?: string;
  anonymous?: boolean;
  visitor?: string;
  conversations?: ConversationLine[];
  staff?: { id: string; name: string; role: string };
}

/** Whether the same may be taken a while later. */
export const passes = (code: ErrorCode): boolean => code === 'rate_limited' || code === 'unavailable' || code === 'internal';

export interface ErrorFrame {
  t: 'error';
  code: ErrorCode;
  /** Of what staff may not ask customers for: why it was not sent. */
  reason?: Wording;
  ref?: string;
  conv?: string;
  /** Of conflict: what is to blame. */
  field?: string;
  retry_after_ms?: number;
}

export type ServerFrame =
  | Welcome
  | { t: 'started'; ref: string; conv: string; at: number }
  | { t: 'stored'; client_msg_id: string; conv: string; seq: number; at: number; classes?: string[]; text?: string }
  | ({ t: 'event' } & Entry)
  | { t: 'missed'; conv: string; from: number; to: number; events: Entry[]; more: boolean }
  | { t: 'resync'; conv?: string }
  | { t: 'receipt'; conv: string; by: 'customer' | 'agent'; delivered: number; read: number }
  | { t: 'typing'; conv: string; by: string; name?: string; on: boolean }
  | { t: 'present'; conv: string; staff: { id: string; name: string }[] }
  | { t: 'inbox'; conv: string }
  | { t: 'changed'; what: string[] }
  | ({ t: 'eta'; conv: string } & Eta)
  | { t: 'service'; service: Service }
  | { t: 'promise'; conv: string; by: number }
  | { t: 'run'; conv?: string; run: string; state: string; revision: number }
  | { t: 'act'; conv: string; act: string; revision: number }
  | ({ t: 'offer' } & OfferFrame)
  | { t: 'offer_over'; conv: string; reason: string }
  | ({ t: 'presence' } & PresenceFrame)
  | ErrorFrame
  | { t: 'closing'; reason: ClosingReason; retry_after_ms?: number }
  | { t: 'pong'; server_time: number };

const known = new Set([
  'welcome',
  'started',
  'stored',
  'event',
  'missed',
  'resync',
  'receipt',
  'typing',
  'present',
  'inbox',
  'changed',
  'eta',
  'service',
  'promise',
  'run',
  'act',
  'offer',
  'offer_over',
  'presence',
  'error',
  'closing',
  'pong',
]);

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);

function isEntry(v: unknown): boolean {
  return isObject(v) && typeof v.conv === 'string' && Number.isSafeInteger(v.seq) && typeof v.kind === 'string';
}

/** A hidden entry comes without time and payload. */
function complete(entry: Record<string, unknown>): void {
  entry.payload = isObject(entry.payload) ? entry.payload : {};
  entry.at = typeof entry.at === 'number' ? entry.at : 0;
}

/**
 * Reads one message of the server: one or more objects separated by newlines.
 * What is not a frame of this version is left out, so that a newer server does
 * not break an older page.
 */
export function decode(text: string): ServerFrame[] {
  const frames: ServerFrame[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      continue;
    }
    if (!isObject(value) || typeof value.t !== 'string' || !known.has(value.t)) continue;
    if (value.t === 'event') {
      if (!isEntry(value)) continue;
      complete(value);
    }
    if (value.t === 'missed') {
      const events = Array.isArray(value.events) ? value.events.filter(isEntry) : [];
      for (const e of events) complete(e);
      value.events = events;
    }
    frames.push(value as unknown as ServerFrame);
  }
  return frames;
}
