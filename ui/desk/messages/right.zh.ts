import type { certificates as en, needs as enNeeds } from './right.en.ts';

export const certificates: typeof en = {
  title: '证书',
  lead: '谁通过了哪项培训。机构的限制可能要求证书；过期或收回的证书立即失效。',
  give: '颁发证书',
  whose: '颁发给',
  notOneself: '不能给自己颁发证书。',
  training: '培训',
  choose: '请选择…',
  lastDay: '最后一天',
  lastDayHint: '留空：按培训规定的期限。',
  none: '还没有人持有证书',
  noneLead: '有人通过培训后，在这里颁发证书。',
  noTrainings: '还没有培训',
  noTrainingsLead: '请先设置有哪些培训，以及证书的有效期。',
  toTrainings: '前往设置中的培训',
  forGood: '长期有效，直到收回',
  until: (when: string) => `有效期至 ${when}`,
  over: (when: string) => `已于 ${when} 过期`,
  by: (name: string) => `· 由 ${name} 颁发`,
  renew: '重新颁发',
  renewed: '已重新颁发。',
  takeBack: '收回',
  takenBack: '已收回，证书不再有效。',
  taken: '此人已有该证书，请重新颁发那一份。',
};

export const needs: typeof enNeeds = {
  withheld: (rule: string) => (rule ? `机构停用了您的这项权限：${rule}。` : '机构的一项限制无法读取，暂时停用了这项权限。'),
  training: (training: string) => `需要证书“${training}”，请向您的主管申请。`,
  proof: '需要重新验证您的身份。',
  prove: '立即验证',
  proved: '验证成功，请重试。',
  hours: (when: string) => (when ? `仅在工作时间可用，${when} 恢复。` : '仅在工作时间可用。'),
  network: '仅可在机构允许的网络中使用。',
};
