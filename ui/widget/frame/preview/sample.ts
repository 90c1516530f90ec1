import type { Upload } from '../../../kit/files/upload.ts';
import type { Language } from '../../../kit/language.ts';
import type { ClientFrame, Entry, Payload, ServerFrame } from '../../../kit/protocol/frames.ts';
import type { Dial } from '../../../kit/protocol/transport.ts';
import type { Form } from '../intake/form.ts';
import type { Known } from '../intake/wallet.ts';
import { words } from './words.ts';

const minute = 60_000_000;
const customer = { kind: 'customer' as const };

/**
 * Plays the server to the window of a preview: one customer who is signed in, one
 * conversation, a few payments. Nothing leaves the page, and nothing is kept.
 */
export class Sample {
  language: Language = 'en';
  forms: Form[] = [];
  greeting: string | undefined;
  /** The conversation that is there from the beginning. */
  readonly talk = 'sample';
  #logs = new Map<string, Entry[]>();
  #begun = 0;

  /** What the window asks by its pages' addresses. */
  readonly fetch = (address: RequestInfo | URL): Promise<Response> => {
    const path = String(address);
    if (path.startsWith('/rt/forms')) return Promise.resolve(Response.json({ forms: this.forms, greeting: this.greeting }));
    if (path.startsWith('/rt/wallet/transactions')) return Promise.resolve(Response.json({ items: this.#payments() }));
    return Promise.resolve(new Response(null, { status: 404 }));
  };

  readonly upload: Upload = (file) => Promise.resolve({ id: `sample-${file.name}`, name: file.name, type: file.type, size: file.size });

  readonly dial: Dial = (_, events) => {
    let open = true;
    const tell = (...frames: ServerFrame[]) => queueMicrotask(() => open && frames.forEach((frame) => events.frame(frame)));
    const { length } = this.#log(this.talk);
    tell({
      t: 'welcome',
      session: 'sample',
      server_time: Date.now() * 1000,
      limits: { frame_bytes: 65_536, text_chars: 8000, messages_per_10s: 20, attachment_bytes: 20 << 20, attachment_types: ['image/png', 'application/pdf', 'text/plain'] },
      customer: 'sample',
      anonymous: false,
      service: { open: true },
      conversations: [{ conv: this.talk, status: 'waiting', last_seq: length, read_seq: length, unread: 0, last_activity: Date.now() * 1000 }],
    });
    return { send: (frame) => this.#answer(frame, tell), close: () => (open = false) };
  };

  #answer(frame: ClientFrame, tell: (...frames: ServerFrame[]) => void): void {
    const at = Date.now() * 1000;
    switch (frame.t) {
      case 'start':
        return tell({ t: 'started', ref: frame.ref, conv: `sample-${++this.#begun}`, at });
      case 'send': {
        const { body, conv, client_msg_id } = frame;
        const entry = this.#add(conv, 'message', body.type === 'form' ? this.#filled(body) : { text: body.text ?? '' }, client_msg_id);
        return tell({ t: 'event', ...entry }, { t: 'stored', client_msg_id, conv, seq: entry.seq, at });
      }
      case 'human':
        return tell({ t: 'event', ...this.#add(frame.conv, 'human', {}) });
      case 'fetch': {
        const log = this.#log(frame.conv).filter((e) => e.seq > (frame.after_seq ?? 0) && e.seq < (frame.before_seq ?? Infinity));
        return tell({ t: 'missed', conv: frame.conv, from: log[0]?.seq ?? 1, to: log.at(-1)?.seq ?? 0, events: log, more: false });
      }
      case 'ping':
        return tell({ t: 'pong', server_time: at });
    }
  }

  #log(conv: string): Entry[] {
    let log = this.#logs.get(conv);
    if (!log) {
      const w = words[this.language];
      const staff = { id: 'sample', name: w.agent };
      const agent = { kind: 'agent' as const, name: w.agent };
      const told: Pick<Entry, 'kind' | 'author' | 'payload'>[] = [
        { kind: 'message', author: customer, payload: { text: w.asks } },
        { kind: 'assigned', payload: { staff } },
        { kind: 'message', author: agent, payload: { text: w.answers } },
        { kind: 'message', author: customer, payload: { text: w.thanks } },
      ];
      log = conv === this.talk ? told.map((e, i) => ({ ...e, conv, seq: i + 1, at: Date.now() * 1000 - (told.length - i) * minute })) : [];
      this.#logs.set(conv, log);
    }
    return log;
  }

  #add(conv: string, kind: string, payload: Payload, client_msg_id?: string): Entry {
    const log = this.#log(conv);
    const entry: Entry = { conv, seq: log.length + 1, kind, at: Date.now() * 1000, author: customer, payload, ...(client_msg_id && { client_msg_id }) };
    log.push(entry);
    return entry;
  }

  #filled(body: Extract<ClientFrame, { t: 'send' }>['body'] & { type: 'form' }): Payload {
    const form = this.forms.find((f) => f.id === body.form);
    const answers = (form?.fields ?? []).flatMap(({ id, kind, label, choices }) => {
      const a = body.answers[id];
      if (!a) return [];
      const payment = this.#payments().find((p) => p.id === a.transaction);
      const parts = [choices?.find((c) => c.id === a.choice)?.label, payment && `${payment.amount.amount} ${payment.amount.currency} · ${payment.party}`, a.text, a.amount && `${a.amount} ${a.currency ?? ''}`, a.date && `${a.date} ${a.time ?? ''}`];
      return [{ field: id, kind, label, value: parts.filter(Boolean).join(' · ').trim() || '✓' }];
    });
    return { text: '', form: { form: body.form, revision: body.revision, title: form?.title ?? '', answers } };
  }

  #payments(): Known[] {
    const w = words[this.language];
    const currency = this.language === 'zh' ? 'CNY' : 'EUR';
    return w.parties.map((party, i) => ({
      id: `sample-${i}`,
      amount: { amount: ['12.50', '230.00', '48.90'][i]!, currency },
      direction: i === 1 ? 'in' : 'out',
      kind: 'payment',
      at: Date.now() * 1000 - (i + 1) * 26 * 60 * minute,
      party,
      state: i === 2 ? 'refunded' : 'posted',
    }));
  }
}
