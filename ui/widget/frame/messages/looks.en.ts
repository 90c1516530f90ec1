export interface LookWords {
  title: string;
  lead: string;
  loading: string;
  failed: string;
  tryAgain: string;
  none: string;
  more: string;
  close: string;
  what: Record<string, string>;
  field: (name: string) => string;
  fields: Record<string, string>;
  who: (pseudonym: string) => string;
  reasons: Record<string, string>;
  because: (reason: string) => string;
  lists: string;
  since: (date: string) => string;
}

export const words: LookWords = {
  title: 'Who looked at my data',
  lead: 'Every time one of us opened something of yours. The letters stand for one person: the same letters are the same person.',
  loading: 'One moment …',
  failed: 'That could not be fetched just now.',
  tryAgain: 'Try again',
  none: 'Nobody has opened anything of yours.',
  more: 'Show earlier ones',
  close: 'Close',
  what: {
    conversation: 'Your conversation was opened',
    offer: 'Your request was shown to somebody who could take it',
    customer: 'Your contact details were opened',
    wallet: 'Your wallet was looked at, with numbers hidden',
    attachment: 'A file of yours was opened',
    case: 'Your case was opened',
    self_service: 'What you did by yourself here was looked at',
    phrase: 'Your phrase was shown',
    reveal: 'One detail was shown in full',
    export: 'Your case was taken out as a file',
  },
  field: (name) => `: ${name}`,
  fields: {
    'customer.name': 'your name',
    'customer.email': 'your e-mail address',
    'customer.phone': 'your telephone number',
    'customer.username': 'your user name',
    'account.number': 'your account number',
    'transaction.counterparty': 'the other side of a payment',
    'transaction.counterparty_account': 'the account of the other side of a payment',
    'transaction.note': 'the note of a payment',
  },
  who: (pseudonym) => `One of us, ${pseudonym}`,
  reasons: {
    identify_customer: 'to make sure that it is you',
    trace_payment: 'to find a payment',
    contact_customer: 'to reach you',
    correct_data: 'to put something right',
    other: 'another one, which stands in our records',
  },
  because: (reason) => `The reason given: ${reason}.`,
  lists: 'Lists in which your conversation stood among others are not told here, nor what programs of ours read. Some looks are told only some weeks later.',
  since: (date) => `Kept since ${date}.`,
};
