import type { Api } from '../shell/api.ts';

export interface Line {
  id: string;
  reference: string;
  customer: string;
  /** The customer's, in lists. */
  name?: string;
  type: string;
  jurisdiction?: string;
  stage: string;
  assignee?: string;
  noticed_at: number;
  opened_at: number;
  changed_at: number;
  due_at?: number;
  breached: number;
  outcome?: string;
  over_at?: number;
}

export interface Both {
  en: string;
  zh: string;
}

export interface Clock {
  id: string;
  title: Both;
  state: string;
  start_at: number;
  due_at?: number;
  then_at?: number;
  ended_at?: number;
  waits?: boolean;
  pause?: string;
  amount: number;
  unit: string;
  source: string;
  checked: string;
  certain: boolean;
  told: boolean;
}

export interface Evidence {
  id: string;
  title: Both;
  customer: boolean;
  required: boolean;
  asked_at?: number;
  received_at?: number;
  dropped_at?: number;
}

export interface Happened {
  seq: number;
  kind: string;
  at: number;
  happened_at: number;
  by_kind: string;
  by: string;
  items?: string[];
  fact?: string;
  holds?: boolean;
  reason?: string;
  title?: string;
  text?: string;
  outcome?: string;
  until?: number;
  type?: string;
  conv?: string;
  entry?: number;
  amount?: Sum;
  act?: string;
  letter?: string;
  staff?: string;
  files?: { id: string; name: string; type: string; size: number }[];
}

export interface Sum {
  amount: string;
  currency: string;
  scale: number;
}

export interface File extends Line {
  request?: string;
  revision: number;
  confirmed: boolean;
  channel: string;
  language: 'en' | 'zh';
  convs: string[];
  payments: { id: string; amount: Sum; party?: string; at: number }[];
  clocks: Clock[];
  evidence: Evidence[];
  facts: { fact: string; holds?: boolean; required: boolean }[];
  lacks: string[];
  pauses: { id: string; title: Both; since?: number }[];
  outlook: { next: string; by?: number; late?: boolean; reason?: string; stands?: string; needs: string[] };
  promised?: number;
  decision?: { outcome: string; reason: string; at: number; amount?: Sum };
  credit?: { amount: Sum; at: number; taken_at?: number; act?: string };
  appeals: number;
  on_hold?: boolean;
  /** Of a request that is granted to nobody of whom it is not known who they are. */
  proof?: { at?: number; vouched: boolean; ground?: string; first?: string };
  still_at?: number;
  lift_at?: number;
  reviewer?: string;
  events: Happened[];
}

/** What becomes of what is kept of a customer. */
export interface Erasure {
  state: 'none' | 'running' | 'partly' | 'whole';
  begun_at?: number;
  parts: { category: string; erased: number; kept: number; until?: number; why?: string[] }[];
}

export const requests = ['copy', 'correct', 'erase', 'restrict', 'object', 'explain', 'other'] as const;

/** How much the customer bears, at most. */
export interface Tier {
  title: Both;
  most?: string;
  currency?: string;
  state: 'applies' | 'misses' | 'unknown' | 'beyond';
  by?: number;
  source: string;
  checked: string;
}

export interface Law {
  id: string;
  title: Both;
  reviewer?: string;
}

export type Counts = Record<'mine' | 'due' | 'late' | 'unconfirmed', number>;

export const lists = ['mine', 'due', 'late', 'unconfirmed', 'over'] as const;
export type List = (typeof lists)[number];

export const types = ['unauthorised', 'scam', 'merchant', 'error', 'complaint', 'data_request'] as const;

export class CasesApi {
  constructor(private readonly api: Api) {}

  list(list: List, cursor?: string): Promise<{ items: Line[]; next?: string }> {
    return this.api.call('GET', '/v1/cases', undefined, { list, ...(cursor && { cursor }) });
  }
  named(reference: string): Promise<{ items: Line[] }> {
    return this.api.call('GET', '/v1/cases', undefined, { list: 'named', reference });
  }
  ofConversation(conv: string): Promise<{ items: Line[] }> {
    return this.api.call('GET', '/v1/cases', undefined, { list: 'all', conv });
  }
  counts(): Promise<Counts> {
    return this.api.call('GET', '/v1/case-counts');
  }
  laws(): Promise<{ items: Law[] }> {
    return this.api.call('GET', '/v1/jurisdictions');
  }
  read(id: string): Promise<File> {
    return this.api.call('GET', `/v1/cases/${id}`);
  }
  open(conv: string, type: string): Promise<File> {
    return this.api.call('POST', `/v1/conversations/${conv}/cases`, { type });
  }
  lead(file: File, kind: string, more: Record<string, unknown> = {}): Promise<File> {
    return this.api.call('POST', `/v1/cases/${file.id}/events`, { revision: file.revision, kind, ...more });
  }
  erasure(id: string): Promise<Erasure> {
    return this.api.call('GET', `/v1/cases/${id}/erasure`);
  }
  /** Has the customer erased; where a second person has to agree, it waits. */
  erase(id: string): Promise<void> {
    return this.api.call('POST', `/v1/cases/${id}/erasure`);
  }
  liability(id: string, learned?: number, statement?: number): Promise<{ items: Tier[] }> {
    return this.api.call('GET', `/v1/cases/${id}/liability`, undefined, { learned, statement });
  }
  /** What the customer wrote in a conversation of the case, the newest first. */
  async said(conv: string): Promise<{ conv: string; seq: number; at: number; text: string }[]> {
    const { items } = await this.api.call<{ items: { seq: number; at: number; kind: string; author?: { kind: string }; payload: { text?: string } }[] }>('GET', `/v1/conversations/${conv}/entries`, undefined, { limit: 100 });
    return items.filter((e) => e.kind === 'message' && e.author?.kind === 'customer' && e.payload.text).map((e) => ({ conv, seq: e.seq, at: e.at, text: e.payload.text! })).reverse();
  }
  draft(id: string, letter: string, lang: string): Promise<{ title: string; text: string; missing: string[] }> {
    return this.api.call('GET', `/v1/cases/${id}/letters/${letter}`, undefined, { lang });
  }
  write(file: File, letter: string, lang: string): Promise<File> {
    return this.api.call('POST', `/v1/cases/${file.id}/letters/${letter}`, { revision: file.revision, lang });
  }
}

/** The letters that can follow from how a case stands, the likeliest first. */
export function lettersFor(file: File): string[] {
  const out: string[] = [];
  if (file.decision && file.stage === 'decided') out.push(file.decision.outcome);
  if (!file.events.some((e) => e.kind === 'written')) out.push('acknowledgement');
  if (file.credit && !file.credit.taken_at) out.push('credit_given');
  if (file.credit?.taken_at) out.push('credit_taken');
  if (!file.decision) out.push('holding_reply');
  return out.concat(out.includes('acknowledgement') || file.decision ? [] : ['acknowledgement']);
}

/** Nothing is to be done any more. */
export const over = (stage: string): boolean => stage === 'closed' || stage === 'withdrawn';

export const say = (text: Both, language: string): string => (language === 'zh' ? text.zh : text.en);

/** How a case is coloured in lists: what is broken shouts, what waits for us does not. */
export function toneOf(line: Pick<Line, 'breached' | 'stage'>): 'plain' | 'danger' | 'waiting' | 'done' {
  if (line.breached > 0) return 'danger';
  if (line.stage === 'reported' || line.stage === 'waiting') return 'waiting';
  return line.stage === 'answered' || line.stage === 'decided' ? 'done' : 'plain';
}
