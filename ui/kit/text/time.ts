/** Times as people say them. All arguments are microseconds since 1970, as in the protocol. */

const day = 24 * 3600 * 1000;
const date = (at: number) => new Date(at / 1000);

// Making a format costs as much as using it a hundred times.
const formats = new Map<string, Intl.DateTimeFormat>();

function format(at: number, lang: string, options: Intl.DateTimeFormatOptions): string {
  // Whoever travels with an open page reads the time of where they are.
  const key = `${lang} ${new Date().getTimezoneOffset()} ${Object.entries(options).join()}`;
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(lang, options)));
  return made.format(date(at));
}

function startOfDay(d: Date): number {
  return new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
}

/** "14:02" */
export function clockTime(at: number, lang: string): string {
  return format(at, lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
}

/** "today", "yesterday", "Monday", "22 November" or, in another year, with the year. */
export function dayName(at: number, lang: string, now: number = Date.now()): string {
  const days = Math.round((startOfDay(new Date(now)) - startOfDay(date(at))) / day);
  if (days === 0 || days === 1 || days === -1) return new Intl.RelativeTimeFormat(lang, { numeric: 'auto' }).format(-days, 'day');
  if (days > 1 && days < 7) return format(at, lang, { weekday: 'long' });
  const sameYear = date(at).getFullYear() === new Date(now).getFullYear();
  return format(at, lang, { day: 'numeric', month: 'long', ...(!sameYear && { year: 'numeric' }) });
}

/** "today 14:02" */
export function dayAndTime(at: number, lang: string, now: number = Date.now()): string {
  return `${dayName(at, lang, now)} ${clockTime(at, lang)}`;
}

/** For a list: "14:02" today, otherwise the day alone, short. */
export function shortTime(at: number, lang: string, now: number = Date.now()): string {
  const days = Math.round((startOfDay(new Date(now)) - startOfDay(date(at))) / day);
  if (days === 0) return clockTime(at, lang);
  if (days > 0 && days < 7) return format(at, lang, { weekday: 'short' });
  const sameYear = date(at).getFullYear() === new Date(now).getFullYear();
  return format(at, lang, { day: 'numeric', month: 'short', ...(!sameYear && { year: '2-digit' }) });
}

/** The whole time, to the second, with the zone: for the title of a short one. */
export function exactTime(at: number, lang: string): string {
  return format(at, lang, { dateStyle: 'full', timeStyle: 'long' });
}

/** For the datetime attribute of a time element. */
export function machineTime(at: number): string {
  return date(at).toISOString();
}

export function sameDay(a: number, b: number): boolean {
  return startOfDay(date(a)) === startOfDay(date(b));
}
