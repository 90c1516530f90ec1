import type { Api } from '../shell/api.ts';

/** Times are microseconds since 1970; p50 and p80 are seconds from now. */
export interface Place {
  conversation: string;
  position: number;
  channel: string;
  language?: string;
  team?: string;
  skills: string[];
  priority: 'low' | 'normal' | 'high' | 'urgent';
  since: number;
  p50?: number;
  p80?: number;
  promised_by?: number;
  offered_to?: string;
  held_for?: string;
  nobody?: boolean;
  unspoken?: boolean;
}

export type PresenceState = 'available' | 'break' | 'away' | 'offline';

export interface BoardAgent {
  id: string;
  name: string;
  role: string;
  state: PresenceState;
  reason?: string;
  since?: number;
  /** Percent of what they can take. */
  load: number;
  holds: string[];
  offered?: string;
  languages: string[];
}

export interface BoardTeam {
  /** "" for what is no team's. */
  team: string;
  waiting: number;
  oldest?: number;
  p80?: number;
  late: number;
  nobody: number;
  available: number;
}

export interface Board {
  teams: BoardTeam[];
  queue: Place[];
  agents: BoardAgent[];
}

export interface KeptDay {
  day: number;
  served: number;
  within_p50: number;
  within_p80: number;
  left: number;
}

export class BoardApi {
  constructor(private readonly api: Pick<Api, 'call'>) {}

  board(): Promise<Board> {
    return this.api.call('GET', '/v1/board');
  }

  /** How the promises of the last days were kept, in days of this browser's time zone. */
  async kept(days: number, now = Date.now()): Promise<KeptDay[]> {
    const found: { items: KeptDay[] } = await this.api.call('GET', '/v1/promises', undefined, {
      from: (now - days * 86_400_000) * 1000,
      to: now * 1000,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    });
    return found.items;
  }
}

/** What was promised and what became of it, over all days; shares are undefined while nobody was served. */
export function sumOf(days: readonly KeptDay[]): { served: number; left: number; p50?: number; p80?: number } {
  const served = days.reduce((n, d) => n + d.served, 0);
  const left = days.reduce((n, d) => n + d.left, 0);
  if (served === 0) return { served, left };
  return { served, left, p50: days.reduce((n, d) => n + d.within_p50, 0) / served, p80: days.reduce((n, d) => n + d.within_p80, 0) / served };
}

const order: readonly PresenceState[] = ['available', 'break', 'away', 'offline'];

/** Who takes offers comes first, among them who has most to do. */
export function byState(agents: readonly BoardAgent[]): BoardAgent[] {
  return [...agents].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || b.load - a.load || a.name.localeCompare(b.name));
}
