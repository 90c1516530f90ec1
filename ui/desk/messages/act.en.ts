const list = (items: string[]) => new Intl.ListFormat('en', { type: 'conjunction' }).format(items.map((one) => one.toLowerCase()));
const begun = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** What is done in the wallet, as staff say it. */
export const actEn = {
  title: 'Done in the wallet',
  now: 'You can do now',
  acts: {
    freeze: 'Freeze the wallet', unfreeze: 'Unfreeze the wallet', refund: 'Refund', refund_cancel: 'Take a refund back', dispute: 'Dispute', dispute_evidence: 'Add evidence',
    provisional_credit: 'Credit for now', hold_release: 'Release a held payment', recall: 'Recall a transfer', instrument_block: 'Block a card', sessions_revoke: 'Sign out everywhere',
    device_revoke: 'Remove a device', notify: 'Send a message', inspect: 'Ask where the money is',
  } as Record<string, string>,
  effects: { payments_stop: 'No payment can leave their wallet until it is lifted.', signed_out: 'Every device of theirs is signed out.', instrument_stops: 'The card cannot be used any more.' } as Record<string, string>,
  proof: 'The customer confirms it in the wallet. No code is ever asked for here.',
  reversible: 'It can be undone later.',
  proven: 'The customer has confirmed it in the wallet.',
  second: 'Nothing happens before a second person has agreed.',
  withThem: (what: string[]) => `${begun(list(what))}: only with the customer’s yes.`,
  missing: (what: string[]) => `This wallet does not do: ${list(what)}.`,
  why: 'Reason',
  reasons: { customer_asked: 'The customer asked for it', lost_device: 'Phone or card lost or stolen', unknown_payments: 'Payments that they do not know' },
  which: 'Which card',
  asks: 'First the wallet works out exactly what would happen. Nothing is done yet.',
  workOut: 'See what would happen',
  exactly: 'This is exactly what will happen:',
  yes: 'Yes, do this',
  begun: 'It is under way.',
  look: 'Look at it',
  start: 'Have it done',
  cancel: 'Give it up',
  changed: 'It is not as it was shown, or its time is over. Look at it again.',
  notYours: 'Take the conversation over first: whoever has it can have this done.',
  refused: 'The wallet or the house does not allow it now.',
  refusals: {
    too_many: 'Too much was done for this customer today. Ask a supervisor.', held_by_authority: 'An authority placed it; nobody here can lift it.', factor_too_young: 'What proves who they are was changed a short while ago. Wait, or see them in person.',
    disputed: 'The payment is disputed: the dispute decides.', not_eligible: 'The payment does not qualify.', state_changed: 'It is not as it was when somebody decided.', amount_too_high: 'That is more than there is left.',
    already_done: 'It is done already.', step_up_required: 'The customer has to confirm it in the wallet.', approval_required: 'A second person has to agree.', limit_reached: 'A limit of the wallet’s is reached.',
    blocked: 'The wallet refuses and does not say why.', not_supported: 'This wallet cannot do that.', destination_closed: 'The way that the money came is closed.', no_rule: 'No rule of the house allows it.',
  } as Record<string, string>,
  states: {
    proposed: 'Shown', confirmed: 'Agreed to', waiting: 'Waits for a second person', approved: 'Approved', planned: 'About to be sent', sent: 'In the wallet', succeeded: 'Done', failed: 'Not done',
    unknown: 'Not known yet', rejected: 'Refused', cancelled: 'Given up', expired: 'Ran out',
  } as Record<string, string>,
  by: { customer: 'By the customer', staff: 'By staff', system: 'By itself' } as Record<string, string>,
  waitingTitle: 'In the wallet, waiting for a second person',
  noneWaiting: 'Nothing waits.',
  until: (when: string) => `Until ${when}`,
  conversation: 'Open the conversation',
  approve: 'Agree to exactly this',
  approved: 'Agreed. It is being done.',
  reject: 'Refuse',
  rejected: 'Refused.',
  rejectWhy: 'Why? Whoever wanted it reads this.',
  notYou: 'Somebody else has to decide this.',
  moved: 'It is not as it was. Look at it again.',
};

export type ActMessages = typeof actEn;
