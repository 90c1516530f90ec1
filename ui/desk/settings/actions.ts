/** What a wallet can be asked to do, in the order in which it is offered. */
export const acts = ['freeze', 'instrument_block', 'sessions_revoke', 'device_revoke', 'unfreeze', 'refund', 'refund_cancel', 'dispute', 'dispute_evidence', 'provisional_credit', 'hold_release', 'recall', 'inspect', 'notify', 'instrument_default', 'instrument_remove', 'mandate_cancel', 'recovery_stop', 'retrieval', 'withdraw', 'closure', 'closure_cancel', 'points_claim', 'points_redeem', 'goodwill', 'consent_give', 'consent_withdraw'] as const;

export interface PolicyRule {
  id: string;
  acts: string[];
  if?: string | undefined;
  allow: boolean;
  level?: number | undefined;
  four_eyes?: boolean | undefined;
  code?: string | undefined;
}

export interface ActionPolicy {
  rules: PolicyRule[];
}

const moveMoney = ['refund', 'provisional_credit', 'hold_release', 'recall'];

/** The assurance that no rule about these acts may go below; the server holds to it too. */
export function leastOf(of: string[]): number {
  if (of.includes('unfreeze')) return 3;
  return of.some((act) => moveMoney.includes(act)) ? 2 : 1;
}
