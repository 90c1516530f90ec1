import { AppWindow, Award, BadgeCheck, Building2, CalendarClock, CircleAlert, ClipboardList, Clock, Flag, FlagTriangleRight, Gift, KeyRound, MessageSquareQuote, Palette, Quote, ShieldAlert, ShieldCheck, ShieldMinus, Target as TargetIcon, Users, Wallet, Waypoints, Webhook, Workflow } from 'lucide';
import type { IconNode } from 'lucide';
import type { Component } from 'svelte';
import type { Messages } from '../messages/en.ts';
import type { Staff } from '../shell/api.ts';
import { nameIn, type Code } from '../thread/codes.svelte.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import type { Macro } from '../thread/macros.svelte.ts';
import type { Setting, SettingsApi } from './api.ts';
import type { Rule, Webhook as Hook } from './automation/automation.ts';
import Deliveries from './automation/Deliveries.svelte';
import RuleForm from './automation/RuleForm.svelte';
import RuleTrial from './automation/RuleTrial.svelte';
import WebhookForm from './automation/WebhookForm.svelte';
import type { ActionPolicy } from './actions.ts';
import ActionPolicyForm from './forms/ActionPolicyForm.svelte';
import AvailabilityForm from './forms/AvailabilityForm.svelte';
import CalendarForm from './forms/CalendarForm.svelte';
import { freshId, inLanguage, untranslated, type IntakeForm as Intake } from './forms/intake.ts';
import EmbeddingForm from './forms/EmbeddingForm.svelte';
import IntakeForm from './forms/IntakeForm.svelte';
import IssuerForm from './forms/IssuerForm.svelte';
import LookForm from './forms/LookForm.svelte';
import MacroForm from './forms/MacroForm.svelte';
import ImpostorReportsForm from './forms/ImpostorReportsForm.svelte';
import OfficialChannelForm from './forms/OfficialChannelForm.svelte';
import OrganisationForm from './forms/OrganisationForm.svelte';
import RoutingForm from './forms/RoutingForm.svelte';
import FailureCodeForm from './forms/FailureCodeForm.svelte';
import TargetForm from './forms/TargetForm.svelte';
import TeamForm from './forms/TeamForm.svelte';
import Given from './goodwill/Given.svelte';
import type { GoodwillRules } from './goodwill/goodwill.ts';
import GoodwillForm from './goodwill/GoodwillForm.svelte';
import Members from '../teams/Members.svelte';
import ClaimForm from './products/ClaimForm.svelte';
import PlanForm from './products/PlanForm.svelte';
import type { Claim, Plan } from './products/products.ts';
import RestrictionForm from './rights/RestrictionForm.svelte';
import RestrictionTrial from './rights/RestrictionTrial.svelte';
import TrainingForm from './rights/TrainingForm.svelte';
import type { Restriction, Training } from './rights/rights.ts';
import WrapUpCodeForm from './forms/WrapUpCodeForm.svelte';
import WrapUpForm from './forms/WrapUpForm.svelte';
import Doubts from './Doubts.svelte';
import { writeMinutes, type Calendar } from './hours.ts';
import type { Words } from './messages/en.ts';

