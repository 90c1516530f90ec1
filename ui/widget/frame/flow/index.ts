// What customers do for themselves; fetched when somebody who is signed in looks for help.
export { default as Run } from './Run.svelte';
export { default as Proposals } from './Proposals.svelte';
export { Running } from './running.svelte.ts';
