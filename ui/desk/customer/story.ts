import { lines } from '../../kit/flow/say.ts';
import type { DisputeFact, RefundFact, Sentence, TermsFact } from '../../kit/flow/wire.ts';
import { moneyText } from '../../kit/text/money.ts';
import type { Api } from '../shell/api.ts';
import type { Transaction } from './wallet.ts';

export type Answered = 'told' | 'not_offered' | 'silent';

/** Why a payment failed, for staff. */
export interface Cause {
  code: string;
  said?: string;
  source?: string;
  rail?: string;
  raw_code?: string;
  raw_text?: string;
  mapped?: string;
  known: boolean;
  agrees: boolean;
  title?: string;
  text?: string;
  untold?: 'fraud' | 'law' | 'unmapped' | 'unproven';
}

/** What the customer may be told. */
export interface Say {
  language: string;
  wanted: string;
  money: Sentence & { key: string };
  title?: string;
  text?: string;
  retry?: string;
  next: string[];
}

export interface StoryEvent {
  at: number;
  source: 'wallet' | 'provider' | 'risk' | 'notification' | 'device' | 'run' | 'act' | string;
  event: string;
  state?: string;
  raw_code?: string;
  raw_text?: string;
  tellable: boolean;
  ref?: string;
  by?: string;
}

/** What happened to a payment. */
export interface Story {
  transaction: Transaction;
  case: string;
  assurance: number;
  money: Sentence & { key: string };
  cause?: Cause;
  withheld: boolean;
  say: Say;
  timeline: { from: 'wallet' | 'history' | 'silent'; items: StoryEvent[]; left: number };
  refunds: { are: Answered; items: RefundFact[]; terms?: TermsFact };
  disputes: { are: Answered; items: DisputeFact[] };
}

export const story = (api: Api, customer: string, id: string, lang: string): Promise<Story> =>
  api.call('GET', `/v1/customers/${encodeURIComponent(customer)}/wallet/transactions/${encodeURIComponent(id)}/story?lang=${encodeURIComponent(lang)}`);

/** A time that somebody elsewhere reads: with its day, and the zone that it is told in. */
function theirTime(at: string, lang: string, zone: string | undefined): string {
  const form: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short' };
  const when = new Date(at);
  try {
    return new Intl.DateTimeFormat(lang, { ...form, timeZone: zone || undefined }).format(when);
  } catch {
    return new Intl.DateTimeFormat(lang, form).format(when);
  }
}

/** A sentence as its customer reads it, in their language and where they are. */
function theirs(s: Sentence, lang: string, zone: string | undefined): string {
  return s.text.replace(/\{([\w.]+)\}/g, (_, name: string) => {
    const f = s.figures?.[name];
    if (f?.money) return moneyText(f.money, lang);
    return f?.at ? theirTime(f.at, lang, zone) : (f?.text ?? '');
  });
}

/** What may be said, as it goes into a reply: exactly what is shown. */
export function sayable(say: Say, zone: string | undefined): string {
  const parts = [theirs(say.money, say.language, zone), say.text, say.retry].filter((p): p is string => !!p);
  return parts.join(/^(zh|ja|th)\b/.test(say.language) ? '' : ' ');
}

/** Whether a text says anything once its figures are left out. */
export const saysSomething = (s: Sentence | undefined, tag: string): boolean => lines(s?.text, s?.figures, tag).length > 0;

/** What is held, and must not be told why. */
export const untoldHolds = (t: Transaction) => (t.holds ?? []).filter((h) => !h.disclosable);

/** A code of the wallet's for which there is no word, in letters. */
export const spelledOut = (code: string): string => code.replaceAll('_', ' ');
