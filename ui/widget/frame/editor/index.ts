// Cuts and covers pictures before they are sent; fetched when somebody wants to.
export { default as Editor } from './Editor.svelte';
