export type SnoozePick = 'hour' | 'tomorrow' | 'monday';

export const snoozePicks: readonly SnoozePick[] = ['hour', 'tomorrow', 'monday'];

/** When a snooze ends, in microseconds since 1970: mornings are nine o'clock, local time. */
export function snoozeUntil(pick: SnoozePick, now: Date = new Date()): number {
  if (pick === 'hour') return (now.getTime() + 3600_000) * 1000;
  const days = pick === 'tomorrow' ? 1 : ((8 - now.getDay()) % 7) || 7;
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, 9).getTime() * 1000;
}
