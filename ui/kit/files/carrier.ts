import type { Attachment } from '../protocol/frames.ts';
import type { Outbox, Outgoing } from '../protocol/outbox.ts';
import { attempt, type Attempts } from './attempt.ts';
import { BrowserKept, type Kept } from './kept.ts';

export interface CarrierOptions extends Attempts {
  outbox: Outbox;
  /** Puts a message back into the outbox; one that waits for no file any more is sent. */
  put: (message: Outgoing) => void;
  kept?: Kept;
}

/**
 * Stores the files of messages that wait in the outbox, one after another, and lets
 * each message go when it has all of its files. A message belongs to its conversation
 * from the moment it was sent: what the person does next does not touch it.
 */
export class Carrier {
  /** Bytes by message and file. */
  #files = new Map<string, ReadonlyMap<string, File>>();
  #kept: Kept;
  #working = false;
  #abort: { message: string; abort: AbortController } | undefined;

  constructor(private readonly options: CarrierOptions) {
    this.#kept = options.kept ?? new BrowserKept();
  }

  /** Takes the bytes of a message that was put into the outbox. */
  take(message: string, files: ReadonlyMap<string, File>): void {
    this.#files.set(message, files);
    void this.#kept.put(message, files).catch(() => {
      // There is no room, or no such storage: a reload loses them, and the person is told so.
      const waiting = this.options.outbox.get(message);
      if (waiting?.files) this.options.put({ ...waiting, unkept: true });
    });
    void this.run();
  }

  /** A message was discarded. */
  drop(message: string): void {
    this.#files.delete(message);
    if (this.#abort?.message === message) this.#abort.abort.abort();
    void this.#kept.remove(message).catch(() => undefined);
  }

  /** Somebody else may speak: what belongs to no message of this outbox is gone. */
  sweep(): void {
    const waiting = this.options.outbox.holding();
    for (const message of this.#files.keys()) if (!waiting.has(message)) this.drop(message);
    void this.#kept.only(waiting).catch(() => undefined);
  }

  /** Stores what waits; called again when the connection is back. */
  async run(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    try {
      for (let next; (next = this.#next()); ) if (!(await this.#carry(next))) break;
    } finally {
      this.#working = false;
    }
  }

  #next(): Outgoing | undefined {
    return this.options.outbox.messages().find((m) => m.files && !m.failed);
  }

  /** False when the connection is gone: the rest waits for it. */
  async #carry(message: Outgoing): Promise<boolean> {
    const { outbox, put } = this.options;
    const id = message.client_msg_id;
    const [first, ...rest] = message.files!;
    const bytes = (await this.#bytes(id)).get(first!.key);
    const abort = new AbortController();
    this.#abort = { message: id, abort };
    const end = bytes ? await attempt(bytes, abort.signal, { ...this.options, patient: true }) : 'gone';
    this.#abort = undefined;
    // Discarded meanwhile, or not this person's any more.
    const now = outbox.get(id);
    if (!now?.files) return true;
    if (end === 'offline') return false;
    if (typeof end === 'string') {
      put({ ...now, failed: `file_${end}` });
      return true;
    }
    const { files: _, unkept: __, ...whole } = now;
    put(rest.length > 0 ? { ...now, ...held(now, end, first!.field), files: rest } : { ...whole, ...held(now, end, first!.field) });
    if (rest.length === 0) this.drop(id);
    return true;
  }

  async #bytes(message: string): Promise<ReadonlyMap<string, File>> {
    const here = this.#files.get(message);
    if (here) return here;
    const kept = await this.#kept.get(message).catch(() => new Map<string, File>());
    if (kept.size > 0) this.#files.set(message, kept);
    return kept;
  }
}

/** A message that holds one more file: of itself, or of the question of its form. */
function held({ body, attachments = [] }: Outgoing, file: Attachment, field?: string): Pick<Outgoing, 'body' | 'attachments'> {
  const all = { attachments: [...attachments, file] };
  if (body.type === 'attachments') return { body: { ...body, attachment_ids: [...body.attachment_ids, file.id] }, ...all };
  if (body.type !== 'form' || field === undefined) return { body, ...all };
  const answer = body.answers[field];
  return { body: { ...body, answers: { ...body.answers, [field]: { ...answer, files: [...(answer?.files ?? []), file.id] } } }, ...all };
}
