// What is asked when a conversation is over; fetched then.
export { default as Survey } from './Survey.svelte';
