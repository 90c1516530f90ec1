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
    instrument_default: 'Choose the default card', instrument_remove: 'Remove a card', mandate_cancel: 'End an automatic payment', recovery_stop: 'Stop a recovery of access',
    retrieval: 'Bring back a crypto transfer',
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
  about: 'About the payment:',
  propose: (what: string) => `Propose: ${what.toLowerCase()}`,
  howMuch: (currency: string) => `How much, in ${currency}`,
  askReasons: {
    not_received: 'It did not come', duplicate: 'It was taken twice', wrong_amount: 'The amount is wrong', cancelled: 'It was cancelled', wrong_payee: 'It went to the wrong person', goodwill: 'Goodwill',
  } as Record<string, string>,
  asksThem: 'The wallet works out exactly what would happen, and the customer sees it in this conversation with Confirm and Not this. Nothing is done without their yes.',
  askThem: 'Ask the customer',
  askedExactly: 'The customer is asked for exactly this:',
  askedNow: 'It stands in the conversation, and the wallet tells them if their window is closed. You see here what they say. What they prove with stays between them and their wallet.',
  asked: (left: string) => `Waiting for the customer’s yes (${left} left)`,
  saidNo: 'The customer said no',
  proofs: {
    not_needed: 'Agreed to', not_asked: 'Agreed to, not proven yet', pending: 'Agreed to; waiting for the proof in the wallet', proven: 'Proof given', used: 'Proof given', declined: 'The customer says that it was not them',
    expired: 'Agreed to; the proof was not given in time', refused: 'Agreed to; the proof was not accepted', locked: 'Agreed to; too many false proofs', unavailable: 'Agreed to; the wallet does not ask at present',
  } as Record<string, string>,
  line: (who: string, what: string, state: string) => {
    const by = who || 'We';
    const lines: Record<string, string> = {
      proposed: `${by} asked the customer for their yes: ${what}`, confirmed: `The customer agreed: ${what}`, waiting: `A second person has to agree: ${what}`, approved: `A second person agreed: ${what}`, sent: `The wallet is at it: ${what}`,
      succeeded: `Done in the wallet: ${what}`, failed: `Not done in the wallet: ${what}`, unknown: `Not known yet whether it was done: ${what}`, rejected: `A second person refused: ${what}`, cancelled: `Not gone on with: ${what}`,
      expired: `The time ran out: ${what}`,
    };
    return lines[state] ?? '';
  },
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
    blocked: 'The wallet refuses and does not say why.', not_supported: 'This wallet cannot do that.', destination_closed: 'The way that the money came is closed.', no_rule: 'No rule of the house allows it.', too_many_by_staff: 'You have done many of these within the last hour or day. Ask a supervisor.', not_told: 'The wallet did not tell what a rule of the house asks about. Try again, or ask a supervisor.', cannot_be_judged: 'A rule of the house cannot be worked out. Ask a supervisor.', underway: 'The same is under way already, or may have happened.', in_doubt: 'Nobody knows yet what became of it. The wallet is being asked.',
    customer_unknown: 'The customer is not signed in to the wallet here, so they could not say yes. Ask them to open this window from the wallet and sign in, then propose it again.',
    conversation_closed: 'This conversation is closed, so the customer would not see it. Reopen it, or go to where it goes on, and propose it there.',
    file_missing: 'A file that the customer agreed to is not there any more, or is another one: ask them for it again.', file_refused: 'The wallet takes no such file: a picture, a PDF or plain text that is not too large.',
    unreachable: 'The wallet could not be reached.', declined: 'The customer said no.', withdrawn: 'It was taken back.', superseded: 'Another proposal took its place.',
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
  unreadable: 'What this is cannot be read any more. Nothing is done with it; the wallet is asked what became of it.',
  unreadableShort: 'Cannot be read',
  inDoubt: 'Nobody knows yet what became of it. The wallet is being asked, and it can be decided after that.',
  frozen: 'The wallet is frozen already.',
  exact: {
    title: 'Exactly what is agreed to', target: 'Acts on', also: (n: number) => (n === 1 ? 'And on one more' : `And on ${n} more`), amount: 'Asked for', fees: 'Costs the customer', reason: 'Reason',
    expect: 'State it was decided on', state: 'State when worked out', effects: 'Also changes', undo: 'Undone later', can: 'can be', cannot: 'cannot be', proof: 'Proof', hash: 'Fingerprint',
    details: { claim: 'What the customer says', note: 'Note' } as Record<string, string>,
    claims: { unauthorised: 'It was not them', scam: 'They were deceived', merchant: 'The merchant did not deliver', processing: 'It was processed wrongly' } as Record<string, string>,
  },
};

export type ActMessages = typeof actEn;
