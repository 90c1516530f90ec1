import type { StoryWords } from './casestory.en.ts';

export const words: StoryWords = {
  credit: { running: '您可以使用。如果查明没有差错，我们会先通知您再收回。', kept: '这笔钱归您。', part: '支持您的部分归您。', owed: '未支持您的请求：收回之前会先书面通知您。', taken: '已收回。' },
  event: {
    opened: '您告知我们', noticed: '您再次告知', asked: '请您提供', received: '已收到', paused: '期限暂停', resumed: '期限恢复', informed: '告知进展', promised: '承诺时间', extended: '需要更长时间', credited: '垫付', credit_taken: '收回垫付', written: '信函',
    appealed: '您不接受决定', withdrawn: '已撤回', closed: '已结束', reopened: '重新开启', added: '您补充了', erased: '已删除', prepared: '您的副本已备好', fetched: '您取走了副本',
  },
};
