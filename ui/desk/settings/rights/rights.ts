import type { Api } from '../../shell/api.ts';

/** A rule of the house that takes from what roles may do. */
export interface Restriction {
  name: string;
  actions: string[];
  roles?: string[];
  people?: string[];
  withhold?: boolean;
  training?: string;
  proof_minutes?: number;
  calendar?: string;
  networks?: string[];
  advice?: string;
}

export interface Training {
  name: string;
  valid_hours?: number;
  about?: string;
  /** What was given before ends as valid_hours says too, where that is earlier. */
  shortens_given?: boolean;
}

export interface Certificate {
  training: string;
  staff: string;
  /** Microseconds. */
  until?: number;
  /** How long it is good for, as its training said when it was given; none: as it says now. */
  valid_hours?: number;
}

/** The table of who may do what. */
export interface Rights {
  version: string;
  roles: string[];
  rights: { action: string; of: string[]; key?: string; restrictable: boolean }[];
}

export interface Decided {
  at: number;
  staff: string;
  name?: string;
  role: string;
  action: string;
  need?: string;
  rule?: string;
  version: string;
  times: number;
}

export interface Tried {
  problem?: { field: string; reason: string };
  looked: number;
  refused: number;
  unsure: number;
  people: { staff: string; name?: string; role: string; action: string; need?: string; times: number }[];
}

export class RightsApi {
  constructor(private readonly api: Pick<Api, 'call'>) {}

  rights(): Promise<Rights> {
    return this.api.call('GET', '/v1/rights');
  }
  async refused(staff = '', days = 7): Promise<Decided[]> {
    return (await this.api.call<{ decisions: Decided[] }>('GET', '/v1/decisions', undefined, { staff, refused: 'true', days })).decisions;
  }
  try(restriction: Restriction, days: number): Promise<Tried> {
    return this.api.call('POST', '/v1/restrictions/try', { restriction, days });
  }
}

/** When a certificate that was given at some time is over, microseconds; undefined: not by itself. */
export function ends(c: Certificate, given: number, t: Training | undefined): number | undefined {
  const now = t?.valid_hours ?? 0;
  let hours = c.valid_hours ?? now;
  if (t?.shortens_given && now > 0 && (hours === 0 || now < hours)) hours = now;
  const by = hours > 0 ? given + hours * 3_600_000_000 : undefined;
  if (!c.until) return by;
  return by === undefined ? c.until : Math.min(by, c.until);
}
