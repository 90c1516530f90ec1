import { describe, expect, test } from 'vitest';
import { linesOf, meant, noDuties, normalSkill, reachOf, sameDuties, type Duties } from './duties.ts';

describe('a skill', () => {
  test.each([
    [' ReFunds ', 'refunds'],
    ['ＫＹＣ　check', 'kyc check'],
    ['Card  Disputes', 'card disputes'],
    ['反诈', '反诈'],
  ])('%s is kept as %s', (typed, kept) => expect(normalSkill(typed)).toBe(kept));

  const known = ['refunds', 'fraud', 'kyc', 'card disputes', '反诈', 'chargebacks'];
  test.each([
    ['refuns', ['refunds']],
    ['Refund', ['refunds']],
    ['rfeunds', ['refunds']],
    ['fruad', ['fraud']],
    ['card-disputes', ['card disputes']],
    ['charge backs', ['chargebacks']],
    ['refunds', []],
    ['REFUNDS', []],
    ['kya', []],
    ['loans', []],
    ['', []],
  ])('who types %s may have meant %j', (typed, wanted) => expect(meant(typed, known)).toEqual(wanted));
});

const person = (id: string, role = 'agent', more = {}) => ({ id, name: id, role, ...more });
const duties = (staff: string, more: Partial<Duties> = {}): Duties => ({ ...noDuties(staff), revision: 1, ...more });

describe('who is in which team', () => {
  const people = [person('Mei'), person('Ben'), person('Ada', 'auditor'), person('Sofia', 'supervisor'), person('Gone', 'agent', { disabled: true })];
  const all = new Map([
    ['Mei', duties('Mei', { teams: ['cards'], skills: ['fraud'], languages: ['zh-CN', 'en'] })],
    ['Ben', duties('Ben', { teams: ['cards'], languages: ['en'] })],
  ]);
  const names = (wanted: Parameters<typeof linesOf>[2]) => linesOf(people, all, wanted, 'en').map((l) => l.person.name);

  test('shows those who answer, by name', () => expect(names({})).toEqual(['Ben', 'Mei', 'Sofia']));
  test('narrows', () => {
    expect(names({ team: 'cards' })).toEqual(['Ben', 'Mei']);
    expect(names({ team: '' })).toEqual(['Sofia']);
    expect(names({ text: 'frau' })).toEqual(['Mei']);
    expect(names({ language: 'zh' })).toEqual(['Mei', 'Sofia']); // who has none takes every language
    expect(names({ skill: 'fraud' })).toEqual(['Mei']);
  });
  test('sums a team up', () => {
    const lines = linesOf(people, all, {}, 'en');
    expect(reachOf(lines, 'cards')).toEqual({ people: 2, languages: ['en', 'zh'], anyLanguage: false, skills: ['fraud'] });
    expect(reachOf(lines, '')).toEqual({ people: 1, languages: [], anyLanguage: true, skills: [] });
    expect(reachOf(lines, 'loans').people).toBe(0);
  });
  test('tells whether something changed, whatever the order', () => {
    expect(sameDuties(duties('a', { teams: ['x', 'y'], slots: { chat: 2, email: 3 } }), duties('a', { teams: ['y', 'x'], slots: { email: 3, chat: 2 } }))).toBe(true);
    expect(sameDuties(duties('a', { slots: { chat: 2 } }), duties('a'))).toBe(false);
  });
});
