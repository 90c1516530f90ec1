import { keysOf, type Storage } from '../../kit/protocol/storage.ts';
import { visitor } from './identity.ts';

const area = 'kefu.draft';
const fresh = 'new';
/** What the drafts of forms begin with; what follows is the form's id. */
export const formDraft = 'form:';
const halfAnHour = 30 * 60 * 1000;

/**
 * What is being typed, so that a reload does not lose it. The storage given
 * lives and dies with the tab, and the scope keeps people who share it apart.
 */
export class Drafts {
  #scope = visitor;

  constructor(
    private readonly storage: Storage,
    private readonly now: () => number = Date.now,
  ) {}

  #key(conv: string): string {
    return `${keysOf(area, this.#scope)}${conv || fresh}`;
  }

  /** A draft is kept behind the time it was typed at. */
  #kept(key: string): { at: number; text: string } {
    const value = this.storage.getItem(key) ?? '';
    const end = value.indexOf(' ');
    return end < 0 ? { at: 0, text: '' } : { at: Number(value.slice(0, end)), text: value.slice(end + 1) };
  }

  read(conv: string): string {
    return this.#kept(this.#key(conv)).text;
  }

  keep(conv: string, text: string, at = this.now()): void {
    if (text === '') this.storage.removeItem(this.#key(conv));
    else this.storage.setItem(this.#key(conv), `${at} ${text}`);
  }

  /** Forgets what whoever speaks has typed. */
  clear(): void {
    const own = keysOf(area, this.#scope);
    for (const key of this.storage.keys()) if (key.startsWith(own)) this.storage.removeItem(key);
  }

  /** What was typed in one conversation, the new one or one that was merged, goes on in another. */
  move(from: string, into: string): void {
    const texts = [this.read(into), this.read(from)].filter(Boolean);
    this.keep(from, '');
    this.keep(into, texts.join('\n'));
  }

  /** Forgets what was typed in conversations that are not the person's. Answers to a form are of none; another's are forgotten too. */
  only(convs: string[], another = false): void {
    const own = keysOf(area, this.#scope);
    for (const key of this.storage.keys()) {
      if (!key.startsWith(own)) continue;
      const name = key.slice(own.length);
      const keeps = [fresh, ...convs].includes(name) || (!another && name.startsWith(formDraft));
      if (!keeps) this.storage.removeItem(key);
    }
  }

  /**
   * Somebody else speaks from now on: what others typed is gone. A visitor who
   * signs in keeps what they typed in the last half hour, as they keep their conversations.
   */
  open(scope: string): void {
    const own = keysOf(area, scope);
    const visitors = keysOf(area, visitor);
    const signsIn = this.#scope === visitor && scope !== visitor;
    this.#scope = scope;
    for (const key of this.storage.keys()) {
      if (!key.startsWith(`${area}.`) || key.startsWith(own)) continue;
      const { at, text } = this.#kept(key);
      this.storage.removeItem(key);
      if (signsIn && key.startsWith(visitors) && at >= this.now() - halfAnHour) this.keep(key.slice(visitors.length), text, at);
    }
  }
}
