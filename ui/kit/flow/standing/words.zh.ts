import type { StandingWords } from './words.en.ts';

export const words: StandingWords = {
  incident: '途中的系统有故障',
  maintenance: '系统维护',
  over: '预计恢复',
  periods: { transaction: '每笔', day: '每天', week: '每周', month: '每月', year: '每年' },
  used: (used: string, max: string) => `已用 ${used}，共 ${max}`,
  resets: '重新计算',
  raise: { verify_identity: '完成身份认证可提高。', verify_income: '提交收入证明可提高。' },
  noLimits: '目前没有限额。',
  placedBy: { customer: '这是您自己设置的。', support: '这是客服设置的。', wallet: '这是钱包为安全设置的。', authority: '这是有关机关要求的。' },
  stopWhy: { customer_reports_fraud: '您报告了被盗。' },
  release: { customer: '您可以自己解除。', support: '客服可以解除。', review: '审核后解除。', authority: '有关机关解除。', time: '到期自动解除。' },
  until: '截止',
  noStops: '目前没有任何限制。',
  lastSeen: '最近使用',
};
