import type { Storage } from '../../kit/protocol/storage.ts';

/** What somebody may be told of. */
export type News = 'assigned' | 'message' | 'mention' | 'offer';

const keyOf = (staff: string) => `kefu.desk.notify.${staff}`;
/** Several things at once are one sound. In milliseconds. */
const soundEvery = 2_000;

interface Wanted {
  browser: boolean;
  sound: boolean;
}

/**
 * Tells of what is new while nobody looks at the desk. Each chooses for themselves,
 * and the words of customers are never among it: a notice may be seen by anybody.
 */
export class Notify {
  browser = $state(false);
  sound = $state(false);
  /** The browser refuses, and only its own settings can change that. */
  refused = $state(false);
  #staff = '';
  #sounded = 0;
  #audio: AudioContext | undefined;

  constructor(
    private readonly storage: Storage,
    private readonly looks: () => boolean = () => !document.hidden && document.hasFocus(),
  ) {}

  open(staff: string): void {
    this.#staff = staff;
    let wanted: Partial<Wanted> = {};
    try {
      wanted = JSON.parse(this.storage.getItem(keyOf(staff)) ?? '{}') as Partial<Wanted>;
    } catch {
      // As if nothing had been chosen.
    }
    this.refused = this.supported && Notification.permission === 'denied';
    this.browser = wanted.browser === true && this.supported && Notification.permission === 'granted';
    // Offers do not wait: who chose nothing hears them.
    this.sound = wanted.sound !== false;
  }

  close(): void {
    this.#staff = '';
  }

  get supported(): boolean {
    return typeof Notification !== 'undefined';
  }

  #keep(): void {
    this.storage.setItem(keyOf(this.#staff), JSON.stringify({ browser: this.browser, sound: this.sound } satisfies Wanted));
  }

  async setBrowser(on: boolean): Promise<void> {
    if (on && this.supported) {
      const answer = await Notification.requestPermission();
      this.refused = answer === 'denied';
      this.browser = answer === 'granted';
    } else this.browser = false;
    this.#keep();
  }

  setSound(on: boolean): void {
    this.sound = on;
    this.#keep();
    if (on) this.#ring(); // one hears what one has chosen, and the browser lets it sound from then on
  }

  /** Tells of something, unless the desk is being looked at. One conversation has one notice. */
  tell(title: string, body: string, about: string, go: () => void): void {
    if (this.#staff === '' || this.looks()) return;
    if (Date.now() - this.#sounded >= soundEvery) this.#ring();
    this.#show(title, { body, tag: about }, go);
  }

  /**
   * Calls to what does not wait: it sounds though the desk is looked at, and its
   * notice stays until it is over. Gives what takes the notice away.
   */
  call(title: string, body: string, about: string, go: () => void): () => void {
    if (this.#staff === '') return () => undefined;
    this.#ring();
    const notice = this.looks() ? undefined : this.#show(title, { body, tag: about, requireInteraction: true }, go);
    return () => notice?.close();
  }

  #show(title: string, options: NotificationOptions, go: () => void): Notification | undefined {
    if (!this.browser || !this.supported) return undefined;
    try {
      const notice = new Notification(title, options);
      notice.onclick = () => {
        window.focus();
        go();
        notice.close();
      };
      return notice;
    } catch {
      return undefined; // Some browsers know no notices of pages; the title tells.
    }
  }

  #ring(): void {
    if (!this.sound || typeof AudioContext === 'undefined') return;
    this.#sounded = Date.now();
    this.#audio ??= new AudioContext();
    const { currentTime: at, destination } = this.#audio;
    for (const [pitch, from] of [
      [660, 0],
      [880, 0.12],
    ] as const) {
      const tone = this.#audio.createOscillator();
      const loud = this.#audio.createGain();
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.0001, at + from);
      loud.gain.exponentialRampToValueAtTime(0.08, at + from + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.0001, at + from + 0.2);
      tone.connect(loud).connect(destination);
      tone.start(at + from);
      tone.stop(at + from + 0.22);
    }
  }
}

const icon = (dot: boolean) =>
  `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0b5cad"/><path d="M9 8v16M10 17l11-9M13 15l9 9" stroke="#fff" stroke-width="3" fill="none" stroke-linecap="round"/>${dot ? '<circle cx="25" cy="7" r="7" fill="#d7263d" stroke="#fff" stroke-width="2"/>' : ''}</svg>`,
  )}`;

/** The page's sign among the tabs, with a dot while something waits. */
export function favicon(dot: boolean): void {
  let link = document.querySelector<HTMLLinkElement>('link[rel=icon]');
  if (!link) {
    link = document.createElement('link');
    link.rel = 'icon';
    document.head.append(link);
  }
  const href = icon(dot);
  if (link.href !== href) link.href = href;
}
