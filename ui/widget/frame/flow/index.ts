// What customers do for themselves; fetched when somebody who is signed in looks for help.
export { default as Run } from './Run.svelte';
export { default as Proposals } from './Proposals.svelte';
// What is proposed to a customer is shown by the same card; as a part of its own that
// would be fetched by itself, and both would weigh more.
export { default as Card } from '../../../kit/flow/Card.svelte';
export { leads } from '../../../kit/flow/link.ts';
export { Running } from './running.svelte.ts';
