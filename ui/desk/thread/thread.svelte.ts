import { afterPaint } from '../../kit/paint.ts';
import type { Client } from '../../kit/protocol/client.ts';
import type { Attachment, Status } from '../../kit/protocol/frames.ts';
import type { Line } from '../../kit/protocol/log.ts';
import type { Outgoing } from '../../kit/protocol/outbox.ts';
import type { After } from '../inbox/changing.ts';
import { Problem, type Api, type Conversation, type Customer, type Priority, type StatusAbout, type Version } from '../shell/api.ts';
import type { Drafts, DraftState } from './drafts.ts';
import { codeOf } from '../inbox/inbox.svelte.ts';
import { mentionsIn } from './suggest.ts';

const readAgainAfter = 5_000;

/** The conversation that is open at the desk. */
export class Thread {
  conversation = $state.raw<Conversation>();
  customer = $state.raw<Customer>();
  /** Why the customer's side could not be read; what was read before is shown as long as there is something. */
  customerProblem = $state<Problem['code']>();
  lines = $state.raw<Line[]>([]);
  pending = $state.raw<Outgoing[]>([]);
  loaded = $state(false);
  hasOlder = $state(false);
  receipt = $state.raw({ delivered: 0, read: 0 });
  typing = $state<string>();
  problem = $state<Problem['code']>();
  draft = $state('');
  note = $state(false);
  draftState = $state<DraftState>('none');
  removed = $state.raw<string[]>([]);
  /** Colleagues who look at it now. */
  present = $state.raw<{ id: string; name: string }[]>([]);
  /** A colleague is writing here too. */
  colleague = $state(false);
  /** The newest entry when the draft was begun: an answer after it came in between. */
  begun = $state(0);
  /** Whom the note that is being written names: their names by their ids. */
  named = $state.raw<ReadonlyMap<string, string>>(new Map());
  /** What is done when the answer is sent. */
  then = $state.raw<After>();

  /** The newest entry when it was opened: what comes after it is news. */
  opened = $state(0);
  /** The newest entry that was on screen; what was there when it was opened counts as seen. */
  upTo = 0;

  #draftRead = false;
  #draftTimer: ReturnType<typeof setTimeout> | undefined;
  #stop: () => void;
  #callOff: () => void = () => undefined;
  #begun = false;
  #gone = false;
  /** The server has said what it is; before, it is what the list held. */
  #told = false;
  #asking: Promise<void> | undefined;
  #askAgain = false;
  /** Of whom the customer's side was asked for. */
  #about = '';
  /** How often the server was told that something was read here. */
  #marks = 0;