/** What a form of a kind is given. Errors are sentences, by the path of the member. */
export interface FormProps<T = any> {
  value: T;
  errors: Record<string, string>;
  readonly: boolean;
  w: Words;
  tag: string;
  desk: Desk;
  /** For forms that offer what other settings there are. */
  api: SettingsApi;
  /** It was never saved. */
  fresh?: boolean;
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

/** A name under which the catalogue has the words of a kind: title, lead and, for a list, what its list says. */
type Named = { [K in keyof Words]: Words[K] extends { title: string; lead: string } ? K : never }[keyof Words];

/**
 * A kind of setting on screen. It stands in the settings as soon as it stands in
 * this table; list, form, history and approval follow. What is valid and who may do
 * what is the server's to say; `changes` only keeps buttons from those who would be
 * refused.
 */
export interface Kind<T = any> {
  kind: Named;
  group: 'house' | 'hours' | 'people' | 'wallet' | 'automation';
  icon: IconNode;
  /** The house has exactly one. */
  single?: boolean;
  /** What the list calls an item. */
  name?: (value: T, tag: string) => string;
  about?: (value: T, w: Words) => string;
  blank: () => T;
  form: Component<FormProps<any>, Record<string, never>, 'value'>;
  changes: (staff: Staff) => boolean;
  /** Stands below the form; `afterSaved` only of what was saved. */
  after?: Component<AfterProps<any>>;
  afterSaved?: Component<AfterProps<any>>;
  /** Stands above the list. */
  above?: Component<{ desk: Desk; m: Messages; w: Words; mayChange: boolean }>;
  /** It has an order of its own, in which the list stands and can be changed. */
  order?: { of: (value: T) => number; with: (value: T, order: number) => T };
  /** Its form takes the whole width. */
  wide?: boolean;
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
  law?: string;
  support_address?: string;
}

export interface Look {
  accent: string;
  corners: string;
  theme: string;
  side: string;
  label?: Record<string, string>;
  greeting?: Record<string, string>;
  logo?: string;
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

/** One way by which customers are reached. */
export interface OfficialChannel {
  kind: string;
  network?: string;
  value: string;
  country?: string;
  name?: string;
  below?: boolean;
  from?: string;
  until?: string;
}

export interface ImpostorReports {
  team?: string;
}

/** What a rail's own code stands for, as the operator says. */
export interface FailureCode {
  rail?: string;
  code: string;
  means: string;
  note?: string;
}

export interface Target {
  name: string;
  order?: number;
  when?: { channels?: string[]; priorities?: string[]; languages?: string[]; topics?: string[]; tags?: string[]; teams?: string[] };
  calendar?: string;
  /** Minutes of work. */
  first_response?: number;
  next_response?: number;
  resolution?: number;
  runs_while_waiting?: boolean;
  runs_while_snoozed?: boolean;
  tell_customers?: boolean;
}

export interface Availability {
  calendar?: string;
}

const office = () => [...Array.from({ length: 5 }, () => [{ from: '09:00', to: '18:00' }]), [], []];

export type { Macro };

export const kinds: readonly Kind[] = [
  {
    kind: 'organisation',
    group: 'house',
    icon: Building2,
    single: true,
    name: (v: Organisation) => v.name,
    blank: (): Organisation => ({ name: '', languages: ['en'], language: 'en', time_zone: 'UTC' }),
    form: OrganisationForm,
    changes: runs,
  },
  {
    kind: 'official_channel',
    fourEyes: true,
    group: 'house',
    icon: BadgeCheck,
    name: (v: OfficialChannel) => v.value,
    about: (v: OfficialChannel, w) => [w.official_channel.kinds[v.kind], v.network && w.official_channel.networks[v.network], v.name, v.until && w.official_channel.ends(v.until)].filter(Boolean).join(' · '),
    blank: (): OfficialChannel => ({ kind: 'phone', value: '' }),
    form: OfficialChannelForm,
    changes: runs,
  },
  {
    kind: 'plan',
    fourEyes: true,
    group: 'house',
    icon: Wallet,
    name: (v: Plan, tag) => inLanguage(v.name, tag),
    about: (v: Plan, w) => [v.currencies.join(' '), w.plan.starts(v.from), v.until && w.plan.ends(v.until)].filter(Boolean).join(' · '),
    blank: (): Plan => ({ name: {}, about: {}, from: '', for: ['adult'], currencies: [], uses: [], pay_in: [] }),
    form: PlanForm,
    changes: runs,
  },
  {
    kind: 'sourced_claim',
    fourEyes: true,
    group: 'house',
    icon: Quote,
    name: (v: Claim) => v.name,
    about: (v: Claim, w) => [w.sourced_claim.topics[v.topic], v.seen].filter(Boolean).join(' · '),
    blank: (): Claim => ({ name: '', topic: 'security', text: {}, address: '', seen: '' }),
    form: ClaimForm,
    changes: runs,
  },
  {
    kind: 'impostor_reports',
    group: 'house',
    icon: ShieldAlert,
    single: true,
    blank: (): ImpostorReports => ({}),
    form: ImpostorReportsForm,
    changes: leads,
  },
  {
    kind: 'calendar',
    group: 'hours',
    icon: CalendarClock,
    name: (v: Calendar) => v.name,
    about: (v: Calendar) => v.time_zone.replaceAll('_', ' '),
    blank: (): Calendar => ({ name: '', time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone, week: office() }),
    form: CalendarForm,
    changes: leads,
  },
  {
    kind: 'availability',
    group: 'hours',
    icon: Clock,
    single: true,
    blank: (): Availability => ({}),
    form: AvailabilityForm,
    changes: leads,
  },
  {
    kind: 'target',
    group: 'hours',
    icon: TargetIcon,
    name: (v: Target) => v.name,
    about: (v: Target, w) => (v.first_response ? w.target.firstWithin(writeMinutes(v.first_response)) : w.target.solvedWithin(writeMinutes(v.resolution ?? v.next_response))),
    blank: (): Target => ({ name: '', first_response: 30 }),
    form: TargetForm,
    changes: leads,
  },
  {
    kind: 'look',
    group: 'house',
    icon: Palette,
    single: true,
    blank: (): Look => ({ accent: '#0b5cad', corners: 'soft', theme: 'system', side: 'end' }),
    form: LookForm,
    wide: true,
    changes: runs,
  },
  {
    kind: 'form',
    group: 'house',
    icon: ClipboardList,
    name: (v: Intake, tag) => inLanguage(v.title, tag.startsWith('zh') ? 'zh' : 'en'),
    about: (v: Intake, w) =>
      [v.paused && w.form.isPaused, w.form.count(v.fields.length), ...(['en', 'zh'] as const).map((l) => untranslated(v, l) > 0 && w.form.missing(w.form.tongue[l]!, untranslated(v, l)))].filter(Boolean).join(' · '),
    blank: (): Intake => ({ id: '', title: {}, icon: 'chat', order: 1000, fields: [{ id: freshId('q'), kind: 'longtext', label: {} }] }),
    form: IntakeForm,
    order: { of: (v: Intake) => v.order ?? 0, with: (v: Intake, order) => ({ ...v, order }) },
    wide: true,
    changes: leads,
  },
  {
    kind: 'team',
    group: 'people',
    icon: Users,
    name: (v: Team) => v.name,
    about: (v: Team) => v.description ?? '',
    blank: (): Team => ({ name: '' }),
    form: TeamForm,
    afterSaved: Members,
    changes: leads,
  },
  {
    kind: 'routing',
    group: 'people',
    icon: Waypoints,
    single: true,
    blank: (): Partial<Offering> => ({}),
    form: RoutingForm,
    changes: leads,
  },
  {
    kind: 'restriction',
    fourEyes: true,
    group: 'people',
    icon: ShieldMinus,
    name: (v: Restriction) => v.name,
    about: (v: Restriction, w) => [w.restriction.count(v.actions.length), ...(v.actions.length === 1 ? [w.rights.action[v.actions[0]!] ?? v.actions[0]!] : [])].join(' · '),
    blank: (): Restriction => ({ name: '', actions: [] }),
    form: RestrictionForm,
    after: RestrictionTrial,
    changes: runs,
  },
  {
    kind: 'training',
    group: 'people',
    icon: Award,
    name: (v: Training) => v.name,
    about: (v: Training, w) => (!v.valid_hours ? w.training.forGood : v.valid_hours % 24 === 0 ? w.training.good(v.valid_hours / 24, 'days') : w.training.good(v.valid_hours, 'hours')),
    blank: (): Training => ({ name: '' }),
    form: TrainingForm,
    changes: leads,
  },
  {
    kind: 'issuer',
    fourEyes: true,
    group: 'wallet',
    icon: KeyRound,
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
    blank: (): Embedding => ({ origins: [] }),
    form: EmbeddingForm,
    changes: runs,
  },
  {
    kind: 'action_policy',
    fourEyes: true,
    group: 'wallet',
    icon: ShieldCheck,
    single: true,
    blank: (): ActionPolicy => ({ rules: [] }),
    form: ActionPolicyForm,
    wide: true,
    changes: runs,
  },
  {
    kind: 'goodwill',
    fourEyes: true,
    group: 'wallet',
    icon: Gift,
    single: true,
    blank: (): GoodwillRules => ({ reasons: [], bounds: [], linked: 2, repeat: 2 }),
    form: GoodwillForm,
    after: Given,
    wide: true,
    changes: runs,
  },
  {
    kind: 'failure_code',
    fourEyes: true,
    group: 'wallet',
    icon: CircleAlert,
    name: (v: FailureCode) => [v.code, v.rail].filter(Boolean).join(' · '),
    about: (v: FailureCode, w) => w.failure_code.meanings[v.means] ?? v.means,
    blank: (): FailureCode => ({ rail: '', code: '', means: '' }),
    form: FailureCodeForm,
    above: Doubts,
    changes: leads,
  },
  {
    kind: 'macro',
    group: 'automation',
    icon: MessageSquareQuote,
    name: (v: Macro) => v.name,
    about: (v: Macro) => v.texts?.[0]?.text ?? '',
    blank: (): Macro => ({ name: '', texts: [{ language: 'en', text: '' }] }),
    form: MacroForm,
    changes: leads,
  },
  {
    kind: 'wrap_up_code',
    group: 'automation',
    icon: Flag,
    name: (v: Code, tag) => nameIn(v, tag),
    about: (v: Code) => [[v.group, ...Object.values(v.group_translations ?? {})].filter((g, i, all) => g && all.indexOf(g) === i).join(' / '), ...Object.values(v.translations ?? {})].filter(Boolean).join(' · '),
    blank: (): Code => ({ name: '' }),
    form: WrapUpCodeForm,
    changes: leads,
  },
  {
    kind: 'wrap_up',
    group: 'automation',
    icon: FlagTriangleRight,
    single: true,
    blank: () => ({}),
    form: WrapUpForm,
    changes: leads,
  },
  {
    kind: 'rule',
    group: 'automation',
    icon: Workflow,
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
    name: (v: Hook) => v.name,
    about: (v: Hook, w) => (v.paused ? w.webhook.paused : `${v.url} · ${w.webhook.count(v.events.length)}`),
    blank: (): Hook => ({ name: '', url: '', events: ['customer.unreached'] }),
    form: WebhookForm,
    afterSaved: Deliveries,
    fourEyes: true,
    changes: runs,
  },
];

export function kindOf(name: string): Kind | undefined {
  return kinds.find((k) => k.kind === name);
}
