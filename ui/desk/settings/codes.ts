import type { Api } from '../shell/api.ts';

/** A rail's own code of which it is not certain what it stands for. */
export interface Doubt {
  rail: string;
  code: string;
  kind: 'unknown' | 'disagrees';
  said: string;
  mapped?: string;
  times: number;
  first_at: string;
  last_at: string;
  example: string;
}

export interface Doubts {
  items: Doubt[];
  full: boolean;
}

export const doubts = (api: Pick<Api, 'call'>): Promise<Doubts> => api.call<Doubts>('GET', '/v1/failure-codes/doubts');

let chosen: { rail: string; code: string; means: string } | undefined;

/** Keeps what the next new form begins with. */
export function prefill(d: Doubt): void {
  chosen = { rail: d.rail, code: d.code, means: d.kind === 'disagrees' ? d.said : '' };
}

/** What a new form begins with, once. */
export function prefilled(): typeof chosen {
  const was = chosen;
  chosen = undefined;
  return was;
}
