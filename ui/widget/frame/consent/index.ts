// What stands in a conversation to be answered by one press: a customer's own yes, and
// what is offered to whoever is in danger. Fetched when there is one.
export { default as Consent } from './Answered.svelte';
