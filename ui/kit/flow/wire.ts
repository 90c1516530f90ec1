import type { FlowWords } from './words.en.ts';
import type { Sum } from '../text/money.ts';

// What Kefu tells of a run through a flow (docs/flows.md). Instants are RFC 3339.

export type RunState = 'asking' | 'working' | 'waiting' | 'ended' | 'handed_over' | 'expired';

export interface Run {
  id: string;
  flow: string;
  title: string;
  state: RunState;
  step: string;
  revision: number;
  /** Microseconds since 1970. */
  expires_at?: number;
  /** The conversation that it belongs to, once there is one. */
  conv?: string;
  outcome?: string;
}

/** Something in a sentence that its reader writes in their own way. */
export interface Figure {
  money?: Sum;
  at?: string | null;
  text?: string;
}

export type Figures = Record<string, Figure>;

export interface Sentence {
  text: string;
  figures?: Figures;
}

export interface PaymentFact {
  id: string;
  kind: string;
  direction: 'in' | 'out';
  state: string;
  party?: string;
  rail?: string;
  reference?: string;
  amount: Sum;
  where: string;
  money?: Sentence;
  begun?: string | null;
  failed?: boolean;
}

export interface NextStep {
  key: string;
  where: 'wallet' | 'here' | 'outside' | 'person';
  link?: string;
  /** Opens it in the wallet's app. */
  url?: string;
  label: string;
}

export interface CauseFact {
  code: string;
  where: string;
  title?: string;
  text?: string;
  money?: Sentence;
  retry_text?: string;
  retry_at?: string | null;
  next?: NextStep[];
}

export interface TermsFact {
  eligible: boolean;
  decides: string;
  route: string;
  why?: string[];
  needs?: string[];
  left: Sum;
  until?: string | null;
  answers_by?: string | null;
  fee_refunded: boolean;
}

export interface ActFact {
  id: string;
  act: string;
  state: string;
  hash: string;
  refusal?: string;
  proof: number;
  four_eyes: boolean;
  amount?: Sum | null;
  destination?: string;
  arrives_by?: string | null;
  effects?: string[];
  reversible: boolean;
  link?: string;
}

export interface IncidentFact {
  there: boolean;
  planned: boolean;
  ends_at?: string | null;
  message?: string;
}

export interface InstrumentFact {
  id: string;
  kind: string;
  label: string;
  status: string;
}

export interface RefundFact {
  id: string;
  state: string;
  route: string;
  amount: Sum;
  expected_by?: string | null;
  reference?: string;
  late: boolean;
}

export interface DisputeFact {
  id: string;
  state: string;
  claim: string;
  amount: Sum;
  credited: boolean;
  decision_by?: string | null;
}

export interface DeviceFact {
  id: string;
  label: string;
  trust: string;
  last_seen?: string | null;
}

export interface LimitLine {
  rail?: string;
  period: string;
  max: Sum;
  used: Sum;
  resets_at?: string | null;
  raise?: string;
}

export interface StopLine {
  id: string;
  kind?: string;
  scope: string;
  stops: string;
  why?: string;
  placed_by: string;
  release: string;
  placed_at?: string | null;
  expires_at?: string | null;
}

/** What a slot of a flow holds; the fact stands under the name of its type. */
export interface Value {
  type: string;
  text?: string;
  money?: Sum;
  at?: string | null;
  yes?: boolean;
  payment?: PaymentFact;
  cause?: CauseFact;
  terms?: TermsFact;
  act?: ActFact;
  incident?: IncidentFact;
  instrument?: InstrumentFact;
  refund?: RefundFact;
  dispute?: DisputeFact;
  device?: DeviceFact;
  limits?: { there: boolean; items?: LimitLine[] | null };
  restrictions?: { there: boolean; own: boolean; items?: StopLine[] | null };
  restriction?: StopLine;
}

export interface Option {
  id: string;
  label: string;
  hint?: string;
}

export type ViewKind = 'ask' | 'choose' | 'show' | 'confirm' | 'step_up' | 'execute' | 'wait' | 'hand_over' | 'end' | 'call' | 'propose' | 'branch';

/** What a step shows. */
export interface View {
  step: string;
  kind: ViewKind;
  say?: string;
  figures?: Figures;
  type?: string;
  options?: Option[];
  items?: Value[];
  most?: number;
  optional?: boolean;
  other?: boolean;
  card?: string;
  value?: Value;
  problem?: string;
  stuck?: boolean;
  back?: boolean;
  /** Of a proof: there is a way on without it. */
  cannot?: boolean;
}

export interface Walk {
  run: Run;
  views: View[];
}

export type Doing = 'set' | 'other' | 'skip' | 'go_on' | 'confirm' | 'deny' | 'back' | 'human' | 'cannot';

/** What somebody says to a step. */
export interface Answer {
  do: Doing;
  text?: string;
  hash?: string;
}

export interface Proposal {
  id: string;
  flow: string;
  title: string;
  figures?: Figures;
  about?: string;
  given?: Record<string, string>;
}

export interface Offered {
  flows: { id: string; title: string; about?: string }[];
  proposals: Proposal[];
  open: Run[];
}

/** What somebody calls a thing that can be chosen. */
export const nameOf = (v: Value, m: FlowWords): string =>
  v.payment?.party || v.instrument?.label || v.device?.label || (v.restriction && `${m.stops[v.restriction.stops]} · ${m.scopes[v.restriction.scope]}`) || '';

/** The wallet's id of what a value is about. */
export function refOf(v: Value): string {
  const fact = v[v.type as 'payment'];
  return fact?.id ?? '';
}
