const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** How long ago something was, in words; older than a month, its date. Times are microseconds since 1970. */
export function ago(at: number, tag: string, now = Date.now()): string {
  const seconds = Math.round(at / 1_000_000 - now / 1000);
  if (Math.abs(seconds) > 30 * 86_400) return new Intl.DateTimeFormat(tag, { dateStyle: 'medium' }).format(at / 1000);
  const relative = new Intl.RelativeTimeFormat(tag, { numeric: 'auto' });
  for (const [unit, length] of units) if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  return relative.format(0, 'second');
}

export function exactly(at: number, tag: string): string {
  return new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'short' }).format(at / 1000);
}
