/** The part of the Web Storage interface that is used here. */
export interface Storage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
  keys(): string[];
  /** False when something that was set is kept for no longer than the page lives. */
  readonly lasting?: boolean;
}

/** What keys of one area begin with that belong to one scope. No scope's begins another's: a dot ends it. */
export const keysOf = (area: string, scope: string): string => `${area}.${encodeURIComponent(scope).replaceAll('.', '%2E')}.`;

/** Keeps everything for as long as the page lives. */
export class MemoryStorage implements Storage {
  #items = new Map<string, string>();
  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }
  removeItem(key: string): void {
    this.#items.delete(key);
  }
  keys(): string[] {
    return [...this.#items.keys()];
  }
}

/**
 * The browser's local storage, or that of the tab. A browser that refuses it (private mode, blocked
 * third-party storage, quota) leaves the page working from memory.
 */
export class BrowserStorage implements Storage {
  #memory = new MemoryStorage();

  get lasting(): boolean {
    return this.#memory.keys().length === 0;
  }

  constructor(private readonly area: 'localStorage' | 'sessionStorage' = 'localStorage') {}

  #kept(): globalThis.Storage | undefined {
    try {
      return globalThis[this.area];
    } catch {
      return undefined;
    }
  }

  getItem(key: string): string | null {
    return this.#memory.getItem(key) ?? this.#kept()?.getItem(key) ?? null;
  }

  setItem(key: string, value: string): void {
    try {
      const kept = this.#kept();
      if (kept) {
        kept.setItem(key, value);
        this.#memory.removeItem(key);
        return;
      }
    } catch {
      // Falls through to memory.
    }
    this.#memory.setItem(key, value);
  }

  removeItem(key: string): void {
    this.#memory.removeItem(key);
    this.#kept()?.removeItem(key);
  }

  keys(): string[] {
    const kept = this.#kept();
    const names = new Set(this.#memory.keys());
    for (let i = 0; kept && i < kept.length; i++) {
      const name = kept.key(i);
      if (name !== null) names.add(name);
    }
    return [...names];
  }
}