  constructor(
    readonly id: string,
    private readonly api: Api,
    readonly client: Client,
    private readonly drafts: Drafts,
    /** What went wrong with something the agent did. */
    private readonly failed: (code: Problem['code']) => void,
    /** It is now so; or it was left before that could be learnt. */
    private readonly changed: (conversation?: Conversation) => void,
    /** What the list holds of it. */
    known?: Conversation,
  ) {
    this.#stop = client.on((change) => {
      if (change.what === 'inbox' && this.customer?.conversations.some((c) => c.id !== id && c.id === change.conv)) void this.#readCustomer(this.customer.id);
      if ('conv' in change && change.conv && change.conv !== id) return;
      if (change.what === 'inbox') void this.read();
      if (change.what === 'welcome') void this.#readDraft();
      // What became of it while there was no connection was told to nobody.
      if (change.what === 'welcome') void this.read();
      if (change.what === 'removed') this.removed = change.classes;
      if (change.what === 'present') this.present = change.staff.filter((s) => s.id !== client.me.id);
      if (change.what === 'state' && change.state !== 'open') this.present = [];
      this.#refresh();
    });
    drafts.listen(id, (state) => (this.draftState = state));
    this.conversation = known;
    client.open(id);
    this.#refresh();
    // Where everything to be shown is here, the rest waits until it is seen.
    if (known && this.loaded) this.#callOff = afterPaint(() => this.#begin());
    else this.#begin();
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#callOff();
    void this.read();
    void this.#readDraft();
  }

  /** Lets go of the conversation; what was typed is saved. */
  leave(): void {
    this.#gone = true;
    this.#stop();
    this.#callOff();
    this.client.type(this.id, false);
    clearTimeout(this.#draftTimer);
    this.drafts.leave(this.id);
    this.client.close(this.id);
  }

  /** Asks what it is now; of what comes meanwhile one more question is enough. */
  read(): Promise<void> {
    this.#askAgain = this.#asking !== undefined;
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #ask(): Promise<void> {
    do {
      this.#askAgain = false;
      const marks = this.#marks;
      try {
        const conversation = await this.api.conversation(this.id);
        // What was marked as read while the answer was made is read.
        this.#learn(marks !== this.#marks && conversation.last_seq <= this.upTo ? { ...conversation, unread: 0 } : conversation);
      } catch (error) {
        this.#refused(codeOf(error));
      }
    } while (this.#askAgain);
  }

  #learn(conversation: Conversation): void {
    this.changed(conversation);
    if (this.#gone) return;
    if (this.problem && this.#told) this.#openAgain();
    this.#told = true;
    this.conversation = conversation;
    this.problem = undefined;
    const { id, evidence } = conversation.customer;
    if (this.#about === `${id} ${evidence}`) return;
    this.#about = `${id} ${evidence}`;
    void this.#readCustomer(id);
  }

  /** It could not be seen for a while: of what came meanwhile nothing was heard. */
  #openAgain(): void {
    this.client.close(this.id);
    this.client.open(this.id);
  }

  #refused(code: Problem['code']): void {
    if (this.#gone) return this.changed();
    const denied = code === 'not_found' || code === 'forbidden';
    if (this.#told && !denied) return;
    this.problem = code;
    if (denied) this.conversation = this.customer = undefined;
  }

  /** What is shown of the customer's other conversations may have been removed there. */
  async #readCustomer(of: string): Promise<void> {
    try {
      const customer = await this.api.customer(of);
      if (this.conversation?.customer.id !== of) return;
      this.customer = customer;
      this.customerProblem = undefined;
    } catch (error) {
      this.#about = ''; // the next hint, or asking again, reads it again
      this.customerProblem = codeOf(error);
    }
  }

  #refresh(): void {
    if (this.#gone) return;
    const log = this.client.log(this.id);
    this.lines = log.lines;
    this.loaded = log.loaded;
    this.hasOlder = log.hasOlder;
    if (this.upTo === 0) this.upTo = log.top;
    if (this.opened === 0) this.opened = log.top;
    this.pending = this.client.outbox.messages().filter((m) => m.conv === this.id);
    const heard = this.client.receipts.get(this.id);
    this.receipt = {
      delivered: Math.max(heard?.delivered ?? 0, this.conversation?.delivered_seq ?? 0),
      read: Math.max(heard?.read ?? 0, this.conversation?.read_seq ?? 0),
    };
    const typing = this.client.typing.get(this.id);
    this.typing = typing ? (typing.name ?? '') : undefined;
    this.colleague = typing?.by === 'agent';
  }

  // Writing

  /** Goes on with what was written before; until that is known, nothing on the server is overwritten. */
  async #readDraft(): Promise<void> {
    if (this.#draftRead || this.#gone) return;
    clearTimeout(this.#draftTimer);
    try {
      const { text, note } = await this.drafts.read(this.id);
      if (this.#gone || this.#draftRead) return;
      this.#draftRead = true;
      if (text === '') return;
      this.draft = text;
      this.note = note;
      const along = this.drafts.along(this.id);
      this.named = new Map(along.named);
      this.then = along.then;
    } catch (error) {
      if (this.#gone || codeOf(error) === 'not_found' || codeOf(error) === 'forbidden') return;
      clearTimeout(this.#draftTimer);
      this.#draftTimer = setTimeout(() => void this.#readDraft(), readAgainAfter);
    }
  }

  typed(text: string): void {
    this.#begin(); // the server's own draft first
    if (this.draft === '' || this.begun === 0) this.begun = this.upTo;
    this.draft = text;
    this.drafts.keep(this.id, { text, note: this.note });
    if (!this.note) this.client.type(this.id, text !== '');
  }

  /** Names a colleague in the note that is being written. */
  name({ id, name }: { id: string; name: string }): void {
    this.named = new Map(this.named).set(id, name);
    this.#keepAlong();
  }

  /** Does something when the answer is stored; nothing, when nothing is given. */
  follow(then?: After): void {
    this.then = then;
    this.#keepAlong();
  }

  #keepAlong(): void {
    this.drafts.keepAlong(this.id, { ...(this.named.size > 0 && { named: [...this.named] }), ...(this.then && { then: this.then }) });
  }

  /** Turns what is being written into a note, or into a reply. */
  write(note: boolean): void {
    if (this.note === note) return;
    this.note = note;
    this.client.type(this.id, !note && this.draft !== '');
    if (this.draft !== '') this.drafts.keep(this.id, { text: this.draft, note });
  }

  /** What a colleague answered while this answer was being written. */
  get overtaken(): Line | undefined {
    if (this.note || this.draft.trim() === '' || this.begun === 0) return undefined;
    return this.lines.findLast((l) => l.seq > this.begun && l.kind === 'message' && l.author?.kind === 'agent' && l.author.id !== this.client.me.id);
  }

  /** Colleagues: those whom a note may name. */
  send(attachments: Attachment[], colleagues: readonly { id: string; name: string }[] = []): void {
    const text = this.draft.trim();
    const mentions = this.note ? mentionsIn(text, this.named, colleagues) : [];
    const extra = this.note ? (mentions.length > 0 ? { mentions } : undefined) : { unless_answered: true };
    this.client.send({ conv: this.id, text, attachments, note: this.note, seen: this.upTo, extra, after: this.then });
    this.client.type(this.id, false);
    this.draft = '';
    this.begun = 0;
    this.named = new Map();
    this.then = undefined;
    this.removed = [];
    this.drafts.keep(this.id, { text: '', note: false });
    this.drafts.save(this.id);
  }

  /** Sends what was refused because a colleague was faster: the author has read that by now. */
  sendAnyway(clientMsgId: string): void {
    const message = this.client.outbox.get(clientMsgId);
    if (!message) return;
    this.client.outbox.put({ ...message, extra: undefined, seen: this.upTo });
    this.client.retry(clientMsgId);
  }

  /** Takes back into the box what was refused, before what is being written; gives the files that went with it. */
  rewrite(clientMsgId: string): Attachment[] {
    const message = this.client.outbox.get(clientMsgId);
    if (!message) return [];
    const text = [message.body.text ?? '', this.draft].filter((t) => t !== '').join('\n\n');
    this.client.discard(clientMsgId);
    this.note = Boolean(message.note) || (this.note && this.draft !== '');
    this.typed(text);
    if (message.after && !this.then) this.follow(message.after as After);
    return message.attachments ?? [];
  }

  /** Writes a note without touching what is being written. */
  leaveNote(text: string): void {
    this.client.send({ conv: this.id, text, note: true, seen: this.upTo });
  }

  /** The newest entry that is known. */
  get top(): number {
    return this.client.peek(this.id)?.top ?? 0;
  }

  seen(): void {
    if (this.#gone) return;
    const { top } = this;
    this.upTo = Math.max(this.upTo, top);
    if (!this.conversation || this.conversation.unread === 0 || top === 0) return;
    // What could not be said is said when the conversation was read again.
    if (!this.client.read(this.id, top)) return;
    this.#marks++;
    this.conversation = { ...this.conversation, unread: 0 };
    this.changed(this.conversation);
  }

  // Doing

  async #do(what: () => Promise<unknown>, guess: Partial<Conversation>): Promise<boolean> {
    const before = this.conversation;
    const guessed = before && { ...before, ...guess };
    this.conversation = guessed;
    try {
      await what();
      void this.read();
      return true;
    } catch (error) {
      // What was read meanwhile is newer than what was before.
      if (this.conversation === guessed) this.conversation = before;
      void this.read();
      this.failed(codeOf(error));
      return false;
    }
  }

  setStatus(status: Status, about: StatusAbout = {}): Promise<boolean> {
    return this.#do(() => this.api.setStatus(this.id, status, { seen: this.upTo, ...about }), { status });
  }

  setWrapUp(code: string, wrapUp?: string): Promise<boolean> {
    return this.#do(() => this.api.setWrapUp(this.id, code, wrapUp), { code });
  }

  assign(staff: { id: string; name: string } | null): Promise<boolean> {
    return this.#do(() => this.api.assign(this.id, staff?.id ?? null), { assignee: staff ?? undefined });
  }

  setPriority(priority: Priority): Promise<boolean> {
    return this.#do(() => this.api.setPriority(this.id, priority), { priority });
  }

  setTopic(topic: string): Promise<boolean> {
    return this.#do(() => this.api.setTopic(this.id, topic), { topic });
  }

  /** Lets this conversation go on in another one of the same customer. */
  mergeInto(into: string): Promise<boolean> {
    return this.#do(() => this.api.merge(this.id, into), { status: 'merged', merged_into: into });
  }

  unmerge(): Promise<boolean> {
    return this.#do(() => this.api.unmerge(this.id), {});
  }

  /** Notes an address of the customer, and shows it as the server does: masked. */
  async addHandle(kind: string, value: string): Promise<boolean> {
    const customer = this.customer!.id;
    const done = await this.#do(() => this.api.addHandle(customer, kind, value), {});
    if (done) await this.#readCustomer(customer);
    return done;
  }

  /** True when it is gone, and the list of those that are left was read. */
  async forgetHandle(handle: string): Promise<boolean> {
    const customer = this.customer!.id;
    if (!(await this.#do(() => this.api.forgetHandle(customer, handle), {}))) return false;
    await this.#readCustomer(customer);
    return true;
  }

  edit(seq: number, text: string): Promise<boolean> {
    return this.#do(() => this.api.edit(this.id, seq, text), {});
  }

  versions(seq: number): Promise<Version[]> {
    return this.api.versions(this.id, seq);
  }

  redact(seq: number, reason: string): Promise<boolean> {
    return this.#do(() => this.api.redact(this.id, seq, reason), {});
  }
}
