import { listHash, parseList, type List } from '../inbox/lists.ts';

/** Where the inbox is: which list, and which conversation of it is open. */
export interface InboxPlace {
  list: List;
  conv?: string;
}

/** Where the desk is, as kept in the address: #/mine/open/<conversation>, or #/<page>/<what the page makes of it>. */
export type Route = ({ page: 'inbox' } & InboxPlace) | { page: string; path: string[] };

export function isInbox(route: Route): route is { page: 'inbox' } & InboxPlace {
  return 'list' in route;
}

/** What is no page of these is a place in the inbox; a part that cannot be read counts as missing. */
export function parseRoute(hash: string, pages: readonly string[] = []): Route {
  const [first, ...rest] = hash.replace(/^#\/?/, '').split('/');
  if (first && pages.includes(first)) return { page: first, path: rest.filter((part) => part !== '').map(decoded) };
  return { page: 'inbox', ...parseList(hash) };
}

export function inboxHash({ list, conv }: InboxPlace): string {
  return listHash(list, conv);
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
