const names = { image: 'pictures', pdf: 'PDF', text: 'plain text' } as Record<string, string>;
const list = (items: string[]) => new Intl.ListFormat('en', { type: 'conjunction' }).format(items);
const alternatives = (items: string[]) => new Intl.ListFormat('en', { type: 'disjunction' }).format(items);
const kinds = { image: 'a picture', pdf: 'a PDF', text: 'plain text' } as Record<string, string>;
const oneOf = (takes: string[]) => alternatives(takes.flatMap((t) => kinds[t] ?? []));

export const words = {
  /** Of one thing: what is taken, and how large each may be. */
  takes: (takes: string[], most: number, max: string) => {
    const what = list(takes.flatMap((t) => names[t] ?? []));
    return [what.charAt(0).toUpperCase() + what.slice(1), most === 1 ? 'one file' : `up to ${most}`, max && `${max} each`].filter(Boolean).join(', ');
  },
  needed: (n: number) => (n === 1 ? '1 still needed' : `${n} still needed`),
  enough: 'Enough',
  choose: 'Choose files',
  photo: 'Take a photo',
  chooseFor: (what: string) => `Choose files: ${what}`,
  photoFor: (what: string) => `Take a photo: ${what}`,
  drop: 'Drop it here',
  full: 'As many as there may be. To add another, remove one.',
  advice: 'Pictures lose their place and camera data. Leave out recovery phrases, passwords and codes: nobody from us needs them.',
  held: 'Not added yet. Cover what nobody needs to see, then add it.',
  add: 'Add',
  addFile: (name: string) => `Add ${name}`,
  cover: 'Cover',
  coverFile: (name: string) => `Crop or cover parts of ${name}`,
  waiting: 'Waiting to be uploaded',
  uploading: (part: string) => `Uploading, ${part}`,
  giving: 'Uploaded; adding it',
  given: 'Added',
  givenFile: (name: string) => `${name} was added.`,
  openFile: (name: string, size: string) => `Open ${name}, ${size}`,
  openFailed: 'It cannot be opened right now. It is still there.',
  cancelFile: (name: string) => `Cancel ${name}`,
  removeFile: (name: string) => `Remove ${name}`,
  retryFile: (name: string) => `Try ${name} again`,
  removed: (name: string) => `${name} was removed.`,
  undo: 'Put it back',
  forGood: 'Remove it for good? This device has no copy to put back.',
  keep: 'Keep it',
  remove: 'Remove',
  leftOut: (n: number) => (n === 1 ? '1 file had no place here and was left out.' : `${n} files had no place here and were left out.`),
  odd: (files: string[], takes: string[]) => `${list(files)}: this needs ${oneOf(takes)}. A photo of it will do.`,
  problems: {
    offline: 'No connection. It is added as soon as there is one.',
    failed: 'It could not be uploaded. Try again.',
    no_answer: 'It is not known yet whether it was added. Try again: nothing is added twice.',
    large: 'Too large. Take a photo of it, or make a smaller copy.',
    file_too_large: 'Larger than the wallet takes. Take a photo of it, or make a smaller copy.',
    kind: 'This sort of file is not taken. Take a photo of it instead.',
    wrong_type: 'This sort of file is not taken here. Take a photo of it instead.',
    full: 'There is no room for it now. Go on with what is there, or try again later.',
    too_many: 'There are as many files as there may be. Remove one first.',
    too_much: 'Your files are too large together. Remove one, or make smaller copies.',
    same_file: 'This very file is here already.',
    no_option: 'It could not be added here. Choose it again.',
  } as Record<string, string>,
  max: (max: string) => `At most ${max}.`,
  lacking: (what: string[]) => (what.length > 0 ? `Still needed: ${list(what)}.` : 'Add at least one file first.'),
  stuck: 'One file was not added. Try it again or remove it, then go on.',
  goOn: 'Go on',
  goOnWith: (n: number) => (n === 1 ? 'Go on with 1 file' : `Go on with ${n} files`),
  skip: 'Go on without files',
};

export type PaperWords = typeof words;
