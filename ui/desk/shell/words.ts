import type { Conversation, Evidence } from './api.ts';
import type { Messages } from '../messages/en.ts';

export type KnownEvidence = keyof Messages['evidence'];

/** How sure we are of who this is; without any evidence, not at all. */
export function evidenceOf(customer: { evidence: Evidence; anonymous: boolean }): KnownEvidence {
  const { evidence, anonymous } = customer;
  return anonymous || !evidence ? 'anonymous' : evidence;
}

/** What to call a customer whose name may not be known. */
export function nameOf(customer: Conversation['customer'], m: Messages): string {
  return customer.name || (customer.anonymous ? m.visitor : m.customer);
}

/** What a button says of itself: its key too, while single keys are commands. */
export function withKey(text: string, key: string, on: boolean): string {
  return on ? `${text} (${key})` : text;
}

/** A language's name in the reader's own. */
export function languageName(code: string, tag: string): string {
  try {
    return new Intl.DisplayNames(tag, { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}
