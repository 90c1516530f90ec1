import type { FileWords } from './files.en.ts';

function kinds(types?: string[]): string {
  if (!types || types.includes('application/octet-stream')) return '';
  const all = [types.some((t) => t.startsWith('image/')) && '图片', types.includes('application/pdf') && 'PDF', types.includes('text/plain') && '纯文本'].filter(Boolean);
  return all.length > 0 ? `，支持${all.join('、')}` : '';
}

export const words: FileWords = {
  removeFile: (name) => `移除 ${name}`,
  retryFile: (name) => `重新上传 ${name}`,
  edit: (name) => `裁剪或遮挡 ${name}`,
  uploading: '上传中',
  uploadWaiting: '等待上传',
  upload: {
    failed: '上传失败',
    kind: '不支持此类文件',
    full: '已达上限，请先发送已选的文件',
    offline: '未上传：网络已断开',
    large: (max) => `超过 ${max}`,
  },
  uploadUnfinished: '请移除或重试未上传的文件，然后再发送。',
  filesLeftOut: (n, most) => `一条消息最多 ${most} 个文件，有 ${n} 个未添加。`,
  limits: (most, max, types) => `最多 ${most} 个文件，每个不超过 ${max}${kinds(types)}。图片中的位置和拍摄信息会被清除。`,
  keepBack: '请勿拍摄助记词或银行卡安全码：我们的任何人都不需要这些。',
  choose: '选择文件',
  photo: '拍照',
};
