import type { ConversationStatus } from '../../../kit/protocol/frames.ts';

export const words = {
  newConversation: 'New conversation',
  yourConversations: 'Your conversations',
  olderConversations: 'Older conversations',
  forget: 'End and forget on this device',
  forgetAsk: 'Nobody can read your conversations on this device any more then, and neither can you.',
  forgetYes: 'End and forget',
  forgetNo: 'Keep them',
  conversationOf: (day: string) => `Conversation of ${day}`,
  unread: (n: number) => (n === 1 ? '1 unread message' : `${n} unread messages`),
  status: { open: 'Open', waiting: 'Answered', snoozed: 'On hold', resolved: 'Closed', merged: 'Joined' } satisfies Record<ConversationStatus, string>,
};

export type ListWords = typeof words;
