import { Problem, type Api, type Staff } from '../shell/api.ts';
import { answers, setsDuties } from '../shell/roles.ts';

/** What a member of staff is routed by. */
export interface Duties {
  staff: string;
  /** 0: nobody has said anything yet. */
  revision: number;
  /** Ids. */
  teams: string[];
  skills: string[];
  /** BCP 47; none: every language. */
  languages: string[];
  /** By channel: how many conversations at once; missing: the house's number. */
  slots: Record<string, number>;
}

export interface Skill {
  skill: string;
  /** How many people have it. */
  people: number;
  asked?: boolean;
}

/** What a person is routed by, without whose it is. */
export type Routed = Pick<Duties, 'teams' | 'skills' | 'languages' | 'slots'>;

export const mostSkills = 20;
export const mostSkillChars = 40;
export const mostSlots = 20;

export function noDuties(staff: string): Duties {
  return { staff, revision: 0, teams: [], skills: [], languages: [], slots: {} };
}

export { answers, setsDuties };

/** What everybody is routed by, and the skills that are known. */
export class DutiesApi {
  constructor(private readonly api: Pick<Api, 'call'>) {}

  async all(): Promise<Map<string, Duties>> {
    const { items } = await this.api.call<{ items: Duties[] }>('GET', '/v1/duties');
    return new Map(items.map((d) => [d.staff, d]));
  }
  of(staff: string): Promise<Duties> {
    return this.api.call('GET', `/v1/staff/${encodeURIComponent(staff)}/duties`);
  }
  /** Throws a Problem: conflict when somebody else has changed them since. */
  save(d: Duties): Promise<Duties> {
    const { revision, teams, skills, languages, slots } = d;
    return this.api.call('PUT', `/v1/staff/${encodeURIComponent(d.staff)}/duties`, { revision, teams, skills, languages, slots });
  }
  async skills(): Promise<Skill[]> {
    return (await this.api.call<{ items: Skill[] }>('GET', '/v1/skills')).items;
  }
}

/** A skill as the server keeps it. */
export function normalSkill(text: string): string {
  return text.normalize('NFKC').toLowerCase().normalize('NFKC').trim().replace(/\s+/gu, ' ');
}

/** How many letters are to be put in, left out, changed or swapped to make b of a (restricted Damerau-Levenshtein). */
function steps(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  const rows: number[][] = [Array.from({ length: y.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= x.length; i++) {
    const row = [i];
    for (let j = 1; j <= y.length; j++) {
      row[j] = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + Number(x[i - 1] !== y[j - 1]));
      if (i > 1 && j > 1 && x[i - 1] === y[j - 2] && x[i - 2] === y[j - 1]) row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1);
    }
    rows.push(row);
  }
  return rows[x.length]![y.length]!;
}

const bare = (text: string) => text.replace(/[\s\-_./]+/gu, '');

/** Those known that somebody who types this may have meant, the nearest first; none when it is known itself. */
export function meant(text: string, known: readonly string[]): string[] {
  const typed = normalSkill(text);
  if (typed === '' || known.includes(typed)) return [];
  const short = bare(typed);
  const away = (other: string) => {
    const there = bare(other);
    if (there === short) return 0;
    // One slip in a short word makes another word; what is longer may have two.
    const most = Math.min([...short].length, [...there].length) < 4 ? 0 : [...short].length < 8 ? 1 : 2;
    const n = steps(short, there);
    if (n <= most) return n;
    // The singular of a plural, the beginning of a longer name.
    return [...short].length >= 4 && (there.startsWith(short) || short.startsWith(there)) && Math.abs(there.length - short.length) <= 3 ? 2.5 : Infinity;
  };
  return known
    .map((skill) => ({ skill, n: away(skill) }))
    .filter(({ n }) => n < Infinity)
    .sort((a, b) => a.n - b.n || a.skill.localeCompare(b.skill))
    .slice(0, 3)
    .map(({ skill }) => skill);
}

/** What stands in a table of everybody who answers. */
export interface Line {
  person: Staff;
  duties: Duties;
}

/** Those who answer or have duties, by name; of a team when one is given ('': in none). */
export function linesOf(people: readonly Staff[], duties: ReadonlyMap<string, Duties>, wanted: { text?: string; team?: string; skill?: string; language?: string }, tag: string): Line[] {
  const text = (wanted.text ?? '').trim().toLocaleLowerCase(tag);
  return people
    .filter((p) => !p.disabled && answers(p.role))
    .map((person) => ({ person, duties: duties.get(person.id) ?? noDuties(person.id) }))
    .filter(({ person, duties: d }) => {
      if (text !== '' && ![person.name, person.alias, ...d.skills].some((part) => part?.toLocaleLowerCase(tag).includes(text))) return false;
      if (wanted.skill && !d.skills.includes(wanted.skill)) return false;
      if (wanted.language && d.languages.length > 0 && !d.languages.some((l) => primary(l) === wanted.language)) return false;
      return wanted.team === undefined || (wanted.team === '' ? d.teams.length === 0 : d.teams.includes(wanted.team));
    })
    .sort((a, b) => a.person.name.localeCompare(b.person.name, tag));
}

export const primary = (language: string): string => language.toLowerCase().split('-')[0]!;

/** What a team can do together. */
export interface Reach {
  people: number;
  languages: string[];
  /** Somebody of it takes every language. */
  anyLanguage: boolean;
  skills: string[];
}

export function reachOf(lines: readonly Line[], team: string): Reach {
  const of = lines.filter(({ duties }) => (team === '' ? duties.teams.length === 0 : duties.teams.includes(team)));
  return {
    people: of.length,
    languages: [...new Set(of.flatMap(({ duties }) => duties.languages.map(primary)))].sort(),
    anyLanguage: of.some(({ duties }) => duties.languages.length === 0),
    skills: [...new Set(of.flatMap(({ duties }) => duties.skills))].sort(),
  };
}

export const sameDuties = (a: Routed, b: Routed): boolean => {
  const texts = (d: Routed) => JSON.stringify([[...d.teams].sort(), [...d.skills].sort(), [...d.languages].sort(), Object.entries(d.slots).sort()]);
  return texts(a) === texts(b);
};

export function isConflict(error: unknown): boolean {
  return error instanceof Problem && error.code === 'conflict';
}
