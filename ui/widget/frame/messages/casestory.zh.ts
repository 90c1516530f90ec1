import type { StoryWords } from './casestory.en.ts';

export const words: StoryWords = {
  request: { copy: '您的信息副本', correct: '更正您的信息', erase: '删除您的信息', restrict: '限制使用您的信息', object: '对决定的异议', explain: '说明决定的理由', other: '个人信息请求' },
  copy: '您的副本',
  copyLead: '我们在这里保存的您的全部信息：可阅读的页面和可转移到别处的数据，合为一个签名文件，下载时即时生成。请妥善保管，勿让他人看到。',
  copyFetch: '下载我的副本',
  copied: { begun: '正在下载，进度请看浏览器。每次点击都会生成新的副本。', proof: '请先在钱包中确认是您本人，并在十分钟内返回这里。', failed: '没有成功，请稍后重试；如仍无法下载，请联系我们。' },
  prove: '是您本人吗？',
  proveLead: '在确定是您本人提出之前，不会删除或更正任何内容。请在钱包中确认是您本人，并在十分钟内回到这里点击下面的按钮。',
  proveDo: '我已确认',
  proved: '已记录：确认由您本人提出。',
  still: '保留但不使用',
  stillLead: (day) => `自${day}起，我们只保留您的信息，除您要求的事项、法律要求以及权利主张外，不作任何使用。`,
  liftAt: (day) => `如我们书面告知，自${day}起恢复使用。`,
  lift: '恢复使用',
  liftAsk: '确认后立即恢复使用，与您提出请求之前一样。',
  liftYes: '是的，恢复使用',
  credit: { running: '您可以使用。如果查明没有差错，我们会先通知您再收回。', kept: '这笔钱归您。', part: '支持您的部分归您。', owed: '未支持您的请求：收回之前会先书面通知您。', taken: '已收回。' },
  event: {
    opened: '您告知我们', noticed: '您再次告知', asked: '请您提供', received: '已收到', paused: '期限暂停', resumed: '期限恢复', informed: '告知进展', promised: '承诺时间', extended: '需要更长时间', credited: '垫付', credit_taken: '收回垫付', written: '信函',
    appealed: '您不接受决定', withdrawn: '已撤回', closed: '已结束', reopened: '重新开启', added: '您补充了', erased: '已删除', prepared: '您的副本已备好', fetched: '您取走了副本', identified: '您确认了是您本人', lift_told: '我们告知恢复使用的日期', lifted: '已恢复使用',
  },
};
