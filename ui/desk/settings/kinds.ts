import { AppWindow, Building2, KeyRound, Users, Waypoints, Webhook, Workflow } from 'lucide';
import type { IconNode } from 'lucide';
import type { Component } from 'svelte';
import type { Messages } from '../messages/en.ts';
import type { Staff } from '../shell/api.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import type { Setting } from './api.ts';
import type { Rule, Webhook as Hook } from './automation/automation.ts';
import Deliveries from './automation/Deliveries.svelte';
import RuleForm from './automation/RuleForm.svelte';
import RuleTrial from './automation/RuleTrial.svelte';
import WebhookForm from './automation/WebhookForm.svelte';
import EmbeddingForm from './forms/EmbeddingForm.svelte';
import IssuerForm from './forms/IssuerForm.svelte';
import OrganisationForm from './forms/OrganisationForm.svelte';
import RoutingForm from './forms/RoutingForm.svelte';
import TeamForm from './forms/TeamForm.svelte';
import type { Words } from './messages/en.ts';

/** What a form of a kind is given. Errors are sentences, by the path of the member. */
export interface FormProps<T = any> {
  value: T;
  errors: Record<string, string>;
  readonly: boolean;
  w: Words;
  tag: string;
  desk: Desk;
}

/** What stands below the form of a kind, about an item as it is saved and as it is being changed. */
export interface AfterProps<T = any> {
  desk: Desk;
  m: Messages;
  w: Words;
  item: Setting;
  draft: T;
  mayChange: boolean;
}

/**
 * A kind of setting on screen. It stands in the settings as soon as it stands in
 * this table; list, form, history and approval follow. What is valid and who may do
 * what is the server's to say; `changes` only keeps buttons from those who would be
 * refused.
 */
export interface Kind<T = any> {
  kind: string;
  group: 'house' | 'people' | 'wallet' | 'automation';
  icon: IconNode;
  /** The house has exactly one. */
  single?: boolean;
  title: (w: Words) => string;
  lead: (w: Words) => string;
  /** What the list calls an item. */
  name: (value: T) => string;
  about?: (value: T, w: Words) => string;
  blank: () => T;
  form: Component<FormProps<any>, Record<string, never>, 'value'>;
  changes: (staff: Staff) => boolean;
  /** Stands below the form; `afterSaved` only of what was saved. */
  after?: Component<AfterProps<any>>;
  afterSaved?: Component<AfterProps<any>>;
  /** A change counts when a second person has approved it. */
  fourEyes?: boolean;
}

const runs = (s: Staff) => s.role === 'owner' || s.role === 'admin';
const leads = (s: Staff) => runs(s) || s.role === 'supervisor';

export interface Organisation {
  name: string;
  languages: string[];
  language: string;
  time_zone: string;
  support_address?: string;
}

export interface Team {
  name: string;
  description?: string;
  [more: string]: unknown;
}

export interface Offering {
  offer_seconds: number;
  pass_seconds: number;
  unanswered: number;
  last_agent_seconds: number;
  ageing_seconds: number;
  chat_slots: number;
  return_seconds: number;
  quiet_seconds: number;
}

export interface Issuer {
  issuer: string;
  audience: string;
  keys?: string[];
  jwks_url?: string;
  algorithms?: string[];
}

export interface Embedding {
  origins: string[];
}

export const kinds: readonly Kind[] = [
  {
    kind: 'organisation',
    group: 'house',
    icon: Building2,
    single: true,
    title: (w) => w.organisation.title,
    lead: (w) => w.organisation.lead,
    name: (v: Organisation) => v.name,
    blank: (): Organisation => ({ name: '', languages: ['en'], language: 'en', time_zone: 'UTC' }),
    form: OrganisationForm,
    changes: runs,
  },
  {
    kind: 'team',
    group: 'people',
    icon: Users,
    title: (w) => w.team.title,
    lead: (w) => w.team.lead,
    name: (v: Team) => v.name,
    about: (v: Team) => v.description ?? '',
    blank: (): Team => ({ name: '' }),
    form: TeamForm,
    changes: leads,
  },
  {
    kind: 'routing',
    group: 'people',
    icon: Waypoints,
    single: true,
    title: (w) => w.routing.title,
    lead: (w) => w.routing.lead,
    name: () => '',
    blank: (): Partial<Offering> => ({}),
    form: RoutingForm,
    changes: leads,
  },
  {
    kind: 'issuer',
    fourEyes: true,
    group: 'wallet',
    icon: KeyRound,
    title: (w) => w.issuer.title,
    lead: (w) => w.issuer.lead,
    name: (v: Issuer) => v.issuer,
    about: (v: Issuer, w) => (v.jwks_url ? v.jwks_url : w.issuer.keyCount(v.keys?.length ?? 0)),
    blank: (): Issuer => ({ issuer: '', audience: 'kefu', keys: [] }),
    form: IssuerForm,
    changes: runs,
  },
  {
    kind: 'embedding',
    fourEyes: true,
    group: 'wallet',
    icon: AppWindow,
    single: true,
    title: (w) => w.embedding.title,
    lead: (w) => w.embedding.lead,
    name: () => '',
    blank: (): Embedding => ({ origins: [] }),
    form: EmbeddingForm,
    changes: runs,
  },
  {
    kind: 'rule',
    group: 'automation',
    icon: Workflow,
    title: (w) => w.rule.title,
    lead: (w) => w.rule.lead,
    name: (v: Rule) => v.name,
    about: (v: Rule, w) => (v.paused ? w.rule.isPaused : v.when.map((o) => w.rule.occasion[o]).join(' · ')),
    blank: (): Rule => ({ name: '', when: ['started'], then: [] }),
    form: RuleForm,
    after: RuleTrial,
    changes: leads,
  },
  {
    kind: 'webhook',
    group: 'automation',
    icon: Webhook,
    title: (w) => w.webhook.title,
    lead: (w) => w.webhook.lead,
    name: (v: Hook) => v.name,
    about: (v: Hook, w) => (v.paused ? w.webhook.paused : `${v.url} · ${w.webhook.count(v.events.length)}`),
    blank: (): Hook => ({ name: '', url: '', events: ['customer.unreached'] }),
    form: WebhookForm,
    afterSaved: Deliveries,
    changes: runs,
  },
];

export function kindOf(name: string): Kind | undefined {
  return kinds.find((k) => k.kind === name);
}
