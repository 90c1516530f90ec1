export type SnoozePick = 'hour' | 'three' | 'tomorrow' | 'monday' | 'week';

export const snoozePicks: readonly SnoozePick[] = ['hour', 'three', 'tomorrow', 'monday', 'week'];

/** When a snooze ends, in microseconds since 1970: mornings are nine o'clock where the agent is. */
export function snoozeUntil(pick: SnoozePick, now: Date = new Date()): number {
  if (pick === 'hour' || pick === 'three') return (now.getTime() + (pick === 'hour' ? 1 : 3) * 3600_000) * 1000;
  const days = pick === 'tomorrow' ? 1 : pick === 'week' ? 7 : ((8 - now.getDay()) % 7) || 7;
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, 9).getTime() * 1000;
}
