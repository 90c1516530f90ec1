// The questions of a form; fetched when a topic was chosen.
export { default as Intake } from './Intake.svelte';
export { Filling } from './filling.svelte.ts';
