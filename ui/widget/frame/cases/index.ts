// A customer's own cases; fetched with the list of their conversations.
export { default as Mine } from './Mine.svelte';
export { default as One } from './One.svelte';
