/**
 * A key that an input method (Chinese, Japanese …) takes for itself: it confirms or
 * gives up a word, and means nothing to the page. Browsers tell by isComposing;
 * Safari, which ends the composition before the key, by key code 229.
 */
export function composing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

/** Enter that means "send": not the one that only confirms a word of an input method. */
export function sends(event: KeyboardEvent): boolean {
  return event.key === 'Enter' && !event.shiftKey && !event.altKey && !composing(event);
}
