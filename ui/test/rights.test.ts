import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { en } from '../desk/messages/en.ts';
import { zh } from '../desk/messages/zh.ts';
import { roles } from '../desk/people/roles.ts';
import { pages, pagesFor } from '../desk/shell/pages.ts';
import { allRoles, answers, seesEmergencies, setsDuties } from '../desk/shell/roles.ts';

// Who is offered which page is held to the server's own table: nobody is led to what
// answers that they may not, and nobody has a right without its page.

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const lines = readFileSync(join(root, 'internal/domain/policy/rights.txt'), 'utf8').split('\n').filter((line) => line && !line.startsWith('#')).map((line) => line.split(/\s+/));
const heading = lines[0]!;
const cell = (role: string, action: string): string => {
  const row = lines.find((line) => line[0] === action);
  if (!row || !heading.includes(role)) throw new Error(`no ${action} of ${role}`);
  return row[heading.indexOf(role)]!;
};
const has = (role: string, action: string) => cell(role, action) !== '-';

/** By page: the right without which its first screen answers that one may not. */
const needs: Record<string, (role: string) => boolean> = {
  inbox: (r) => has(r, 'inbox.list'),
  search: (r) => has(r, 'search.messages'),
  cases: (r) => has(r, 'case.read'),
  board: (r) => has(r, 'routing.read_board'),
  reports: (r) => has(r, 'report.read'),
  settings: (r) => has(r, 'settings.read_setup'),
  people: (r) => has(r, 'staff.manage') || has(r, 'routing.set_duties'),
  insiders: (r) => has(r, 'finding.read') || has(r, 'decoy.manage'),
  audit: (r) => has(r, 'audit.read'),
  emergency: (r) => has(r, 'emergency.open') || has(r, 'audit.read'),
  // Who sees everybody's finds them among the settings.
  requests: (r) => cell(r, 'approval.read') === 'self',
  // Who has settings finds it there.
  rights: (r) => cell(r, 'decision.read') === 'any' && !has(r, 'settings.read_setup'),
  account: () => true,
};
const order = [...pages.map((page) => page.id)];

it('knows the roles that the server knows', () => {
  const kinds = ['visitor', 'customer', 'break_glass', 'system', 'program', 'action'];
  expect([...allRoles]).toEqual(heading.filter((column) => !kinds.includes(column)));
});

describe.each(allRoles.map((role) => [role]))('%s', (role) => {
  it('is offered what opens, and all of it', () => {
    const staff = { id: 's1', name: 'Somebody', alias: 'S', role };
    expect(pagesFor(staff).map((page) => page.id)).toEqual(order.filter((page) => needs[page]!(role)));
    // Behind the glass are pages of its own column, beside those of the role.
    expect(pagesFor({ ...staff, emergency: true }).map((page) => page.id)).toEqual(order.filter((page) => needs[page]!(role) || needs[page]!('break_glass')));
    expect(seesEmergencies(role)).toBe(has(role, 'emergency.read'));
    expect(answers(role)).toBe(has(role, 'conversation.send') && has(role, 'routing.use_presence'));
    expect(setsDuties(role)).toBe(has(role, 'routing.set_duties'));
  });

  it('has a name and is told of in both languages', () => {
    for (const words of [en, zh]) {
      expect(words.role[role]).toBeTruthy();
      expect(words.access.people.roleHint[role]).toBeTruthy();
    }
    expect(roles('owner')).toContain(role);
  });
});
