/** Times as people say them. All arguments are microseconds since 1970, as in the protocol. */

const day = 24 * 3600 * 1000;
const date = (at: number) => new Date(at / 1000);

function startOfDay(d: Date): number {
  return new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
}

/** "14:02" */
export function clockTime(at: number, lang: string): string {
  return new Intl.DateTimeFormat(lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(date(at));
}

/** "today", "yesterday", "Monday", "22 November" or, in another year, with the year. */
export function dayName(at: number, lang: string, now: number = Date.now()): string {
  const days = Math.round((startOfDay(new Date(now)) - startOfDay(date(at))) / day);
  if (days === 0 || days === 1 || days === -1) return new Intl.RelativeTimeFormat(lang, { numeric: 'auto' }).format(-days, 'day');
  if (days > 1 && days < 7) return new Intl.DateTimeFormat(lang, { weekday: 'long' }).format(date(at));
  const sameYear = date(at).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(lang, { day: 'numeric', month: 'long', ...(!sameYear && { year: 'numeric' }) }).format(date(at));
}

/** "today 14:02" */
export function dayAndTime(at: number, lang: string, now: number = Date.now()): string {
  return `${dayName(at, lang, now)} ${clockTime(at, lang)}`;
}

/** For a list: "14:02" today, otherwise the day alone, short. */
export function shortTime(at: number, lang: string, now: number = Date.now()): string {
  const days = Math.round((startOfDay(new Date(now)) - startOfDay(date(at))) / day);
  if (days === 0) return clockTime(at, lang);
  if (days > 0 && days < 7) return new Intl.DateTimeFormat(lang, { weekday: 'short' }).format(date(at));
  const sameYear = date(at).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(lang, { day: 'numeric', month: 'short', ...(!sameYear && { year: '2-digit' }) }).format(date(at));
}

/** The whole time, to the second, with the zone: for the title of a short one. */
export function exactTime(at: number, lang: string): string {
  return new Intl.DateTimeFormat(lang, { dateStyle: 'full', timeStyle: 'long' }).format(date(at));
}

/** For the datetime attribute of a time element. */
export function machineTime(at: number): string {
  return date(at).toISOString();
}

export function sameDay(a: number, b: number): boolean {
  return startOfDay(date(a)) === startOfDay(date(b));
}
