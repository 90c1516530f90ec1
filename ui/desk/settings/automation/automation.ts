import type { Api } from '../../shell/api.ts';

/** The types of events, in the order in which they are offered. */
export const eventTypes = [
  'conversation.started',
  'message.received',
  'message.sent',
  'person.asked_for',
  'conversation.assigned',
  'conversation.resolved',
  'conversation.reopened',
  'customer.unreached',
] as const;

export interface Webhook {
  name: string;
  url: string;
  events: string[];
  paused?: boolean | undefined;
}

export type DeliveryState = 'pending' | 'delivered' | 'failed' | 'skipped';

/** Times are microseconds since 1970, took is microseconds. */
export interface Delivery {
  id: string;
  event: string;
  type: string;
  conv?: string;
  state: DeliveryState;
  attempts: number;
  created_at: number;
  next_at?: number;
  done_at?: number;
  status?: number;
  reason?: string;
  took?: number;
}

export const occasions = ['started', 'customer_wrote', 'agent_wrote', 'person_asked_for', 'assigned', 'resolved', 'reopened'] as const;
export const actions = ['priority', 'team', 'add_tags', 'remove_tags', 'language', 'assign', 'skills', 'note'] as const;
export const priorities = ['low', 'normal', 'high', 'urgent'] as const;

export type Occasion = (typeof occasions)[number];
export type Do = (typeof actions)[number];

export interface Action {
  do: Do;
  priority?: string | undefined;
  team?: string | undefined;
  tags?: string[] | undefined;
  language?: string | undefined;
  staff?: string | undefined;
  skills?: string[] | undefined;
  note?: string | undefined;
}

export interface Rule {
  name: string;
  when: Occasion[];
  if?: string | undefined;
  then: Action[];
  order?: number | undefined;
  stop?: boolean | undefined;
  paused?: boolean | undefined;
}

export interface Trial {
  problem?: { field: string; reason: string; message: string };
  looked: number;
  complete: boolean;
  occasions: number;
  held: number;
  failed: number;
  samples: { conv: string; seq: number; at: number; on: Occasion }[];
}

/** An action as it begins when it is chosen. */
export function blankAction(what: Do): Action {
  switch (what) {
    case 'priority':
      return { do: what, priority: 'high' };
    case 'add_tags':
    case 'remove_tags':
      return { do: what, tags: [] };
    case 'skills':
      return { do: what, skills: [] };
    default:
      return { do: what };
  }
}

/** Tags as people type them: by commas, in either form. */
export function tagsOf(text: string): string[] {
  const tags = text.split(/[,，、]/).map((tag) => tag.trim());
  return [...new Set(tags.filter((tag) => tag !== ''))];
}

/** A condition with one more part, which must hold as well. */
export function and(condition: string | undefined, part: string): string {
  const had = condition?.trim() ?? '';
  if (had === '') return part;
  // What holds an “or” or a choice has to be kept together.
  return `${/\|\||\?/.test(had) && !/^\(.*\)$/s.test(had) ? `(${had})` : had} && ${part}`;
}

/** What webhooks and rules ask of the server, beside being settings. */
export class AutomationApi {
  constructor(private readonly api: Pick<Api, 'call'>) {}

  deliveries(webhook: string, state: DeliveryState | '', cursor?: string): Promise<{ items: Delivery[]; next?: string }> {
    return this.api.call('GET', `/v1/webhooks/${webhook}/deliveries`, undefined, { state: state || undefined, cursor });
  }

  retry(webhook: string, delivery: string): Promise<void> {
    return this.api.call('POST', `/v1/webhooks/${webhook}/deliveries/${delivery}/retry`);
  }

  async secret(webhook: string): Promise<string> {
    const made: { secret: string } = await this.api.call('POST', `/v1/webhooks/${webhook}/secret`);
    return made.secret;
  }

  ping(webhook: string): Promise<void> {
    return this.api.call('POST', `/v1/webhooks/${webhook}/ping`);
  }

  try(rule: Rule, conversations: number): Promise<Trial> {
    return this.api.call('POST', '/v1/rules/try', { rule, conversations });
  }
}
