export interface AuditRecord {
  seq: number;
  at: number;
  actor_type: string;
  actor_id: string;
  session?: string;
  action: string;
  object_type: string;
  object_id: string;
  subject?: string;
  purpose?: string;
  approvals?: string[];
  result: string;
  previous: string;
}

export interface AuditProof {
  ok: boolean;
  proven: number;
  proven_at: string;
  checked: number;
  first_bad?: number;
  reason?: string;
  at: number;
}

export type AuditQuery = Partial<Record<'actor' | 'action' | 'object', string>> & { from?: number; until?: number };

/** The most records of one file; more is for the command line. */
export const mostExported = 20_000;

/** Midnight of a day of this browser's zone, so many days later, in microseconds; nothing for no day. */
export function microsOf(day: string, later = 0): number | undefined {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!parts) return undefined;
  const at = new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + later).getTime();
  return Number.isNaN(at) ? undefined : at * 1000;
}

/** Reads page after page, up to a bound. */
export async function collect(
  page: (before?: number) => Promise<{ items: AuditRecord[]; next?: number }>,
  progress: (n: number) => void,
): Promise<AuditRecord[]> {
  const all: AuditRecord[] = [];
  for (let before: number | undefined; all.length < mostExported; ) {
    const found: { items: AuditRecord[]; next?: number } = await page(before);
    all.push(...found.items);
    progress(all.length);
    if (!found.next) break;
    before = found.next;
  }
  return all.slice(0, mostExported);
}

/** One record a line, the oldest first, as a chain is read. */
export function lines(records: readonly AuditRecord[]): string {
  return records
    .toReversed()
    .map((r) => `${JSON.stringify(r)}\n`)
    .join('');
}
