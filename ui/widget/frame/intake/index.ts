// The questions of a form; fetched when a topic was chosen.
export { default as Intake } from './Intake.svelte';
export { again } from './again.ts';
export { Filling } from './filling.svelte.ts';
