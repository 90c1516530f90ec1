/** Opening hours on screen: the same reckoning as the server's, for the preview alone. */
export interface Span {
  from: string;
  to: string;
}
export interface Calendar {
  name: string;
  time_zone: string;
  week: Span[][];
  holidays?: { name: string; date: string }[];
  exceptions?: { name?: string; date: string; spans: Span[] }[];
}

interface Wall {
  date: string;
  time: string;
  /** Monday is 0. */
  weekday: number;
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** What the clock on the wall shows there. */
export function wallOf(at: number, zone: string): Wall {
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone, weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
    })
      .formatToParts(at)
      .map((p) => [p.type, p.value]),
  );
  return { date: `${parts.year}-${parts.month}-${parts.day}`, time: `${parts.hour}:${parts.minute}`, weekday: weekdays.indexOf(parts.weekday!) };
}

/** The hours of one day. */
export function spansOf(c: Calendar, wall: Wall): Span[] {
  const own = c.exceptions?.find((e) => e.date === wall.date);
  if (own) return own.spans;
  if (c.holidays?.some((h) => h.date === wall.date || h.date === wall.date.slice(5))) return [];
  return c.week[wall.weekday] ?? [];
}

export function openAt(c: Calendar, at: number): boolean {
  const wall = wallOf(at, c.time_zone);
  return spansOf(c, wall).some((s) => s.from <= wall.time && wall.time < s.to);
}

const minute = 60_000;

/** Whether it is open at a time (milliseconds), and when that changes within two weeks. */
export function stateAt(c: Calendar, at: number): { open: boolean; until?: number } {
  const open = openAt(c, at);
  const begin = Math.floor(at / minute) * minute;
  // Clocks are put forward and back by quarters of an hour at least; spans begin at any minute.
  for (let step = 15; step <= 14 * 24 * 60; step += 15) {
    if (openAt(c, begin + step * minute) === open) continue;
    for (let m = step - 14; m <= step; m++) if (openAt(c, begin + m * minute) !== open) return { open, until: begin + m * minute };
  }
  return { open };
}

/** Minutes as "90", "1:30" are read, days as "2d": for fields of working time. */
export function readMinutes(text: string): number | undefined {
  const t = text.trim().toLowerCase();
  if (t === '') return 0;
  const clock = /^(\d{1,4}):([0-5]\d)$/.exec(t);
  if (clock) return Number(clock[1]) * 60 + Number(clock[2]);
  const units = /^(\d{1,6})\s*(m|min|h)?$/.exec(t);
  if (!units) return undefined;
  return Number(units[1]) * (units[2] === 'h' ? 60 : 1);
}

export function writeMinutes(minutes: number | undefined): string {
  if (!minutes) return '';
  if (minutes % 60 === 0) return `${minutes / 60} h`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}
