import type { ErrorCode } from '../../../kit/protocol/frames.ts';

export const words = {
  startLater: (time: string) => `You have begun many conversations in a short time. This one is sent at ${time}.`,
  startOften: 'You have begun many conversations in a short time. This one is sent a little later.',
  listGone: 'This conversation is not here any more.',
  error: {
    bad_frame: 'This page and our server do not understand each other. Reload the page; your message is kept.',
    unknown_type: 'This page is older than our server. Reload it; your message is kept.',
    too_large: 'This message is too long. Send it in two parts.',
    unauthenticated: 'Your sign-in has ended. Sign in to your wallet again.',
    forbidden: 'You cannot write in this conversation. Begin a new one.',
    not_found: 'This conversation is not here any more. Begin a new one.',
    invalid: 'This message could not be taken. Change it and send it again.',
    conflict: 'Something changed at the same time. Send it again.',
    merged: 'This conversation was joined with another one. Your message goes there.',
    rate_limited: 'That was a lot at once. The rest is sent in a moment.',
    not_supported: 'This is not available here yet.',
    unavailable: 'Our server is busy. Your message is kept and sent in a moment.',
    internal: 'Something went wrong on our side. Your message is kept and tried again.',
    file_gone: 'The file was lost when the page closed. Delete this, choose the file again and send it.',
    file_large: 'The file is too large. Delete this and send a smaller one.',
    file_kind: 'Files of this kind are not taken. Delete this and send another one.',
    file_full: 'There is no room for more files right now. Send it again in a while.',
    file_failed: 'The file could not be uploaded. Send it again.',
    given_up: 'Something went wrong on our side. Send it again, or delete it.',
  } satisfies Record<ErrorCode | `file_${'gone' | 'large' | 'kind' | 'full' | 'failed'}` | 'given_up', string>,
};

/** What is said of something that did not work. */
export type TroubleWords = typeof words;
