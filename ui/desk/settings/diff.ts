/** One member of a value that differs; undefined where it is not there. */
export interface Difference {
  path: string;
  before?: string;
  after?: string;
}

/** Every simple member of a value by its path, in the order in which they stand. */
export function flatten(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value)) value.forEach((each, i) => flatten(each, join(path, String(i + 1)), into));
  else if (value !== null && typeof value === 'object') for (const [name, each] of Object.entries(value)) flatten(each, join(path, name), into);
  else if (value !== undefined && value !== null && value !== '') into.set(path, String(value));
  return into;
}

/** Where two values differ, what is gone and what is new as well. */
export function differences(before: unknown, after: unknown): Difference[] {
  const [a, b] = [flatten(before), flatten(after)];
  const all: Difference[] = [];
  for (const path of new Set([...a.keys(), ...b.keys()])) {
    const difference = { path, ...(a.has(path) && { before: a.get(path)! }), ...(b.has(path) && { after: b.get(path)! }) };
    if (difference.before !== difference.after) all.push(difference);
  }
  return all;
}

export function same(a: unknown, b: unknown): boolean {
  return differences(a, b).length === 0;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** The member of a value that a path such as hours.2.from names; undefined where there is none. */
export function memberAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined), value);
}
