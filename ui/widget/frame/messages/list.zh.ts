import type { ListWords } from './list.en.ts';

export const words: ListWords = {
  newConversation: '发起新会话',
  yourConversations: '我的会话',
  olderConversations: '更早的会话',
  forget: '结束并从本设备清除',
  forgetAsk: '清除后，任何人（包括您自己）都无法再在本设备上查看这些会话。',
  forgetYes: '结束并清除',
  forgetNo: '保留',
  conversationOf: (day) => `${day}的会话`,
  unread: (n) => `${n} 条未读`,
  status: { open: '处理中', waiting: '已回复', snoozed: '跟进中', resolved: '已结束', merged: '已合并' },
};
