/** What is taken, as far as the server says and there is a limit. */
function kinds(types?: string[]): string {
  if (!types || types.includes('application/octet-stream')) return '';
  const all = [types.some((t) => t.startsWith('image/')) && 'pictures', types.includes('application/pdf') && 'PDF', types.includes('text/plain') && 'plain text'].filter(Boolean) as string[];
  return all.length > 0 ? `: ${new Intl.ListFormat('en', { type: 'conjunction' }).format(all)}` : '';
}

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
  limits: (most: number, max: string, types?: string[]) => `Up to ${most} files, ${max} each${kinds(types)}. Pictures lose their place and camera data.`,
  keepBack: 'Don’t photograph your recovery phrase or your card’s security code: nobody from us needs them.',
  choose: 'Choose files',
  photo: 'Take a photo',
};

export type FileWords = typeof words;
