import type { Api, Role, Staff } from '../shell/api.ts';
import type { NewPasskey, PasskeyQuestion, PasskeyUse } from '../../kit/passkey.ts';

export interface Opened {
  staff: Staff;
  expires_at: number;
  idle_seconds: number;
}

export interface WaysIn {
  passkeys: boolean;
  passwords: boolean;
  directory?: string;
}

export interface Asked {
  question: PasskeyQuestion;
  ticket: string;
}

export interface Welcome {
  kind: 'member' | 'reset' | 'first_owner';
  email: string;
  role: Role;
  name: string;
  expires_at: number;
  passwords: boolean;
  totp_secret: string;
  totp_url: string;
  totp_qr: string[];
  question?: PasskeyQuestion;
  ticket: string;
}

export interface Join {
  token: string;
  ticket: string;
  email?: string;
  name?: string;
  alias?: string;
  password?: string;
  totp?: string;
  passkey_name?: string;
  passkey?: NewPasskey;
}

export interface Passkey {
  id: string;
  name: string;
  created_at: number;
  used_at?: number;
  synced: boolean;
}

export interface Session {
  id: string;
  current: boolean;
  method: 'password' | 'passkey' | 'directory';
  device?: string;
  network?: string;
  created_at: number;
  seen_at: number;
  expires_at: number;
}

export interface Account {
  id: string;
  email: string;
  name: string;
  alias: string;
  role: Role;
  has_password: boolean;
  passkey_only: boolean;
  passkey_required: boolean;
  directory: boolean;
  fresh_until: number;
  passkeys: Passkey[];
  sessions: Session[];
}

export interface CodeOffer {
  totp_secret: string;
  totp_url: string;
  totp_qr: string[];
  ticket: string;
}

export interface Invitation {
  id: string;
  kind: Welcome['kind'];
  email: string;
  role: Role;
  /** What they are routed by once they join. */
  teams: string[];
  skills: string[];
  languages: string[];
  invited_by: string;
  created_at: number;
  expires_at: number;
}

export interface Link {
  id: string;
  url: string;
  expires_at: number;
}

/** How staff come in, and see to their own sign-in. */
export class Access {
  constructor(private readonly api: Api) {}

  ways = (): Promise<WaysIn> => this.api.call('GET', '/v1/session/ways');
  ask = (): Promise<Asked> => this.api.call('POST', '/v1/session/passkey/question');
  signIn = (ticket: string, use: PasskeyUse): Promise<Opened> => this.api.call('POST', '/v1/session/passkey', { ticket, ...use });
  welcome = (token: string): Promise<Welcome> => this.api.call('POST', '/v1/invitation', { token });
  join = (answers: Join): Promise<Opened> => this.api.call('POST', '/v1/invitation/join', answers);

  account = (): Promise<Account> => this.api.call('GET', '/v1/account');
  prove = (password: string, totp: string): Promise<void> => this.api.call('POST', '/v1/account/proof', { password, totp });
  proveByPasskey = (ticket: string, use: PasskeyUse): Promise<void> => this.api.call('POST', '/v1/account/proof/passkey', { ticket, ...use });
  setPasskeyOnly = (only: boolean): Promise<void> => this.api.call('PATCH', '/v1/account', { passkey_only: only });
  askNew = (): Promise<Asked> => this.api.call('POST', '/v1/account/passkeys/question');
  addPasskey = (ticket: string, name: string, passkey: NewPasskey): Promise<void> => this.api.call('POST', '/v1/account/passkeys', { ticket, name, passkey });
  renamePasskey = (id: string, name: string): Promise<void> => this.api.call('PATCH', `/v1/account/passkeys/${id}`, { name });
  removePasskey = (id: string): Promise<void> => this.api.call('DELETE', `/v1/account/passkeys/${id}`);
  setPassword = (password: string): Promise<void> => this.api.call('PUT', '/v1/account/password', { password });
  offerCode = (): Promise<CodeOffer> => this.api.call('POST', '/v1/account/code/offer');
  setCode = (ticket: string, totp: string): Promise<void> => this.api.call('PUT', '/v1/account/code', { ticket, totp });
  endSession = (id: string): Promise<void> => this.api.call('DELETE', `/v1/account/sessions/${id}`);
  endOthers = (): Promise<void> => this.api.call('DELETE', '/v1/account/sessions');

  invitations = async (): Promise<Invitation[]> => (await this.api.call<{ items: Invitation[] }>('GET', '/v1/invitations')).items;
  invite = (email: string, role: Role, duties: { teams?: string[]; skills?: string[]; languages?: string[] } = {}): Promise<Link> => this.api.call('POST', '/v1/invitations', { email, role, ...duties });
  revoke = (id: string): Promise<void> => this.api.call('DELETE', `/v1/invitations/${id}`);
  reset = (staff: string): Promise<Link> => this.api.call('POST', `/v1/staff/${staff}/reset`);
  change = (staff: string, what: { role?: Role; disabled?: boolean }): Promise<void> => this.api.call('PATCH', `/v1/staff/${staff}`, what);
}
