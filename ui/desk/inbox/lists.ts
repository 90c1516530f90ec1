import type { Status } from '../../kit/protocol/frames.ts';
import type { Conversation, Priority, View } from '../shell/api.ts';
import { nextDue } from '../thread/due.ts';

/** Which conversations a list of the inbox holds. Of several values of one kind one must fit; what is left out chooses nothing out. */
export interface List {
  view: View;
  status: Status[];
  /** In place of the view: those of this member of staff. */
  assignee?: string;
  priority?: Priority[];
  /** Ids of teams. */
  team?: string[];
  /** Ids of wrap-up codes: of the newest resolution. */
  code?: string[];
  tag?: string[];
  /** Primary subtags, such as zh. */
  language?: string[];
  channel?: string[];
  /** The customer has waited for so long, or longer. */
  waits_minutes?: number;
  unread?: boolean;
  /** Those alone of which a promise is due, the next to break first. */
  order?: 'due';
}

export const views: readonly View[] = ['mine', 'unassigned', 'teams', 'all', 'mentions'];
export const statuses: readonly Status[] = ['open', 'waiting', 'snoozed', 'resolved'];
export const priorities: readonly Priority[] = ['urgent', 'high', 'normal', 'low'];

/** What is due soonest, of everybody’s. */
export const dueSoonest: List = { view: 'all', status: ['open', 'waiting'], order: 'due' };

/** Below 0: the first of two lines stands above the second. */
export function above(list: List, a: Conversation, b: Conversation): number {
  if (list.order !== 'due') return b.last_activity - a.last_activity;
  return (nextDue(a.clocks)?.due ?? 0) - (nextDue(b.clocks)?.due ?? 0);
}

export const everything: List = { view: 'all', status: ['open'] };

const several = ['priority', 'team', 'code', 'tag', 'language', 'channel'] as const;
const most = 10;
const isId = /^[0-9a-z]{26}$/;

/** A list without what means nothing, in one form: two that hold the same are equal texts. */
export function canonical(list: Partial<List>): List {
  const among = <T extends string>(all: readonly T[], chosen: readonly string[] | undefined) => all.filter((v) => chosen?.includes(v));
  const texts = (values: readonly string[] | undefined) => [...new Set((values ?? []).map((v) => v.trim()).filter((v) => v !== ''))].sort().slice(0, most);
  const status = among(statuses, list.status);
  const priority = among(priorities, list.priority);
  const team = texts(list.team).filter((t) => isId.test(t));
  const code = texts(list.code).filter((c) => isId.test(c));
  const tag = texts(list.tag);
  const language = texts(list.language?.map((l) => l.toLowerCase()));
  const channel = texts(list.channel);
  const minutes = Math.min(525_600, Math.max(0, Math.round(list.waits_minutes ?? 0)));
  return {
    view: views.find((v) => v === list.view) ?? 'all',
    status: status.length > 0 ? status : ['open'],
    ...(list.assignee && isId.test(list.assignee) && { assignee: list.assignee }),
    ...(priority.length > 0 && priority.length < priorities.length && { priority }),
    ...(team.length > 0 && { team }),
    ...(code.length > 0 && { code }),
    ...(tag.length > 0 && { tag }),
    ...(language.length > 0 && { language }),
    ...(channel.length > 0 && { channel }),
    ...(minutes > 0 && { waits_minutes: minutes }),
    ...(list.unread && { unread: true }),
    ...(list.order === 'due' && list.view !== 'mentions' && { order: 'due' as const }),
  };
}

export const sameList = (a: Partial<List>, b: Partial<List>): boolean => JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));

/** Beyond whose and which status. */
export function narrowed(list: List): boolean {
  return several.some((key) => (list[key]?.length ?? 0) > 0) || (list.waits_minutes ?? 0) > 0 || list.unread === true || list.assignee !== undefined;
}

/** #/mine/open,waiting[/conversation][?priority=high&tag=…] */
export function listHash(list: List, conv?: string): string {
  const l = canonical(list);
  const query = new URLSearchParams();
  for (const key of several) for (const value of l[key] ?? []) query.append(key, value);
  if (l.assignee) query.set('assignee', l.assignee);
  if (l.waits_minutes) query.set('waits', String(l.waits_minutes));
  if (l.unread) query.set('unread', '1');
  if (l.order) query.set('order', l.order);
  return `#/${l.view}/${l.status.join(',')}${conv ? `/${conv}` : ''}${query.size > 0 ? `?${query}` : ''}`;
}

export function parseList(hash: string): { list: List; conv?: string } {
  const [path, query] = hash.replace(/^#\/?/, '').split('?', 2);
  const [view, status, conv] = path!.split('/');
  const q = new URLSearchParams(query);
  const list = canonical({
    view: view as View,
    status: (status ?? '').split(',') as Status[],
    priority: q.getAll('priority') as Priority[],
    team: q.getAll('team'),
    code: q.getAll('code'),
    tag: q.getAll('tag'),
    language: q.getAll('language'),
    channel: q.getAll('channel'),
    assignee: q.get('assignee') ?? undefined,
    waits_minutes: Number(q.get('waits')) || 0,
    unread: q.get('unread') === '1',
    ...(q.get('order') === 'due' && { order: 'due' as const }),
  });
  return { list, ...(conv && /^[0-9a-z]{1,64}$/.test(conv) && { conv }) };
}

/** Whether a conversation stands in a list, as the server would judge, of somebody who is in these teams. Mentions are known to the server alone. */
export function belongs(list: List, c: Conversation, me: string, teams: readonly string[] = [], now = Date.now()): boolean {
  if (c.merged_into || c.status === 'merged' || !list.status.includes(c.status)) return false;
  if (list.assignee) {
    if (c.assignee?.id !== list.assignee) return false;
  } else if (list.view === 'mine' ? c.assignee?.id !== me : list.view === 'unassigned' && c.assignee) return false;
  if (list.view === 'teams' && !list.assignee && !teams.includes(c.team ?? '')) return false;
  if (list.team && !list.team.includes(c.team ?? '')) return false;
  if (list.order === 'due' && !nextDue(c.clocks)) return false;
  if (list.priority && !list.priority.includes(c.priority)) return false;
  if (list.code && !list.code.includes(c.code ?? '')) return false;
  if (list.tag && !list.tag.some((t) => c.tags.includes(t))) return false;
  if (list.language && !list.language.includes((c.language ?? '').toLowerCase().split('-')[0]!)) return false;
  if (list.channel && !list.channel.includes(c.channel)) return false;
  if (list.waits_minutes && (!c.waiting_since || c.waiting_since > (now - list.waits_minutes * 60_000) * 1000)) return false;
  return !list.unread || c.unread > 0;
}
