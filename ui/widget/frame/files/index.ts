// What sending a file takes; fetched when one is about to be picked.
export { Picks } from '../../../kit/files/picks.svelte.ts';
export { Carrier } from '../../../kit/files/carrier.ts';
export { uploader } from '../../../kit/files/upload.ts';
export { default as Chooser } from './Chooser.svelte';
export { default as FileList } from './FileList.svelte';
