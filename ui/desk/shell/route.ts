import type { Status } from '../../kit/protocol/frames.ts';
import type { View } from './api.ts';

/** Where the inbox is: which list, and which conversation of it is open. */
export interface InboxPlace {
  view: View;
  status: Status;
  conv?: string;
}

/** Where the desk is, as kept in the address: #/mine/open/<conversation>, or #/<page>/<what the page makes of it>. */
export type Route = ({ page: 'inbox' } & InboxPlace) | { page: string; path: string[] };

export const views: readonly View[] = ['mine', 'unassigned', 'all'];
export const statuses: readonly Status[] = ['open', 'waiting', 'snoozed', 'resolved'];

export function isInbox(route: Route): route is { page: 'inbox' } & InboxPlace {
  return 'view' in route;
}

/** What is no page of these is a place in the inbox; a part that cannot be read counts as missing. */
export function parseRoute(hash: string, pages: readonly string[] = []): Route {
  const [first, ...rest] = hash.replace(/^#\/?/, '').split('/');
  if (first && pages.includes(first)) return { page: first, path: rest.filter((part) => part !== '').map(decoded) };
  const [status, conv] = rest;
  return {
    page: 'inbox',
    view: views.find((v) => v === first) ?? 'all',
    status: statuses.find((s) => s === status) ?? 'open',
    ...(conv && /^[0-9a-z]{1,64}$/.test(conv) && { conv }),
  };
}

export function inboxHash({ view, status, conv }: InboxPlace): string {
  return `#/${view}/${status}${conv ? `/${conv}` : ''}`;
}

export function pageHash(page: string, ...path: string[]): string {
  return `#/${[page, ...path].map(encodeURIComponent).join('/')}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
