import type { Sum } from '../../kit/text/money.ts';
import type { Api } from '../shell/api.ts';

export type Tone = 'waiting' | 'done' | 'returned' | 'problem';

export interface WalletHandle {
  kind: string;
  masked: string;
  verified_at?: number;
  changed_at?: number;
}

export interface WalletBalance {
  total: Sum;
  available: Sum;
  pending_in: Sum;
  pending_out: Sum;
  held: Sum;
  as_of: number;
}

export interface WalletAccount {
  id: string;
  kind: string;
  name?: string;
  status: string;
  block: string;
  number?: string;
  balances: WalletBalance[];
}

export interface WalletInstrument {
  id: string;
  type: string;
  brand?: string;
  last4: string;
  expiry?: string;
  status: string;
  default: boolean;
}

/** A customer's side of the wallet, masked. */
export interface WalletView {
  name: string;
  kind: string;
  time_zone?: string;
  since?: number;
  kyc: string;
  flags: string[];
  handles: WalletHandle[];
  accounts: WalletAccount[];
  instruments: WalletInstrument[];
  case: string;
}

export interface Transaction {
  id: string;
  account_id: string;
  kind: string;
  direction: 'in' | 'out';
  amount: Sum;
  party: string;
  state: string;
  plain: { key: string; tone: Tone };
  final: boolean;
  at: number;
  expected_by?: number;
  fees?: { kind: string; amount: Sum }[];
  fx?: { rate: string; from: Sum; to: Sum; quoted_at: number };
  counterparty?: { name?: string; account?: string };
  merchant?: { name: string; mcc?: string; descriptor?: string };
  order_ref?: string;
  note?: string;
  history: { state: string; at: number; note?: string }[];
  failure?: { code: string; disclosable: boolean; source?: string; raw_code?: string; raw_text?: string; retriable: boolean };
  holds?: { id: string; amount: Sum; reason?: string; disclosable: boolean; placed_at: number; expires_at: number }[];
  related?: { kind: string; id: string }[];
  rail?: string;
  rail_ref?: string;
}

/** What a list of transactions is narrowed to. */
export interface Narrowed {
  text: string;
  /** A group of states: all, waiting, done, returned, problem. */
  states: 'all' | keyof typeof statesOf;
  kind: string;
  /** Days as a date field gives them, or empty. */
  from: string;
  to: string;
  min: string;
  max: string;
}

export const everything: Narrowed = { text: '', states: 'all', kind: '', from: '', to: '', min: '', max: '' };

export const statesOf = {
  waiting: ['initiated', 'requires_action', 'risk_hold', 'authorised', 'partially_captured', 'captured', 'processing', 'refund_pending', 'auto_reversal', 'unknown'],
  done: ['posted'],
  problem: ['pre_check_failed', 'failed', 'expired', 'failed_after_debit', 'disputed', 'lost'],
  returned: ['voided', 'reversed', 'refunded', 'partially_refunded', 'provisional_credit', 'won'],
};

export const kinds = ['payment', 'in_store', 'transfer', 'top_up', 'withdrawal', 'bill', 'exchange', 'crypto', 'refund', 'reversal', 'fee', 'adjustment', 'goodwill'];

const micros = (day: string, days: number): number | undefined => {
  const [y, m, d] = day.split('-').map(Number);
  return y && m && d ? new Date(y, m - 1, d + days).getTime() * 1000 : undefined;
};

/** A text of one character finds too much: the wallet wants two. */
export function asked(n: Narrowed, cursor?: string): Record<string, unknown> {
  const text = n.text.trim();
  return {
    states: n.states === 'all' ? undefined : statesOf[n.states],
    kinds: n.kind === '' ? undefined : [n.kind],
    text: [...text].length < 2 ? undefined : text,
    from: micros(n.from, 0),
    to: micros(n.to, 1),
    min: n.min.trim() || undefined,
    max: n.max.trim() || undefined,
    cursor,
    limit: 20,
  };
}

const of = (customer: string) => `/v1/customers/${encodeURIComponent(customer)}/wallet`;

export const wallet = (api: Api, customer: string): Promise<WalletView> => api.call('GET', of(customer));

export const transactions = (api: Api, customer: string, n: Narrowed, cursor?: string): Promise<{ items: Transaction[]; next?: string }> =>
  api.call('POST', `${of(customer)}/transactions`, asked(n, cursor));

export const transaction = (api: Api, customer: string, id: string): Promise<Transaction> => api.call('GET', `${of(customer)}/transactions/${encodeURIComponent(id)}`);

export interface Ask {
  conversation: string;
  field: string;
  object?: string;
  reason: string;
  text: string;
}

export const reveal = (api: Api, customer: string, ask: Ask): Promise<{ value: string; expires_at: number }> => api.call('POST', `${of(customer)}/reveal`, ask);
