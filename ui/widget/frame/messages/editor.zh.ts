import type { EditorWords } from './editor.en.ts';

export const words: EditorWords = {
  title: '裁剪与遮挡',
  hint: '在不想让人看到的地方画框。发送前，被遮挡的部分会涂成同一种颜色，无法还原。',
  keys: '键盘操作：方向键移动选框，按住 Shift 调整大小，回车遮挡，C 键裁剪。',
  picture: '图片和可移动的选框',
  cover: '遮挡',
  crop: '裁剪',
  undo: '撤销',
  done: '使用这张图',
  cancel: '取消',
  covered: '已遮挡',
  cropped: '已裁剪',
  undone: '已撤销',
  failed: '这张图片无法在此编辑，可以原样发送，也可以移除。',
};
