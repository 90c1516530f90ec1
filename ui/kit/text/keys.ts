/**
 * Enter that means "send". Enter that only confirms a word of an input method
 * (Chinese, Japanese …) does not: browsers tell by isComposing, Safari, which
 * ends the composition first, by key code 229.
 */
export function sends(event: KeyboardEvent): boolean {
  return event.key === 'Enter' && !event.shiftKey && !event.altKey && !event.isComposing && event.keyCode !== 229;
}
