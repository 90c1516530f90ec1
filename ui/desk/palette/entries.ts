import { plainText } from '../../kit/text/pieces.ts';
import type { Messages } from '../messages/en.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import { pagesFor } from '../shell/pages.ts';
import { actions } from '../shell/shortcuts.ts';
import { builtIn } from '../inbox/views.svelte.ts';
import { nameOf } from '../shell/words.ts';
import { fits } from './fuzzy.ts';

/** Something that the palette offers. */
export interface Entry {
  id: string;
  group: keyof Messages['palette']['groups'];
  title: string;
  about?: string;
  key?: string;
  run: () => void;
}

const most = 40;
const perGroup = 8;

/** All that can be done and gone to from here. */
function everything(desk: Desk, m: Messages): Entry[] {
  const all: Entry[] = [];
  for (const { id, key } of actions) {
    const run = desk.doers[id];
    const offered = id === 'accept' || id === 'decline';
    if (run && id !== 'palette' && id !== 'escape' && (!offered || desk.offers.offer)) all.push({ id: `do ${id}`, group: 'actions', title: m.command[id], key, run: () => void run() });
  }
  const { me } = desk;
  for (const page of me ? pagesFor(me) : []) {
    all.push({ id: `page ${page.id}`, group: 'pages', title: page.title(m), run: () => desk.visit(page.id) });
    for (const place of page.places?.(m, me!) ?? []) all.push({ id: `page ${page.id} ${place.path.join('/')}`, group: 'pages', title: place.title, about: page.title(m), run: () => desk.visit(page.id, ...place.path) });
  }
  if (!desk.hasInbox) return all;
  for (const list of builtIn.filter((l) => !desk.outside || (l.view !== 'unassigned' && l.view !== 'teams'))) all.push({ id: `view ${list.view} ${list.order ?? ''}`, group: 'views', title: list.order === 'due' ? m.viewing.dueSoonest : m.view[list.view], run: () => desk.go(list) });
  for (const view of desk.views.saved) all.push({ id: `view ${view.id}`, group: 'views', title: view.value.name, run: () => desk.go(view.value.list) });
  for (const c of desk.inbox.items) all.push({ id: `conv ${c.id}`, group: 'conversations', title: nameOf(c.customer, m), about: c.topic || plainText(c.preview, m.message.removedHere), run: () => desk.open(c.id) });
  if (desk.thread && !desk.thread.conversation?.merged_into) {
    for (const t of desk.teams.all) all.push({ id: `hand ${t.id}`, group: 'teams', title: m.duties.handTo(t.value.name), run: () => desk.doers.giveTeam?.({ id: t.id, name: t.value.name }) });
    for (const s of desk.staff) all.push({ id: `give ${s.id}`, group: 'colleagues', title: m.palette.give(s.name), run: () => desk.doers.give?.(s) });
  }
  for (const t of desk.teams.all) all.push({ id: `team ${t.id}`, group: 'teams', title: m.duties.inTeam(t.value.name), run: () => desk.go({ view: 'all', status: ['open'], team: [t.id] }) });
  for (const s of desk.staff) all.push({ id: `with ${s.id}`, group: 'colleagues', title: m.palette.with(s.name), run: () => desk.go({ view: 'all', status: ['open', 'waiting'], assignee: s.id }) });
  if (desk.thread) for (const item of desk.macros.all) all.push({ id: `macro ${item.id}`, group: 'macros', title: item.value.name, run: () => desk.doers.macro?.(item.value) });
  return all;
}

/** What fits, the best of each kind first; without a query what one does most. */
export function find(desk: Desk, m: Messages, query: string): Entry[] {
  const all = everything(desk, m);
  const q = query.trim();
  if (q === '') return all.filter((e) => e.group === 'actions' || e.group === 'views' || e.group === 'pages').slice(0, most);
  const scored = all
    .map((entry) => ({ entry, score: Math.max(fits(entry.title, q), entry.about ? 0.6 * fits(entry.about.slice(0, 120), q) : 0) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  const counts: Record<string, number> = {};
  const found = scored.filter(({ entry }) => (counts[entry.group] = (counts[entry.group] ?? 0) + 1) <= perGroup).slice(0, most);
  // Kinds stand together, in the order of the best of each.
  const groups = [...new Set(found.map(({ entry }) => entry.group))];
  return groups.flatMap((group) => found.filter(({ entry }) => entry.group === group).map(({ entry }) => entry));
}
