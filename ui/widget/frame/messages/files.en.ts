export const words = {
  removeFile: (name: string) => `Remove ${name}`,
  retryFile: (name: string) => `Try ${name} again`,
  edit: (name: string) => `Crop or cover parts of ${name}`,
  uploading: 'uploading',
  uploadWaiting: 'waiting',
  upload: {
    failed: 'Could not be uploaded',
    kind: 'Files of this kind are not taken',
    full: 'No room: send the others first',
    offline: 'Not uploaded: no connection',
    large: (max: string) => `Larger than ${max}`,
  },
  uploadUnfinished: 'Remove what could not be uploaded, or try it again. Then send.',
  filesLeftOut: (n: number, most: number) => `At most ${most} files go into one message. ${n === 1 ? '1 file was' : `${n} files were`} left out.`,
  limits: (most: number, max: string) => `Up to ${most} files, ${max} each. Pictures lose their place and camera data.`,
};

export type FileWords = typeof words;
