import type { Sheet, SheetRow, SheetSentence } from '../../../kit/flow/wire.ts';
import type { Texts } from '../forms/intake.ts';
import { told as toldEn } from '../messages/product.en.ts';
import { told as toldZh } from '../messages/product.zh.ts';

/** One thing that customers can have. What it costs is in the wallet's schedule of fees. */
export interface Plan {
  name: Texts;
  about: Texts;
  order?: number | undefined;
  from: string;
  until?: string | undefined;
  for: string[];
  regions?: string[] | undefined;
  currencies: string[];
  uses: string[];
  pay_in: string[];
  traits?: string[] | undefined;
  fees?: string[] | undefined;
}

/** What somebody else says of their own wallet, with where it stands. */
export interface Claim {
  name: string;
  topic: string;
  text: Texts;
  address: string;
  seen: string;
}

export const audiences = ['adult', 'young', 'business'] as const;
export const regions = ['eu', 'uk', 'us', 'cn', 'elsewhere'] as const;
export const uses = ['shops', 'people', 'abroad', 'income', 'sales', 'crypto'] as const;
export const ways = ['bank', 'card', 'cash', 'mobile_money'] as const;
export const traits = ['strong_proof', 'round_clock', 'no_document', 'rewards'] as const;
export const topics = ['security', 'convenience', 'payments', 'fees', 'support', 'reviews'] as const;

/** What a window of the language says: the desk's own language does not matter to a customer. */
export const toldIn = (language: string): typeof toldEn => (language === 'zh' ? toldZh : toldEn);

/** A sentence that is told as it was written, whatever braces are in it. */
const own = (text: string): SheetSentence => ({ text: '{text}', figures: { text: { text: text || '…' } } });

/** A plan as a customer sees it; without its fees, which only the wallet tells. */
export function planSheet(plan: Plan, language: string): Sheet {
  const w = toldIn(language);
  const line = (name: string, words: string[] | undefined, of?: Record<string, string>): SheetRow[] =>
    words && words.length > 0 ? [{ name: { text: name }, value: { sentence: own(words.map((word) => of?.[word] ?? word).join(w.and)) } }] : [];
  const day = (text: string) => (text ? [text] : []);
  return {
    heading: own(plan.name[language] ?? ''),
    parts: [
      {
        rows: [
          { name: own(plan.about[language] ?? '') },
          ...line(w.for, plan.for, w.audiences),
          ...line(w.livesIn, plan.regions, w.regions),
          ...line(w.usedFor, plan.uses, w.uses),
          ...line(w.payIn, plan.pay_in, w.ways),
          ...line(w.currencies, plan.currencies),
          ...line(w.has, plan.traits, w.traits),
          ...line(w.since, day(plan.from)),
          ...line(w.until, day(plan.until ?? '')),
        ],
      },
    ],
  };
}

/** A claim as a customer sees it. */
export function claimSheet(claim: Claim, language: string): Sheet {
  const w = toldIn(language);
  return {
    parts: [
      {
        heading: { text: w.others },
        rows: [{ name: own(claim.name), value: { sentence: own(claim.text[language] ?? '') }, note: { text: w.source, figures: { address: { text: claim.address || '…' }, day: { text: claim.seen || '…' } } } }],
      },
    ],
  };
}
