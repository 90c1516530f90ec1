import type { AfterWords } from './after.en.ts';

export const words: AfterWords = {
  ask: '这次服务您满意吗？',
  scores: ['很不满意', '不满意', '一般', '满意', '很满意'],
  thanks: '感谢评价！',
  more: '想再说两句吗？',
  send: '提交',
  sent: '已收到，谢谢！',
  failed: '没有提交成功，请稍后再试。',
};
