export type Action = 'next' | 'previous' | 'open' | 'reply' | 'note' | 'take' | 'hand' | 'snooze' | 'resolve' | 'search' | 'choose' | 'undo' | 'presence' | 'help' | 'escape';

const keys: Record<string, Action> = {
  j: 'next',
  k: 'previous',
  Enter: 'open',
  r: 'reply',
  n: 'note',
  a: 'take',
  h: 'hand',
  s: 'snooze',
  e: 'resolve',
  x: 'choose',
  X: 'choose',
  z: 'undo',
  p: 'presence',
  '/': 'search',
  '?': 'help',
  Escape: 'escape',
};

/** What a key asks for, unless somebody is writing or the browser has its own use for it. Single signs may be switched off. */
export function shortcut(event: KeyboardEvent, single = true): Action | undefined {
  if (!single && event.key.length === 1) return undefined;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return undefined;
  const target = event.target;
  if (target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))) return undefined;
  return keys[event.key];
}
