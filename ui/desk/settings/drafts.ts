/** What was typed and not saved, for as long as the browser's tab is open. */
export class Unsaved {
  constructor(private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined) {}

  keep(place: string, revision: number, value: unknown): void {
    try {
      this.storage?.setItem(key(place), JSON.stringify({ revision, value }));
    } catch {
      // A full or forbidden storage: the guard before leaving still asks.
    }
  }

  drop(place: string): void {
    try {
      this.storage?.removeItem(key(place));
    } catch {
      // As above.
    }
  }

  /** What was kept, with the revision that it was made from. */
  find(place: string): { revision: number; value: unknown } | undefined {
    try {
      const text = this.storage?.getItem(key(place));
      const found: unknown = text ? JSON.parse(text) : undefined;
      if (typeof found === 'object' && found !== null && 'revision' in found && 'value' in found) return found as { revision: number; value: unknown };
    } catch {
      // What cannot be read is as if it were not there.
    }
    return undefined;
  }
}

function key(place: string): string {
  return `kefu.desk.setting.${place}`;
}
