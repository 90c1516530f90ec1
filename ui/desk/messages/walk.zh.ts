import type { WalkMessages } from './walk.en.ts';

export const walkZh: WalkMessages = {
  title: '陪客户一步步办理',
  panel: '分步办理',
  go: '陪客户一步步办理',
  choose: '办理哪一项？客户会在自己的窗口看到同样的步骤，也可以作答。',
  aboutPayment: '关于这笔交易。客户会在自己的窗口看到同样的步骤，也可以作答。',
  none: '这个钱包不提供分步办理所需的信息。',
  together: '客户也能看到这里，谁先作答就往下走。',
  theirsToAgree: '这一步只能由客户在自己的窗口里同意，请客户查看窗口。',
  watching: '已持续关注，有结果会告知客户。',
  customerOnly: '只有客户本人可以同意。',
  notYours: '请先接手会话：由负责会话的客服陪客户办理。',
  finished: '会话已结束。重新开启后，才能陪客户分步办理，或查看客户自助办理的情况。',
  many: '短时间内发起太多，请稍候。',
  state: { asking: '进行中', working: '进行中', waiting: '等待中', ended: '已结束', handed_over: '已转人工', expired: '已搁置' },
};
