import type { FlowWords } from './words.en.ts';
import type { Sum } from '../text/money.ts';
import { plain } from './say.ts';

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
  label?: string;
  amount: Sum;
  credited: boolean;
  decision_by?: string | null;
  evidence_by?: string | null;
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

/** A figure of a sheet: as those of sentences, and what else its rows hold. */
export interface SheetFigure extends Figure {
  /** Of at: the day alone. */
  day?: boolean;
  count?: number;
  /** A decimal text; 1.5 is one and a half of a hundred. */
  percent?: string;
  /** How long something takes. */
  seconds?: number;
}

export interface SheetSentence {
  text: string;
  figures?: Record<string, SheetFigure>;
}

/** The value of a row: a figure, or a sentence. */
export interface SheetCell extends SheetFigure {
  sentence?: SheetSentence;
  /** The sentence says how something stands, in a word or two. */
  status?: boolean;
}

export interface SheetRow {
  name: SheetSentence;
  value?: SheetCell;
  tone?: 'good' | 'warning';
  note?: SheetSentence;
  /** Opens something of the wallet's own. */
  link?: string;
}

/** What a read tells, row by row. */
export interface Sheet {
  heading?: SheetSentence;
  parts?: { heading?: SheetSentence; rows: SheetRow[] }[];
}

/** Something to choose that has no type of its own. */
export interface EntryFact {
  id: string;
  name: Sentence;
  note?: Sentence;
  amount?: Sum;
  at?: string | null;
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
  sheet?: Sheet;
  entry?: EntryFact;
}

export interface Option {
  id: string;
  label: string;
  hint?: string;
}

/** One thing of which files are asked for. */
export interface FileWant {
  id: string;
  label: string;
  hint?: string;
  takes: ('image' | 'pdf' | 'text')[];
  least: number;
  most: number;
}

/** A file that was given, and is kept with the run. */
export interface FileGiven {
  id: string;
  want: string;
  name: string;
  type: string;
  /** Bytes. */
  size: number;
}

/** What a step asks files for, and what was given. */
export interface FilesView {
  wants: FileWant[];
  given: FileGiven[];
  least: number;
  most: number;
  /** The most bytes of one file, where those who get it take no larger one. */
  bytes?: number;
}

export type ViewKind = 'ask' | 'choose' | 'files' | 'show' | 'confirm' | 'step_up' | 'execute' | 'wait' | 'hand_over' | 'end' | 'call' | 'propose' | 'branch';

/** What a step shows. */
export interface View {
  step: string;
  kind: ViewKind;
  /** Something that was typed before is not kept any more, and is shown no more. */
  forgets?: boolean;
  say?: string;
  figures?: Figures;
  type?: string;
  options?: Option[];
  items?: Value[];
  files?: FilesView;
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

export type Doing = 'set' | 'other' | 'skip' | 'go_on' | 'confirm' | 'deny' | 'back' | 'human' | 'cannot' | 'give' | 'remove';

/** What somebody says to a step. */
export interface Answer {
  do: Doing;
  text?: string;
  hash?: string;
  /** The id of a file, to give it. */
  file?: string;
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

/** What a value that can be chosen says of itself, whichever it is. */
interface Chosen {
  id: string;
  party?: string;
  label?: string;
  name?: Sentence;
  note?: Sentence;
  stops?: string;
  scope?: string;
  amount?: Sum;
  begun?: string | null;
  expected_by?: string | null;
  decision_by?: string | null;
  last_seen?: string | null;
  placed_at?: string | null;
  at?: string | null;
}
export const factOf = (v: Value): Chosen => (v[v.type as 'entry'] ?? {}) as Chosen;

/** What somebody calls a thing that can be chosen. */
export function nameOf(v: Value, m: FlowWords, tag: string): string {
  const f = factOf(v);
  return f.party || f.label || plain(f.name?.text, f.name?.figures, tag) || (f.stops ? `${m.stops[f.stops]} · ${m.scopes[f.scope!]}` : '');
}

/** The wallet's id of what a value is about. */
export const refOf = (v: Value): string => factOf(v).id ?? '';
