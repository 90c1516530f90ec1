export const words = {
  title: 'Cover or crop',
  hint: 'Draw over what nobody should see. What you cover is painted over in one colour before anything is sent.',
  keys: 'With the keyboard: arrow keys move the frame, with Shift they change its size, Enter covers, C crops.',
  picture: 'The picture, with the frame that you move',
  cover: 'Cover',
  crop: 'Crop to this',
  undo: 'Undo',
  done: 'Use this picture',
  cancel: 'Cancel',
  covered: 'Covered',
  cropped: 'Cropped',
  undone: 'Undone',
  failed: 'This picture cannot be changed here. You can still send it as it is, or remove it.',
};

export type EditorWords = typeof words;
