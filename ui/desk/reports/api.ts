import type { Api } from '../shell/api.ts';

/** Seconds. */
export interface Durations {
  count: number;
  median: number;
  p90: number;
  aimed: number;
  within: number;
}

export interface Bucket {
  /** When it begins, in microseconds since 1970. */
  at?: number;
  volume: number;
  first_response: Durations;
  resolution: Durations;
  reopened: number;
  backlog?: number;
  rated: number;
  scores: number[];
}

export interface Group extends Bucket {
  key: string;
}

export interface Report {
  total: Bucket;
  buckets: Bucket[];
  channels: Group[];
  languages: Group[];
  teams: Group[];
  topics: Group[];
  tags: Group[];
  /** By the ids of wrap-up codes. */
  codes: Group[];
  agents: Group[];
}

export interface Query {
  from: number;
  to: number;
  time_zone: string;
  by: 'day' | 'week';
  channel?: string;
  language?: string;
  agent?: string;
  team?: string;
  topic?: string;
  tag?: string;
  code?: string;
  time?: 'working' | 'wall';
}

export const read = (api: Api, q: Query): Promise<Report> => api.call('GET', '/v1/reports', undefined, { ...q });

/** Where the same is downloaded as a table. */
export function tableAddress(q: Query): string {
  const parameters = new URLSearchParams({ bom: 'true' });
  for (const [name, value] of Object.entries(q)) if (value !== undefined && value !== '') parameters.set(name, String(value));
  return `/v1/reports/export?${parameters}`;
}

export type Preset = 'today' | 'week' | 'month' | 'quarter' | 'year';
const days: Record<Preset, number> = { today: 1, week: 7, month: 30, quarter: 91, year: 365 };

/** The days of a range, as dates of this browser's calendar: the last n, today among them. */
export function presetDates(preset: Preset, now: Date): { from: string; to: string } {
  const back = new Date(now.getFullYear(), now.getMonth(), now.getDate() - days[preset] + 1);
  return { from: dateText(back), to: dateText(now) };
}

export function dateText(d: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}

/** From the beginning of the first date to the end of the last; undefined when that is no range. */
export function rangeOf(from: string, to: string): { from: number; to: number } | undefined {
  const begin = new Date(`${from}T00:00:00`);
  const last = new Date(`${to}T00:00:00`);
  if (Number.isNaN(begin.getTime()) || Number.isNaN(last.getTime()) || last < begin) return undefined;
  const end = new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1);
  if (end.getTime() - begin.getTime() > 400 * 24 * 3600_000) return undefined;
  return { from: begin.getTime() * 1000, to: end.getTime() * 1000 };
}

/** "45 s", "12 min", "3 h 20 min", "2 d 4 h" in a language. */
export function duration(seconds: number, tag: string): string {
  const unit = (n: number, u: string) => new Intl.NumberFormat(tag, { style: 'unit', unit: u, unitDisplay: 'short', maximumFractionDigits: 0 }).format(n);
  if (seconds < 60) return unit(seconds, 'second');
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return unit(minutes, 'minute');
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${unit(hours, 'hour')} ${unit(minutes % 60, 'minute')}` : unit(hours, 'hour');
  const rest = hours % 24;
  return rest ? `${unit(Math.floor(hours / 24), 'day')} ${unit(rest, 'hour')}` : unit(hours / 24, 'day');
}

export const share = (part: number, of: number): number | undefined => (of > 0 ? part / of : undefined);
export const satisfied = (b: Bucket): number | undefined => share((b.scores[3] ?? 0) + (b.scores[4] ?? 0), b.rated);
