import type { Clock } from '../shell/api.ts';
import { clockTime, shortTime } from '../../kit/text/time.ts';

/** The promise that breaks next, or is broken already; one that stands still does not press. */
export function nextDue(clocks: Clock[] | undefined): Clock | undefined {
  return clocks?.filter((c) => c.due).sort((a, b) => a.due! - b.due!)[0];
}

/** How it presses at a time (microseconds). */
export function pressing(c: Clock, now: number): 'danger' | 'waiting' | 'plain' {
  if (c.state === 'breached' || c.due! <= now) return 'danger';
  return c.level >= 75 || c.due! - now < 10 * 60_000_000 ? 'waiting' : 'plain';
}

/** The time of day, or the day where it is another one. */
export function dueTime(c: Clock, tag: string, now: number): string {
  const near = Math.abs(c.due! - now) < 12 * 3600_000_000;
  return near ? clockTime(c.due!, tag) : shortTime(c.due!, tag);
}
