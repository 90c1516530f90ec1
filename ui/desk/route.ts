import type { Status } from '../kit/protocol/frames.ts';
import type { View } from './api.ts';

/** Where the desk is, as kept in the address: #/mine/open/<conversation>. */
export interface Route {
  view: View;
  status: Status;
  conv?: string;
}

export const views: readonly View[] = ['mine', 'unassigned', 'all'];
export const statuses: readonly Status[] = ['open', 'waiting', 'snoozed', 'resolved'];

export function parseRoute(hash: string): Route {
  const [view, status, conv] = hash.replace(/^#\/?/, '').split('/');
  return {
    view: views.find((v) => v === view) ?? 'all',
    status: statuses.find((s) => s === status) ?? 'open',
    ...(conv && /^[0-9a-z]{1,64}$/.test(conv) && { conv }),
  };
}

export function routeHash({ view, status, conv }: Route): string {
  return `#/${view}/${status}${conv ? `/${conv}` : ''}`;
}
