import type { TroubleWords } from './trouble.en.ts';

export const words: TroubleWords = {
  startLater: (time) => `您发起的会话较多，将在 ${time} 发出。`,
  startOften: '您发起的会话较多，稍后发出。',
  listGone: '此会话已不存在。',
  error: {
    bad_frame: '页面版本过旧，请刷新页面，消息已保留。',
    unknown_type: '页面版本过旧，请刷新页面，消息已保留。',
    too_large: '消息太长，请分次发送。',
    unauthenticated: '登录已失效，请重新登录钱包。',
    forbidden: '此会话无法发言，请发起新会话。',
    not_found: '此会话已不存在，请发起新会话。',
    invalid: '消息无法接收，请修改后重新发送。',
    conflict: '内容有变化，请重新发送。',
    merged: '会话已合并，消息会发到那里。',
    rate_limited: '发送太快，剩下的会自动发送。',
    not_supported: '暂不支持此功能。',
    unavailable: '服务器繁忙，消息已保留，会自动发送。',
    internal: '我们出了点问题，消息已保留，会自动重试。',
    file_gone: '文件已丢失，请删除后重新选择。',
    file_large: '文件过大，请删除后更换。',
    file_kind: '不支持此类文件，请删除后更换。',
    file_full: '文件太多，请稍后重新发送。',
    file_failed: '文件上传失败，请重新发送。',
    given_up: '我们出了点问题，请重新发送或删除。',
  },
};
