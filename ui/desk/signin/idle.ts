/** How often it is looked, in milliseconds: often enough for a tab that slept. */
const every = 15_000;
const signs = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const;
/** Where the tabs of one browser tell each other that somebody is there. */
const seenKey = 'kefu.desk.seen';

/** Locks a desk at which nobody has sat for a while, in any tab of this browser. */
export class IdleLock {
  #timer: ReturnType<typeof setInterval> | undefined;
  #limit = 0;
  #seen = 0;
  #here = () => this.#touch();

  constructor(
    private readonly onidle: () => void,
    private readonly now: () => number = Date.now,
    private readonly shared: Pick<Storage, 'getItem' | 'setItem'> | undefined = storage(),
  ) {}

  /** Begins to look; limit is in milliseconds, and 0 never locks. */
  watch(limit: number): void {
    this.rest();
    if (!(limit > 0)) return;
    this.#limit = limit;
    this.#seen = 0;
    this.#touch();
    for (const sign of signs) addEventListener(sign, this.#here, { passive: true, capture: true });
    this.#timer = setInterval(() => this.#look(), Math.min(every, limit));
  }

  rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const sign of signs) removeEventListener(sign, this.#here, { capture: true });
  }

  #touch(): void {
    const now = this.now();
    if (now - this.#seen < 1000) return;
    this.#seen = now;
    try {
      this.shared?.setItem(seenKey, String(now));
    } catch {
      // A browser that keeps nothing looks at this tab alone.
    }
  }

  #look(): void {
    const elsewhere = Number(this.shared?.getItem(seenKey) ?? 0) || 0;
    if (this.now() - Math.max(this.#seen, elsewhere) < this.#limit) return;
    this.rest();
    this.onidle();
  }
}

function storage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}
