import type { Client } from '../../kit/protocol/client.ts';
import { codeOf } from '../inbox/inbox.svelte.ts';
import type { Api, Problem } from '../shell/api.ts';

export const channels = ['chat', 'phone', 'mail'] as const;
export const purposes = ['question', 'payment', 'case', 'safety', 'callback'] as const;

/** That one of us contacts the customer of a conversation. Times are microseconds since 1970. */
export interface Contact {
  id: string;
  staff_id: string;
  staff: string;
  channel: string;
  purpose: string;
  /** For whoever contacts the customer, as long as it counts. */
  code?: string;
  live: boolean;
  created_at: number;
  expires_at: number;
  ended_at?: number;
  end_reason?: string;
  seen_at?: number;
  checked_at?: number;
  phrase_at?: number;
  false: number;
}

interface Answer {
  contact?: Contact;
  now: number;
}

/** How contacts went, for who leads. */
export interface Figures {
  contacts: number;
  seen: number;
  checked: number;
  tries: number;
  false: number;
  phrases: number;
  reports: number;
  open: number;
}

export function figures(api: Api, from: number, to: number): Promise<Figures> {
  return api.call('GET', `/v1/contact-figures?from=${from}&to=${to}`);
}

/** Who contacts the customer of one conversation, and how far that is. */
export class Contacting {
  contact = $state.raw<Contact>();
  loaded = $state.raw(false);
  busy = $state.raw(false);
  problem = $state.raw<Problem['code']>();
  /** The customer's own phrase, while it is shown; empty: they have none. */
  phrase = $state.raw<string>();
  /** Milliseconds by which this clock is behind the server's. */
  skew = 0;
  readonly #stop: (() => void) | undefined;
  #left = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: Api,
    private readonly conversation: string,
    client?: Pick<Client, 'on'>,
  ) {
    this.#stop = client?.on((change) => {
      const moved = change.what === 'entry' && change.entry.conv === conversation && (change.entry.kind === 'assigned' || change.entry.kind === 'status');
      if (change.what === 'welcome' || moved || (change.what === 'changed' && change.kinds.includes('contact'))) void this.read();
    });
    void this.read();
  }

  get #path(): string {
    return `/v1/conversations/${encodeURIComponent(this.conversation)}/contact`;
  }

  leave(): void {
    this.#left = true;
    this.#stop?.();
    clearTimeout(this.#timer);
  }

  /** Milliseconds for which the code counts. */
  remaining(now: number): number {
    return this.contact?.live ? Math.max(0, this.contact.expires_at / 1000 - now - this.skew) : 0;
  }

  async read(): Promise<void> {
    await this.#do(async () => this.#take(await this.api.call<Answer>('GET', this.#path)), true);
  }

  give(channel: string, purpose: string): Promise<void> {
    return this.#do(async () => this.#take(await this.api.call<Answer>('POST', this.#path, { channel, purpose })));
  }

  end(): Promise<void> {
    return this.#do(async () => {
      await this.api.call('DELETE', this.#path);
      this.#take(await this.api.call<Answer>('GET', this.#path));
    });
  }

  reveal(): Promise<void> {
    return this.#do(async () => {
      this.phrase = (await this.api.call<{ phrase?: string }>('POST', `${this.#path}/phrase`)).phrase ?? '';
    });
  }

  #take({ contact, now }: Answer): void {
    if (contact?.id !== this.contact?.id || !contact?.live) this.phrase = undefined;
    this.contact = contact;
    this.loaded = true;
    this.skew = now / 1000 - Date.now();
    clearTimeout(this.#timer);
    // What is over is asked for once more, and is no longer here.
    if (contact?.live) this.#timer = setTimeout(() => void this.read(), Math.max(contact.expires_at / 1000 - now / 1000, 0) + 500);
  }

  async #do(what: () => Promise<void>, quiet = false): Promise<void> {
    if (this.#left) return;
    this.busy = !quiet;
    try {
      await what();
      this.problem = undefined;
    } catch (error) {
      if (!this.#left) this.problem = codeOf(error);
    }
    this.busy = false;
  }
}
