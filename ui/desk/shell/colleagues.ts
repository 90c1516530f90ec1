import type { Staff } from './api.ts';
import { answers } from './roles.ts';


/**
 * Who may be given a conversation, under the names that customers see. Two of one
 * name are told apart by the name that only staff know.
 */
export function colleaguesOf(staff: readonly Staff[]): Staff[] {
  const all = staff.filter((s) => !s.disabled && answers(s.role));
  const alias = (s: Staff) => s.alias || s.name;
  const times = new Map<string, number>();
  for (const s of all) times.set(alias(s), (times.get(alias(s)) ?? 0) + 1);
  return all.map((s) => ({ ...s, name: times.get(alias(s))! > 1 && s.name !== alias(s) ? `${alias(s)} · ${s.name}` : alias(s) }));
}
