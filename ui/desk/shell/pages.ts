import { Activity, ChartColumn, CircleUserRound, Hourglass, Inbox, KeyRound, Scale, ScrollText, Search, Settings, ShieldCheck, Siren, Users } from 'lucide';
import type { IconNode } from 'lucide';
import type { Component } from 'svelte';
import type { Language } from '../../kit/language.ts';
import type { Messages } from '../messages/en.ts';
import type { Staff } from './api.ts';
import type { Desk } from './desk.svelte.ts';
import { answers, asksSecond, audits, configures, leads, manages, opensEmergency, readsRights, reports, seesBoard, seesCases, setsDuties, watches } from './roles.ts';

/** What every page but the inbox is given; path is what follows the page's name in the address. */
export interface PageProps<W = unknown> {
  desk: Desk;
  m: Messages;
  path: string[];
  /** The page's own, in the language of the desk. */
  words: W;
}

/**
 * A page of the desk. It stands in the rail as soon as it stands in this table,
 * for those whom it is for; the server decides what they may read and do there.
 */
export interface Page {
  /** The first part of its address: #/account. */
  id: string;
  title: (m: Messages) => string;
  icon: IconNode;
  for: (staff: Staff) => boolean;
  /** How many things in it wait for oneself, and how that is said. */
  count?: { of: (desk: Desk) => number; words: (m: Messages, n: number) => string };
  /** At the foot of the rail: what one seldom needs. */
  apart?: boolean;
  /** Places in it that the palette offers by their own names. */
  places?: (m: Messages, staff: Staff) => { title: string; path: string[] }[];
  /** Fetched when it is first gone to; the inbox alone comes with the desk. */
  load?: () => Promise<{ default: Component<PageProps> }>;
  /** Its own words, fetched with it and with each change of language. */
  words?: (language: Language) => Promise<unknown>;
}

/** A page with words of its own. */
function own<W>(words: (language: Language) => Promise<W>, load: () => Promise<{ default: Component<PageProps<W>> }>): Pick<Page, 'load' | 'words'> {
  return { words, load: load as Page['load'] };
}

const searchWords = (l: Language) => (l === 'zh' ? import('../search/messages/zh.ts').then((f) => f.zh) : import('../search/messages/en.ts').then((f) => f.en));
const boardWords = (l: Language) => (l === 'zh' ? import('../board/messages/zh.ts').then((f) => f.zh) : import('../board/messages/en.ts').then((f) => f.en));
const caseWords = (l: Language) => (l === 'zh' ? import('../cases/messages/zh.ts').then((f) => f.zh) : import('../cases/messages/en.ts').then((f) => f.en));
const reportWords = (l: Language) => (l === 'zh' ? import('../reports/messages/zh.ts').then((f) => f.zh) : import('../reports/messages/en.ts').then((f) => f.en));
const settingWords = (l: Language) => (l === 'zh' ? import('../settings/messages/zh.ts').then((f) => f.zh) : import('../settings/messages/en.ts').then((f) => f.en));
const rightWords = (l: Language) => (l === 'zh' ? import('../settings/rights/messages/zh.ts').then((f) => f.zh) : import('../settings/rights/messages/en.ts').then((f) => f.en));
const insiderWords = (l: Language) => (l === 'zh' ? import('../insiders/messages/zh.ts').then((f) => f.zh) : import('../insiders/messages/en.ts').then((f) => f.en));
const emergencyWords = (l: Language) => (l === 'zh' ? import('../emergency/messages/zh.ts').then((f) => f.zh) : import('../emergency/messages/en.ts').then((f) => f.en));
const keyWords = (l: Language) => (l === 'zh' ? import('../settings/programs/messages/zh.ts').then((f) => f.zh) : import('../settings/programs/messages/en.ts').then((f) => f.en));

const everybody = () => true;

/** May be the second person for what is done in the wallet. */
export const overseesActs = (staff: Staff): boolean => leads(staff.role);

/** May see what waits for a second person, of the settings, of staff and of keys. */
export const decides = (staff: Staff): boolean => manages(staff.role);

/** In the order of the rail. Whoever comes without an address sees the first that is for them. */
export const pages: readonly Page[] = [
  { id: 'inbox', title: (m) => m.pages.inbox, icon: Inbox, for: (s) => answers(s.role) },
  { id: 'search', title: (m) => m.pages.search, icon: Search, for: (s) => answers(s.role), ...own(searchWords, () => import('../search/SearchPage.svelte')) },
  { id: 'cases', title: (m) => m.pages.cases, icon: Scale, for: (s) => seesCases(s.role), ...own(caseWords, () => import('../cases/CasesPage.svelte')) },
  { id: 'board', title: (m) => m.pages.board, icon: Activity, for: (s) => seesBoard(s.role), ...own(boardWords, () => import('../board/BoardPage.svelte')) },
  { id: 'reports', title: (m) => m.pages.reports, icon: ChartColumn, for: (s) => reports(s.role), ...own((l) => Promise.all([reportWords(l), searchWords(l)]), () => import('../reports/ReportsPage.svelte')) },
  { id: 'settings', title: (m) => m.pages.settings, icon: Settings, for: (s) => configures(s.role), apart: true, count: { of: (desk) => desk.waiting.count, words: (m, n) => m.pages.approvals(n) }, ...own((l) => Promise.all([settingWords(l), keyWords(l)]), () => import('../settings/SettingsPage.svelte')) },
  { id: 'people', title: (m) => m.pages.people, icon: Users, for: (s) => setsDuties(s.role), apart: true, places: (m, s) => [{ title: m.duties.title, path: ['duties'] }, ...(configures(s.role) ? [{ title: m.certificates.title, path: ['certificates'] }] : [])], load: () => import('../people/PeoplePage.svelte') },
  { id: 'insiders', title: (m) => m.pages.insiders, icon: ShieldCheck, for: (s) => watches(s.role), apart: true, ...own(insiderWords, () => import('../insiders/InsidersPage.svelte')) },
  { id: 'audit', title: (m) => m.access.audit.title, icon: ScrollText, for: (s) => audits(s.role), apart: true, ...own(searchWords, () => import('../audit/AuditPage.svelte')) },
  { id: 'rights', title: (m) => m.pages.rights, icon: KeyRound, for: (s) => readsRights(s.role), apart: true, ...own(rightWords, () => import('../settings/rights/RightsPage.svelte')) },
  { id: 'emergency', title: (m) => m.pages.emergency, icon: Siren, for: (s) => opensEmergency(s.role) || audits(s.role), apart: true, ...own(emergencyWords, () => import('../emergency/EmergencyPage.svelte')) },
  { id: 'requests', title: (m) => m.pages.requests, icon: Hourglass, for: (s) => asksSecond(s.role), apart: true, ...own((l) => Promise.all([settingWords(l), keyWords(l)]), () => import('../settings/RequestsPage.svelte')) },
  { id: 'account', title: (m) => m.pages.account, icon: CircleUserRound, for: everybody, apart: true, load: () => import('../account/AccountPage.svelte') },
];

/** The addresses that are not places in the inbox. */
export const pageIds: readonly string[] = pages.filter((p) => p.load).map((p) => p.id);

export function pagesFor(staff: Staff): Page[] {
  return pages.filter((p) => p.for(staff) || (staff.emergency && p.for({ ...staff, role: 'break_glass' })));
}
