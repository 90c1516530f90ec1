// Where a customer is asked for their own yes; fetched when something is proposed to them.
export { default as Consent } from './Consent.svelte';
