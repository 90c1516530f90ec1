import { keysOf, type Storage } from '../../kit/protocol/storage.ts';

const area = 'kefu.desk.setting';

/**
 * What was typed into a setting and not saved, for as long as the browser's tab is
 * open. It is its writer's: whoever signs in after them saves what they wrote
 * themselves, and nothing else.
 */
export class Unsaved {
  constructor(
    private readonly storage: Storage,
    private readonly scope: string,
  ) {}

  keep(place: string, revision: number, value: unknown): void {
    this.storage.setItem(this.#key(place), JSON.stringify({ revision, value }));
  }

  drop(place: string): void {
    this.storage.removeItem(this.#key(place));
  }

  /** What was kept, with the revision that it was made from. */
  find(place: string): { revision: number; value: unknown } | undefined {
    try {
      const text = this.storage.getItem(this.#key(place));
      const found: unknown = text ? JSON.parse(text) : undefined;
      if (typeof found === 'object' && found !== null && 'revision' in found && 'value' in found) return found as { revision: number; value: unknown };
    } catch {
      // What cannot be read is as if it were not there.
    }
    return undefined;
  }

  #key(place: string): string {
    return keysOf(area, this.scope) + place;
  }
}

/** Removes what others left unsaved; without a scope, what anybody left. */
export function forgetUnsaved(storage: Storage, but?: string): void {
  const own = but === undefined ? undefined : keysOf(area, but);
  for (const key of storage.keys()) if (key.startsWith(`${area}.`) && !(own && key.startsWith(own))) storage.removeItem(key);
}
