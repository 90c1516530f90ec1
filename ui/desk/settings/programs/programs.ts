import type { Api } from '../../shell/api.ts';

/** What a key may be made for, in the order in which it is offered. */
export const scopes = [
  'conversations.read',
  'conversations.change',
  'messages.send',
  'notes.write',
  'customers.read',
  'queue.read',
  'reports.read',
  'audit.read',
] as const;

export type Scope = (typeof scopes)[number];

/** An API key, without its secret. Times are microseconds since 1970. */
export interface Key {
  id: string;
  name: string;
  scopes: Scope[];
  networks?: string[];
  state: 'active' | 'expired' | 'suspended' | 'revoked';
  created_by?: { id: string; name?: string };
  created_at: number;
  expires_at?: number;
  used_at?: number;
  refused_at?: number;
  revoked_by?: { id: string; name?: string };
  revoked_at?: number;
}

export interface Made {
  id: string;
  secret: string;
  /** The request under which it waits for a second person. */
  approval?: string;
}

export interface Wanted {
  name: string;
  scopes: Scope[];
  networks?: string[];
  expires_at?: number;
}

/** What a request for a key holds. */
export interface KeyPayload extends Wanted {
  id: string;
}

interface PageOf<T> {
  items: T[];
  next?: string;
}

/** The API keys of programs. */
export class ProgramsApi {
  constructor(private readonly api: Pick<Api, 'call'>) {}

  page(revoked: boolean, cursor?: string): Promise<PageOf<Key>> {
    return this.api.call('GET', '/v1/keys', undefined, { ...(revoked && { revoked: 'true' }), cursor });
  }

  make(wanted: Wanted): Promise<Made> {
    return this.api.call('POST', '/v1/keys', wanted);
  }

  revoke(id: string): Promise<void> {
    return this.api.call('DELETE', `/v1/keys/${id}`);
  }
}

/** For how many days a key may be made; 0: without an end. */
export const lives = [30, 90, 365, 0] as const;

/** When a key of so many days ends, in microseconds; none without an end. */
export function endOf(days: number, now = Date.now()): number | undefined {
  return days === 0 ? undefined : (now + days * 86_400_000) * 1000;
}

/** Addresses and networks as people write them: one a line, or with commas. */
export function networksOf(text: string): string[] {
  return text.split(/[\s,;，；、]+/u).filter(Boolean);
}
