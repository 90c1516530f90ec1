import type { Eta } from '../../../kit/protocol/client.ts';

const classNames: Record<string, string> = {
  pan: 'a card number',
  cvv: 'a card security code',
  otp: 'a one-time code',
  seed: 'a recovery phrase',
  key: 'a private key or token',
  password: 'a password',
  id: 'an identity document number',
};

const labels: Record<string, string> = {
  pan: 'card number',
  cvv: 'security code',
  otp: 'one-time code',
  seed: 'recovery phrase',
  key: 'private key',
  password: 'password',
  id: 'identity number',
};

const list = (items: string[]) => new Intl.ListFormat('en', { type: 'conjunction' }).format(items);

export const en = {
  title: 'Help',
  close: 'Close help',
  back: 'All conversations',
  backToTopics: 'Other topics',
  moreTopics: 'More topics',
  loading: 'Loading',
  support: 'Support',
  assistant: 'Assistant',
  program: (name: string) => `${name} · automatic`,

  neverAsk: 'We never ask for your password, codes or recovery phrase.',
  person: 'Talk to a person',
  personAsking: 'Asking for a person',
  personAsked: 'A person was asked for',
  personFailed: 'We could not pass on that you want a person. Ask again.',
  personHint: 'Your conversation is with our team. A person will answer here.',

  emptyTitle: 'How can we help?',
  emptyText: 'Choose what it is about, or write below in your own words. Your message is kept, and the answer comes here.',
  somethingElse: 'Something else',
  somethingElseHint: 'Write freely',
  olderLoading: 'Loading earlier messages',
  older: 'Earlier messages',

  placeholder: 'Write a message',
  send: 'Send',
  attach: 'Attach a file',
  wentWrong: 'That did not work. Try again in a moment.',
  partFailed: 'This could not be loaded. Try again, or reload the page.',
  openFile: (name: string, size: string) => `Open ${name}, ${size}`,
  fileFailed: 'The file could not be opened. Try again in a moment.',
  tooLong: (over: number) => (over === 1 ? '1 character too many' : `${over} characters too many`),

  state: {
    queued: 'Will be sent when you are back',
    sending: 'Sending',
    stored: 'Sent',
    delivered: 'Received',
    read: 'Read',
    failed: 'Not sent',
  },
  unkept: 'Keep this page open until it is sent: the file is in no other place.',
  retry: 'Send again',
  discard: 'Delete',
  edited: 'edited',
  dropHere: 'Drop files here',
  away: (opens: string, by: string) => `Nobody is here right now.${opens ? ` We are back ${opens}.` : ''} Write all the same: your message is kept${by ? `, and you have an answer by ${by}` : ' and answered'}.`,
  promised: (by: string) => `You have an answer by ${by}.`,
  eta: ({ position, p50, p80, nobody }: Eta) => {
    if (nobody) return 'Nobody is here at the moment.';
    const place = position === 1 ? 'You are next.' : `You are number ${position}.`;
    if (!p50 || !p80) return place;
    const [from, to] = [p50, p80].map((s) => Math.max(1, Math.ceil(s / 60))) as [number, number];
    if (to > 90) return `${place} An answer takes up to ${Math.ceil(to / 60)} hours.`;
    return `${place} An answer takes about ${from === to ? '' : `${from} to `}${to} ${to === 1 ? 'minute' : 'minutes'}.`;
  },
  safeToClose: 'You can close this window. The answer comes here, and the help button shows it.',
  keepOpen: 'Keep this window open: the answer comes here, and your browser does not remember this conversation.',
  typing: (name: string) => `${name} is writing`,

  line: {
    person: 'You asked for a person.',
    joined: (name: string) => `${name} is helping you.`,
    left: 'Another colleague will take over.',
    resolved: 'This conversation was closed.',
    reopened: 'This conversation is open again.',
    snoozed: 'We are looking into it and will come back to you here.',
    merged: 'This conversation was joined with another one.',
    removed: 'A message was removed.',
  },
  closedHint: 'Closed. Write here and it opens again.',

  removedTitle: (classes: string[]) => `We removed ${list(classes.map((c) => classNames[c] ?? 'a secret'))} from your message`,
  removedText: 'It was taken out before anything was saved. Nobody here has seen it.',
  removedAdvice: (classes: string[]): string => {
    if (classes.includes('seed') || classes.includes('key'))
      return 'If anybody else has seen it, move your money to a new wallet now. We never need it.';
    if (classes.includes('otp') || classes.includes('password'))
      return 'If somebody asked you for it, it was not us: change your password and tell us here.';
    if (classes.includes('pan') || classes.includes('cvv'))
      return 'You do not need to send it: the last four digits are enough.';
    return 'You do not need to send it again.';
  },
  removedHere: (c: string, last4?: string) => (last4 ? `${labels[c]} ••••${last4}, removed` : `${labels[c]} removed`),
  removedLabel: (classes: string[]) => `Removed: ${list(classes.map((c) => classNames[c] ?? 'a secret'))}`,

  offline: 'You are offline. What you write is kept and sent when you are back.',
  busy: 'Many people are asking at the moment. You are let in as soon as there is room, and what you write is kept.',
  reconnecting: 'Connecting again. What you write is kept.',
  queued: (n: number) => (n === 1 ? '1 message is waiting to be sent.' : `${n} messages are waiting to be sent.`),
  endedSignIn: 'To ask here, please sign in to your wallet first, then open help again.',
  endedSession: 'Your sign-in has ended. Sign in to your wallet again to go on. Nothing you wrote is lost.',
  endedElsewhere: 'You have signed in. Your conversation goes on where you are signed in.',
  endedOther: 'Help cannot be reached right now. Try again in a moment.',
  asVisitor: 'Ask without signing in',
  tryAgain: 'Try again',
};

export type Messages = typeof en;
