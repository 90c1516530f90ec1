import type { Storage } from '../../kit/protocol/storage.ts';

const prefix = 'kefu.draft.';
const fresh = 'new';

/**
 * What is being typed, so that a reload does not lose it. The storage given
 * lives and dies with the tab, and the scope keeps people who share it apart.
 */
export class Drafts {
  #scope = 'visitor';

  constructor(private readonly storage: Storage) {}

  #key(conv: string): string {
    return `${prefix}${encodeURIComponent(this.#scope)}.${conv || fresh}`;
  }

  read(conv: string): string {
    return this.storage.getItem(this.#key(conv)) ?? '';
  }

  keep(conv: string, text: string): void {
    if (text === '') this.storage.removeItem(this.#key(conv));
    else this.storage.setItem(this.#key(conv), text);
  }

  /** The conversation that was new has got its name. */
  begun(conv: string): void {
    const text = this.read('');
    this.keep('', '');
    if (text !== '') this.keep(conv, text);
  }

  /** Somebody else speaks from now on: what others typed is gone, but a visitor who signs in keeps their own. */
  open(scope: string): void {
    const own = `${prefix}${encodeURIComponent(scope)}.`;
    const visitors = `${prefix}visitor.`;
    const signsIn = this.#scope === 'visitor' && scope !== 'visitor';
    this.#scope = scope;
    for (const key of this.storage.keys()) {
      if (!key.startsWith(prefix) || key.startsWith(own)) continue;
      const text = this.storage.getItem(key);
      this.storage.removeItem(key);
      if (signsIn && text && key.startsWith(visitors)) this.keep(key.slice(visitors.length), text);
    }
  }
}
