import type { Api } from '../shell/api.ts';

/** One time that somebody had more rights than their role. Times are microseconds. */
export interface Emergency {
  id: string;
  staff_id: string;
  name: string;
  role: string;
  reason: string;
  asked_by: string;
  /** None: an owner opened it. */
  approval?: string;
  began_at: number;
  until_at: number;
  ended_at?: number;
  by_itself?: boolean;
}

export const list = async (api: Pick<Api, 'call'>, open: boolean): Promise<Emergency[]> =>
  (await api.call<{ items: Emergency[] }>('GET', '/v1/emergencies', undefined, { ...(open && { open: 'true' }) })).items;

/** What one has asked for oneself, and waits for a second person. */
export interface Asked {
  id: string;
  minutes: number;
  reason: string;
  created_at: number;
  expires_at: number;
}

export const asked = async (api: Pick<Api, 'call'>): Promise<Asked[]> => (await api.call<{ items: Asked[] }>('GET', '/v1/emergencies/asked')).items;

export const isOpen = (one: Emergency, now: number): boolean => one.ended_at === undefined && one.until_at > now * 1000;

/** What a second person agrees to. */
export interface EmergencyPayload {
  staff: string;
  name: string;
  minutes: number;
  reason: string;
}
