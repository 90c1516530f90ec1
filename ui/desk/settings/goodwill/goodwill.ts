import type { Api } from '../../shell/api.ts';
import type { Texts } from '../forms/intake.ts';

export interface Reason {
  code: string;
  name: Texts;
  said: Texts;
  unused?: boolean | undefined;
}

/** Sums are decimal texts in whole units. */
export const sums = ['alone', 'gift', 'customer', 'person', 'team', 'house'] as const;
export type Bound = Record<(typeof sums)[number] | 'currency', string>;
export type SumWords = Record<(typeof sums)[number], string>;

/** How the house gives. */
export interface GoodwillRules {
  reasons: Reason[];
  bounds: Bound[];
  linked: number;
  repeat: number;
}

/** What was given of a budget this month; no team: by those in none. */
export interface Used {
  currency: string;
  team?: string;
  amount: string;
  gifts: number;
}

/** A gift; times are microseconds since 1970. */
export interface Gift {
  act: string;
  conv: string;
  customer: string;
  staff: string;
  approver?: string;
  team?: string;
  amount: string;
  currency: string;
  reason: string;
  at: number;
  given: boolean;
}

export interface Book {
  since: number;
  used: Used[];
  items: Gift[];
  next?: string;
}

export const readBook = (api: Api, cursor?: string): Promise<Book> => api.call('GET', `/v1/goodwill${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''}`);
