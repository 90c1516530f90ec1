// What sending a file takes; fetched when one is about to be picked.
export { Carriage } from './carriage.ts';
export { heldOf } from '../../../kit/flow/papers/held.ts';
export { default as Chooser } from './Chooser.svelte';
export { default as FileList } from './FileList.svelte';
