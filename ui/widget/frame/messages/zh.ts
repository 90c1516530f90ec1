import type { Messages } from './en.ts';

const classNames: Record<string, string> = {
  pan: '银行卡号',
  cvv: '卡片安全码',
  otp: '验证码',
  seed: '助记词',
  key: '私钥或令牌',
  password: '密码',
  id: '证件号码',
};

const named = (classes: string[]) => classes.map((c) => classNames[c] ?? '敏感信息').join('、');

export const zh: Messages = {
  title: '客服帮助',
  close: '关闭',
  back: '全部会话',
  backToTopics: '换个问题',
  moreTopics: '更多问题',
  loading: '正在加载',
  support: '客服',
  assistant: '智能助手',
  program: (name) => `${name} · 自动发送`,

  neverAsk: '我们绝不会向您索要密码、验证码或助记词。',
  person: '转人工',
  personAsking: '正在转人工',
  personAsked: '已转人工',
  personFailed: '转人工没有成功，请重试。',
  personHint: '已交给人工客服，请在此等候。',

  emptyTitle: '遇到什么问题了？',
  emptyText: '请选择问题类型或直接输入，回复会显示在这里。',
  somethingElse: '其他问题',
  somethingElseHint: '直接描述',
  olderLoading: '正在加载',
  older: '查看更早的消息',

  placeholder: '请输入您的问题',
  send: '发送',
  attach: '添加文件',
  wentWrong: '没有成功，请稍后重试。',
  partFailed: '加载失败，请重试。',
  openFile: (name, size) => `打开 ${name}，${size}`,
  fileFailed: '文件打不开，请稍后重试。',
  tooLong: (over) => `超出 ${over} 个字`,

  state: {
    queued: '联网后自动发送',
    sending: '发送中',
    stored: '已发送',
    delivered: '已收到',
    read: '已读',
    failed: '未发送',
  },
  unkept: '发送完成前请勿关闭页面，文件没有另存。',
  retry: '重新发送',
  discard: '删除',
  edited: '已编辑',
  dropHere: '松开添加',
  away: (opens, by) => `客服暂时不在线${opens ? `，${opens}恢复服务` : ''}。您可以先留言，${by ? `我们会在${by}前回复` : '我们上班后回复'}。`,
  promised: (by) => `最迟在${by}前回复您。`,
  eta: ({ position, p50, p80, nobody }) => {
    if (nobody) return '目前没有客服在线。';
    const place = position === 1 ? '马上轮到您。' : `您排在第 ${position} 位。`;
    if (!p50 || !p80) return place;
    const [from, to] = [p50, p80].map((s) => Math.max(1, Math.ceil(s / 60))) as [number, number];
    if (to > 90) return `${place}预计 ${Math.ceil(to / 60)} 小时内回复。`;
    return `${place}预计 ${from === to ? '' : `${from}–`}${to} 分钟内回复。`;
  },
  safeToClose: '可以放心关闭窗口，回复会留在这里，按钮上会有提醒。',
  keepOpen: '请勿关闭此窗口，浏览器不会记住这次会话。',
  typing: (name) => `${name}正在输入`,

  line: {
    person: '您已申请人工服务。',
    joined: (name) => `${name}为您服务。`,
    left: '正在安排其他客服。',
    resolved: '本次会话已结束。',
    reopened: '会话已重新开启。',
    snoozed: '我们正在跟进，有结果会告诉您。',
    merged: '本会话已与另一会话合并。',
    removed: '一条消息已移除。',
  },
  closedHint: '会话已结束，发消息可重新开启。',

  removedTitle: (classes) => `已从您的消息中移除${named(classes)}`,
  removedText: '内容在保存之前就已移除，没有人看到过。',
  removedAdvice: (classes) => {
    if (classes.includes('seed') || classes.includes('key')) return '如果别人看到过它，请立刻把资产转到新的钱包。我们永远不需要它。';
    if (classes.includes('otp') || classes.includes('password')) return '如果有人向您索要，对方一定不是我们。请马上修改密码，并在这里告诉我们。';
    if (classes.includes('pan') || classes.includes('cvv')) return '不用发完整卡号，告诉我们后四位就够了。';
    return '不用再次发送。';
  },
  removedHere: (c, last4) => (last4 ? `${classNames[c]} ••••${last4}，已移除` : `${classNames[c]}已移除`),
  removedLabel: (classes) => `已移除：${named(classes)}`,

  offline: '网络已断开。您写的内容都会保留，联网后自动发送。',
  busy: '咨询人数较多，会自动接入，您写的内容都会保留。',
  reconnecting: '正在重新连接，您写的内容都会保留。',
  queued: (n) => `${n} 条消息等待发送。`,
  endedSignIn: '请先登录钱包，再打开客服。',
  endedSession: '登录已失效，请重新登录钱包。您写的内容都会保留。',
  endedElsewhere: '您已登录，会话在登录后的页面继续。',
  endedOther: '客服连不上，请稍后重试。',
  asVisitor: '不登录，直接咨询',
  tryAgain: '重试',
};
