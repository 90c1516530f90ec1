import { pageHash } from '../shell/route.ts';

export type Verdict = 'explained' | 'watch' | 'throttle' | 'suspend' | 'lift';
export type Step = 'throttle' | 'suspend';

export interface Reason {
  why: string;
  seen: number;
  usual: number;
  spread?: number;
}

export interface Finding {
  id: string;
  staff_id: string;
  name: string;
  role: string;
  at: number;
  day: number;
  by_rule: boolean;
  rank: 1 | 2 | 3;
  state: 'open' | 'explained' | 'watch' | 'acted';
  taken?: Step;
  now?: Step;
  made_at: number;
  reasons: Reason[];
}

export interface Evidence {
  seq: number;
  at: number;
  action: string;
  customer_id?: string;
  conversation_id?: string;
  contact: boolean;
  field?: string;
  reason?: string;
  decoy?: boolean;
  new_device?: boolean;
  off_shift?: boolean;
}

export interface Day {
  day: number;
  customers: number;
  without_contact: number;
  looks: number;
  reveals: number;
  searches: number;
  exports: number;
  payments: number;
  refused: number;
  works: number;
  off_shift: number;
}

export interface Waiting {
  id: string;
  hash: string;
  verdict: Step | 'lift';
  reason: string;
  finding_id: string;
  by: string;
  expires_at: number;
  may_decide: boolean;
  may_withdraw: boolean;
}

export interface FindingCase {
  finding: Finding;
  evidence: Evidence[];
  days: Day[];
  decisions: { verdict: Verdict; reason: string; by: string; second?: string; alone?: boolean; at: number; finding_id: string }[];
  waiting?: Waiting;
  may_decide: boolean;
}

export interface Decoy {
  customer_id: string;
  conversation_id: string;
  name: string;
  made_by?: string;
  made_at: number;
  retired_at?: number;
  touched: number;
}

/** The least that is a reason, in characters. */
export const leastReason = 10;

/** Reasons that are shares, not counts. */
export const shares: ReadonlySet<string> = new Set(['high_value', 'one_approver']);

export const hashOf = (id?: string) => (id ? pageHash('insiders', id) : pageHash('insiders'));

/** The first microsecond of a day that is counted from 1970. */
export const dayStart = (day: number) => day * 86_400_000_000;

/** A day as its date in UTC, for a reader of a language: days are compared from midnight to midnight there. */
export function dateOf(day: number, tag: string): string {
  return new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeZone: 'UTC' }).format(dayStart(day) / 1000);
}

/** A figure of a reason: shares in percent, means with one digit behind the point. */
export function figure(reason: Reason, of: 'seen' | 'usual', tag: string): string {
  const n = reason[of];
  if (shares.has(reason.why)) return new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits: 0 }).format(n);
  return new Intl.NumberFormat(tag, { maximumFractionDigits: 1 }).format(n);
}
