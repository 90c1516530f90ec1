/** How often it is looked, in milliseconds: often enough for a tab that slept. */
const every = 5_000;
/** So long before it locks whoever sits there is asked, in milliseconds: three times what WCAG 2.2.1 wants. */
const asks = 60_000;
const signs = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const;
/** Where the tabs of one browser tell each other that somebody is there. */
const seenKey = 'kefu.desk.seen';

/** Locks a desk at which nobody has sat for a while, in any tab of this browser. */
export class IdleLock {
  #timer: ReturnType<typeof setInterval> | undefined;
  #limit = 0;
  #seen = 0;
  #asked: number | undefined;
  // The key that says "I am here" belongs to whoever asked, so that it says nothing else.
  #here = (event: Event) => {
    if (this.#asked === undefined || event.type !== 'keydown') this.touch();
  };

  constructor(
    private readonly onidle: () => void,
    /** When it will lock unless somebody touches it; undefined when it will not. */
    private readonly onsoon: (at: number | undefined) => void = () => undefined,
    private readonly now: () => number = Date.now,
    private readonly shared: Pick<Storage, 'getItem' | 'setItem'> | undefined = storage(),
  ) {}

  /** Begins to look; limit is in milliseconds, and 0 never locks. */
  watch(limit: number): void {
    this.rest();
    if (!(limit > 0)) return;
    this.#limit = limit;
    this.#seen = 0;
    this.touch();
    for (const sign of signs) addEventListener(sign, this.#here, { passive: true, capture: true });
    this.#timer = setInterval(() => this.#look(), Math.min(every, limit));
  }

  rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#ask(undefined);
    for (const sign of signs) removeEventListener(sign, this.#here, { capture: true });
  }

  /** Somebody is there. */
  touch(): void {
    const now = this.now();
    this.#ask(undefined);
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
    const at = Math.max(this.#seen, elsewhere) + this.#limit;
    const left = at - this.now();
    if (left > 0) return this.#ask(left <= asks && this.#limit > 2 * asks ? at : undefined);
    this.rest();
    this.onidle();
  }

  #ask(at: number | undefined): void {
    if (at === this.#asked) return;
    this.#asked = at;
    this.onsoon(at);
  }
}

function storage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}
