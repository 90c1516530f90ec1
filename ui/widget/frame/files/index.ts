// What sending a file takes; fetched when the first one is picked.
export { Picks } from '../../../kit/files/picks.svelte.ts';
export { uploader } from '../../../kit/files/upload.ts';
export { default as FileList } from './FileList.svelte';
