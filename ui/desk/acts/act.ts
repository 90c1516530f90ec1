import type { Sum } from '../../kit/text/money.ts';
import type { ActFact, Value } from '../../kit/flow/wire.ts';
import type { Api } from '../shell/api.ts';

export type ActState = 'proposed' | 'confirmed' | 'waiting' | 'approved' | 'planned' | 'sent' | 'succeeded' | 'failed' | 'unknown' | 'rejected' | 'cancelled' | 'expired';

/** Something that is done in the wallet, or is to be. Times are microseconds since 1970. */
export interface Act {
  id: string;
  conv: string;
  customer: string;
  act: string;
  target?: string;
  amount?: Sum;
  reason?: string;
  also?: string[];
  details?: { name: string; text: string }[];
  /** The state of what it acts on, that was decided on. */
  expect?: string;
  /** What it is cannot be read: its key is gone, or it is damaged. */
  unreadable?: boolean;
  state: ActState;
  does: { amount?: Sum; fees?: { kind: string; amount: Sum }[]; destination?: string; arrives_by?: number; effects?: string[]; reversible: boolean; state?: string };
  hash: string;
  level: number;
  four_eyes: boolean;
  refusal?: string;
  made?: string;
  maker: { kind: 'customer' | 'staff' | 'system'; id: string };
  confirmer?: { kind: 'customer' | 'staff' | 'system'; id: string };
  approvers?: string[];
  proof?: { state: string; until?: number };
  /** The customer is asked for their own yes, on a card in the conversation. */
  asks_customer?: boolean;
  /** Of a gift of the house's: what its customer reads of it. */
  tells?: string;
  created_at: number;
  changed_at: number;
  expires_at?: number;
  may_confirm: boolean;
  may_start: boolean;
  may_cancel: boolean;
  may_decide: boolean;
}

/** What only makes safe: staff may say yes in the customer's place. */
export const cautious = ['freeze', 'instrument_block', 'sessions_revoke', 'device_revoke'];

/** What needs the customer: their yes, and mostly a proof. */
export const together = ['refund', 'dispute', 'unfreeze', 'recall', 'hold_release'];

/** A payment for which the customer is asked. */
export interface Subject {
  id: string;
  kind: string;
  direction: 'in' | 'out';
  state: string;
  amount: Sum;
  party: string;
  holds?: unknown[];
}

/** What can be proposed to the customer about a payment; the wallet works out whether it is so. */
export function proposable(t: Subject, offers: string[] | undefined): string[] {
  const fits = { refund: t.direction === 'out' && t.kind !== 'transfer', recall: t.direction === 'out' && t.kind === 'transfer', hold_release: (t.holds?.length ?? 0) > 0, dispute: t.direction === 'out' };
  return Object.entries(fits).flatMap(([act, fit]) => (fit && offers?.includes(act) ? [act] : []));
}

/** Acts that are for a sum, which may be a part. */
export const withSum = ['refund'];

export const isOver = (a: Act): boolean => ['succeeded', 'failed', 'rejected', 'cancelled', 'expired'].includes(a.state);

/** What an act is for, its amount; points are counted in words, and no currency. */
export function sumOf(a: Act, points: string, sum = a.does.amount ?? a.amount): Sum | undefined {
  return a.act === 'points_redeem' && sum ? { ...sum, currency: points } : sum;
}

/** An act as the kit draws it: exactly what will happen. */
export function cardOf(a: Act, points: string): Value {
  const fact: ActFact = {
    id: a.id,
    act: a.act,
    state: a.state,
    hash: a.hash,
    proof: a.level,
    four_eyes: a.four_eyes,
    amount: sumOf(a, points),
    destination: a.does.destination,
    arrives_by: a.does.arrives_by ? new Date(a.does.arrives_by / 1000).toISOString() : undefined,
    effects: a.does.effects,
    reversible: a.does.reversible,
  };
  return { type: 'act', act: fact };
}

/** How much of the house's own one may give in a conversation, and for what. Sums are whole units, as texts. */
export interface Giving {
  offered: boolean;
  reasons: { code: string; name: { en: string; zh: string } }[];
  left: { currency: string; most: string; alone: string; customer: string; person: string; budget: string; repeat: number; linked: number }[];
}

const one = (id: string) => `/v1/acts/${encodeURIComponent(id)}`;

/** Everything that the desk asks about acts. */
export class ActsApi {
  constructor(readonly api: Pick<Api, 'call'>) {}

  async offers(): Promise<string[]> {
    return (await this.api.call<{ acts: string[] }>('GET', '/v1/act-offers')).acts;
  }

  async ofConversation(conv: string): Promise<Act[]> {
    return (await this.api.call<{ items: Act[] }>('GET', `/v1/acts?conv=${encodeURIComponent(conv)}`)).items;
  }

  /** Those of everybody that wait for a second person. */
  async waiting(): Promise<Act[]> {
    return (await this.api.call<{ items: Act[] }>('GET', '/v1/acts?state=waiting&limit=99')).items;
  }

  propose(conv: string, act: string, reason: string, target?: string, amount?: Sum): Promise<{ act?: Act; refused?: string }> {
    return this.api.call('POST', `/v1/conversations/${encodeURIComponent(conv)}/acts`, { act, reason, ...(target !== undefined && { target }), ...(amount !== undefined && { amount }) });
  }

  giving = (conv: string): Promise<Giving> => this.api.call('GET', `/v1/conversations/${encodeURIComponent(conv)}/giving`);
  get = (id: string): Promise<Act> => this.api.call('GET', one(id));
  confirm = (a: Act): Promise<Act> => this.api.call('POST', `${one(a.id)}/confirm`, { hash: a.hash });
  start = (a: Act): Promise<Act> => this.api.call('POST', `${one(a.id)}/start`);
  cancel = (a: Act): Promise<Act> => this.api.call('POST', `${one(a.id)}/cancel`);
  approve = (a: Act): Promise<Act> => this.api.call('POST', `${one(a.id)}/approve`, { hash: a.hash });
  reject = (a: Act, reason: string): Promise<Act> => this.api.call('POST', `${one(a.id)}/reject`, { reason });
}
