import type { Picks } from '../../../kit/files/picks.svelte.ts';
import type { Attachment } from '../../../kit/protocol/frames.ts';
import { uuidv4 } from '../../../kit/protocol/ids.ts';
import type { Chat } from '../chat.svelte.ts';
import { formDraft } from '../drafts.ts';
import { asked, body, shown, type Answers, type Form } from './form.ts';
import type { Page } from './wallet.ts';

/** A form that is being filled in. */
export class Filling {
  answers = $state.raw<Answers>({});
  /** The files of its questions. */
  picks = $state.raw<ReadonlyMap<string, Picks>>(new Map());
  /** How what was chosen is called, by its id. */
  readonly names: Record<string, string> = {};

  constructor(
    private readonly chat: Chat,
    readonly form: Form,
  ) {
    try {
      this.answers = JSON.parse(chat.drafts.read(this.#draft)) as Answers;
    } catch {
      // Nothing was answered before.
    }
    const payment = form.fields.find((f) => f.kind === 'transaction');
    if (payment && chat.about !== undefined) this.change(payment.id, { transaction: chat.about });
  }

  get #draft(): string {
    return `${formDraft}${this.form.id}`;
  }

  /** The files of the questions that are asked; what was picked for another stays in the browser. */
  get #asked(): [string, Picks][] {
    const fields = new Set(asked(this.form, this.answers).map((f) => f.id));
    return [...this.picks].filter(([field]) => fields.has(field));
  }

  /** Some files are on their way, or were refused. */
  get pressing(): boolean {
    return this.#asked.some(([, p]) => p.pressing);
  }

  /** The connection is back. */
  resume(): void {
    for (const picks of this.picks.values()) picks.resume();
  }

  /** Keeps an answer, for a reload too; files are to be picked again then. */
  change(field: string, part: Answers[string]): void {
    this.answers = { ...this.answers, [field]: { ...this.answers[field], ...part } };
    const kept = Object.entries(this.answers).filter(([, a]) => !a.files?.length);
    this.chat.drafts.keep(this.#draft, JSON.stringify(Object.fromEntries(kept)));
  }

  /** Adds files to a question that takes so many. */
  async attach(field: string, files: File[], most: number): Promise<void> {
    if (files.length === 0 || !(await this.chat.need(this.chat.parts.files)) || this.chat.filling !== this) return;
    const picks = this.picks.get(field) ?? this.chat.carriage().picks(most);
    picks.take(files);
    this.picks = new Map(this.picks).set(field, picks);
  }

  /** Takes the files that were stored for these answers. */
  async adopt(files: Attachment[]): Promise<void> {
    if (files.length === 0 || !(await this.chat.need(this.chat.parts.files))) return;
    for (const { id, most = 5 } of this.form.fields.filter((f) => f.kind === 'file')) {
      const own = files.filter((f) => this.answers[id]?.files?.includes(f.id));
      if (own.length === 0) continue;
      const picks = this.chat.carriage().picks(most);
      picks.adopt(own);
      this.picks = new Map(this.picks).set(id, picks);
    }
  }

  clear(): void {
    for (const picks of this.picks.values()) picks.clear();
  }

  /** Sends what was answered, as the first message of the conversation; files that are not stored yet go before it. */
  send(language: string, diagnostics?: Record<string, string>): void {
    const { chat, form } = this;
    const attachments: Attachment[] = [];
    const waiting: { file: File; field: string; key: string }[] = [];
    const answers = { ...this.answers };
    for (const [field, picks] of this.#asked) {
      const { stored, files } = picks.hand();
      const pending = files.map((file) => ({ file, field, key: uuidv4() }));
      attachments.push(...stored);
      waiting.push(...pending);
      for (const f of stored) this.names[f.id] = f.name;
      for (const f of pending) this.names[f.key] = f.file.name;
      answers[field] = { ...answers[field], files: [...stored.map((f) => f.id), ...pending.map((f) => f.key)] };
    }
    const filled = body(form, answers, language, diagnostics);
    const looks = shown(form, filled, this.names);
    // What is not stored yet has no id that the server knows.
    const keys = new Set(waiting.map((f) => f.key));
    for (const [field, answer] of Object.entries(filled.answers)) {
      if (answer.files) filled.answers[field] = { ...answer, files: answer.files.filter((f) => !keys.has(f)) };
    }
    chat.drafts.keep(this.#draft, '');
    chat.about = undefined; // The next form is about something else.
    chat.failure = undefined;
    chat.leaveForm();
    const { conv, ref } = chat.begun();
    chat.post({ conv, ref, attachments, form: { body: filled, shown: looks } }, waiting);
  }

  /** Leaves the questions for a person. */
  person(): void {
    this.chat.leaveForm();
    this.chat.human();
  }

  /** A page of the customer's own transactions, or the one with an id. */
  async transactions(query: { cursor?: string; id?: string } = {}): Promise<Page> {
    const answer = await fetch(`/rt/wallet/transactions?${new URLSearchParams(query)}`, {
      headers: { Authorization: `Bearer ${this.chat.client.session}` },
    });
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()) as Page;
  }
}
