import { composing } from '../../kit/text/keys.ts';

/** What a key asks for, and what the palette offers under the same name. */
export type Action =
  | 'next'
  | 'previous'
  | 'open'
  | 'reply'
  | 'note'
  | 'take'
  | 'hand'
  | 'snooze'
  | 'priority'
  | 'tag'
  | 'attach'
  | 'resolve'
  | 'choose'
  | 'undo'
  | 'presence'
  | 'accept'
  | 'decline'
  | 'details'
  | 'saveView'
  | 'search'
  | 'palette'
  | 'help'
  | 'escape';

/** Every action with its key, in the order of the overview. */
export const actions: readonly { id: Action; key?: string; hidden?: boolean }[] = [
  { id: 'palette', key: 'Ctrl K' },
  { id: 'search', key: '/' },
  { id: 'next', key: 'j' },
  { id: 'previous', key: 'k' },
  { id: 'open', key: 'Enter' },
  { id: 'reply', key: 'r' },
  { id: 'note', key: 'n' },
  { id: 'take', key: 'a' },
  { id: 'hand', key: 'h' },
  { id: 'snooze', key: 's' },
  { id: 'priority', key: 'u' },
  { id: 'tag', key: 't' },
  { id: 'attach', key: 'f' },
  { id: 'resolve', key: 'e' },
  { id: 'choose', key: 'x' },
  { id: 'undo', key: 'z' },
  { id: 'presence', key: 'p' },
  { id: 'accept', key: 'y' },
  { id: 'decline', key: 'd' },
  { id: 'details', key: 'i' },
  { id: 'saveView' },
  { id: 'escape', key: 'Esc' },
  { id: 'help', key: '?' },
];

const keys: Record<string, Action> = { X: 'choose', Escape: 'escape', ...Object.fromEntries(actions.flatMap((a) => (a.key && !a.key.includes(' ') && a.key !== 'Esc' ? [[a.key, a.id]] : []))) };

/** How a key is written where it is shown: with the sign of the machine. */
export function keyName(key: string): string {
  return /Mac|iP(hone|ad)/.test(navigator.platform) ? key.replace('Ctrl ', '⌘') : key;
}

/** What a key asks for, unless somebody is writing or the browser has its own use for it. Single signs may be switched off. */
export function shortcut(event: KeyboardEvent, single = true): Action | undefined {
  if (composing(event) || event.defaultPrevented) return undefined;
  // The palette is had from anywhere, from a box that is written in too.
  if ((event.ctrlKey !== event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') return 'palette';
  if (!single && event.key.length === 1) return undefined;
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const target = event.target;
  if (target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))) return undefined;
  return keys[event.key];
}
