import type { Api } from '../shell/api.ts';
import type { IntakeForm } from './forms/intake.ts';
import type { EmergencyPayload } from '../emergency/emergency.ts';
import type { KeyPayload } from './programs/programs.ts';

/** Times are microseconds since 1970. */
export interface Setting<T = unknown> {
  id: string;
  /** 0 for what nobody has saved yet. */
  revision: number;
  own?: boolean;
  archived?: boolean;
  changed_by?: { id: string; name?: string };
  changed_at?: number;
  /** The request under which a change waits for a second person. */
  approval?: string;
  value: T;
}

export interface Revision extends Setting {
  under?: string;
}

export interface Approval {
  id: string;
  kind: 'setting.save' | 'staff.change' | 'key.make' | 'customer.erase' | 'emergency.open';
  subject: string;
  summary?: string;
  payload: SettingPayload | StaffPayload | KeyPayload | EmergencyPayload;
  hash: string;
  maker: { id: string; name?: string };
  created_at: number;
  expires_at: number;
  state: 'pending' | 'approved' | 'executed' | 'rejected' | 'withdrawn' | 'expired';
  decider?: { id: string; name?: string };
  decided_at?: number;
  reason?: string;
  may_decide: boolean;
  may_withdraw: boolean;
}

export interface SettingPayload {
  kind: string;
  id: string;
  revision: number;
  value: unknown;
  archived?: boolean;
}

export interface StaffPayload {
  id: string;
  name: string;
  was_role: string;
  was_disabled: boolean;
  role?: string;
  disabled?: boolean;
}

/** What is being changed of the window; what is left out is as it is set. */
export interface WindowDraft {
  look?: unknown;
  form?: unknown;
}

/** What the window would be told (POST /v1/window/preview). */
export interface WindowPreview {
  /** Address of the frame that shows it. */
  frame: string;
  css: string;
  button: { css: string; theme?: 'light' | 'dark'; side?: 'start'; label?: Record<string, string> };
  greeting?: string;
  forms: unknown[];
}

interface PageOf<T> {
  items: T[];
  next?: string;
}

/** The settings of every kind, and what waits for a second person. */
export class SettingsApi {
  constructor(private readonly api: Pick<Api, 'call'>) {}

  async list(kind: string, archived = false): Promise<Setting[]> {
    const all: Setting[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: PageOf<Setting> = await this.api.call('GET', `/v1/settings/${kind}`, undefined, { cursor, ...(archived && { archived: 'true' }) });
      all.push(...page.items);
      cursor = page.next;
    }
    return all;
  }

  get(kind: string, id?: string): Promise<Setting> {
    return this.api.call('GET', address(kind, id));
  }

  save(kind: string, id: string | undefined, revision: number, value: unknown): Promise<Setting> {
    return this.api.call('PUT', address(kind, id), { revision, value });
  }

  archive(kind: string, id: string, revision: number, archived: boolean): Promise<Setting> {
    return this.api.call('POST', `${address(kind, id)}/archive`, { revision, archived });
  }

  restore(kind: string, id: string, revision: number, from: number): Promise<Setting> {
    return this.api.call('POST', `${address(kind, id)}/restore`, { revision, from });
  }

  history(kind: string, id: string, before?: number): Promise<{ items: Revision[]; next?: number }> {
    return this.api.call('GET', `${address(kind, id)}/history`, undefined, { before });
  }

  preview(draft: WindowDraft & { language: string }): Promise<WindowPreview> {
    return this.api.call('POST', '/v1/window/preview', draft);
  }

  /** The forms as they are delivered. */
  async delivered(): Promise<IntakeForm[]> {
    return (await this.api.call<PageOf<IntakeForm>>('GET', '/v1/window/delivered-forms')).items;
  }

  /** What customers can be led through, with its name in a language. */
  async flows(lang: string): Promise<{ id: string; title: string }[]> {
    return (await this.api.call<PageOf<{ id: string; title: string }>>('GET', `/v1/flows?lang=${encodeURIComponent(lang)}`)).items;
  }

  async approvals(decided = false): Promise<Approval[]> {
    const all: Approval[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: PageOf<Approval> = await this.api.call('GET', '/v1/approvals', undefined, { cursor, limit: 100, ...(decided && { decided: 'true' }) });
      all.push(...page.items);
      // Whatever waits is seen; of what was decided, the newest.
      cursor = decided ? undefined : page.next;
    }
    return all;
  }

  approve(a: Approval): Promise<void> {
    return this.api.call('POST', `/v1/approvals/${a.id}/approve`, { hash: a.hash });
  }

  reject(a: Approval, reason: string): Promise<void> {
    return this.api.call('POST', `/v1/approvals/${a.id}/reject`, { reason });
  }

  withdraw(a: Approval): Promise<void> {
    return this.api.call('DELETE', `/v1/approvals/${a.id}`);
  }
}

function address(kind: string, id?: string): string {
  return id === undefined ? `/v1/settings/${kind}` : `/v1/settings/${kind}/${encodeURIComponent(id)}`;
}
