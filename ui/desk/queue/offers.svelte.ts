import type { Client, Change } from '../../kit/protocol/client.ts';
import type { Storage } from '../../kit/protocol/storage.ts';
import type { OfferFrame, PresenceState, BreakReason } from '../../kit/protocol/frames.ts';

const soundKey = 'kefu.desk.offers.sound';

/** What the queue and this agent say to each other: presence, and the one offer that stands. */
export class Offers {
  /** Undefined until the server has said; then this agent may take offers. */
  presence = $state.raw<{ state: PresenceState; reason?: string; since: number; load: number; holds: number }>();
  offer = $state.raw<OfferFrame & { ends: number }>();
  /** What became of the last offer, where that needs a word: it went on, or a colleague has it. */
  over = $state<'expired' | 'taken' | 'lost'>();
  busy = $state(false);
  sound = $state(true);
  #client: Client | undefined;
  #storage: Storage;
  #notice: Notification | undefined;

  constructor(
    storage: Storage,
    /** Shows what is known of the conversation of an offer, and opens one that was accepted. */
    private readonly opened: (conv: string) => void,
    private readonly words: () => { title: string; text: string } | undefined,
  ) {
    this.#storage = storage;
    this.sound = storage.getItem(soundKey) !== 'off';
  }

  attach(client: Client): void {
    this.#client = client;
  }

  detach(): void {
    this.#client = undefined;
    this.presence = undefined;
    this.#end();
  }

  setSound(on: boolean): void {
    this.sound = on;
    this.#storage.setItem(soundKey, on ? 'on' : 'off');
  }

  choose(state: PresenceState, reason?: BreakReason): void {
    this.#client?.setPresence(state, reason);
    if (state === 'available') void this.#mayNotify();
  }

  accept(): void {
    if (!this.offer || this.busy) return;
    this.busy = true;
    this.#client?.accept(this.offer.conv);
  }

  decline(): void {
    if (!this.offer || this.busy) return;
    this.busy = true;
    this.#client?.decline(this.offer.conv);
  }

  changed(change: Change): void {
    switch (change.what) {
      case 'presence':
        this.presence = change.presence;
        return;
      case 'offer':
        this.offer = { ...change.offer, ends: Date.now() + change.offer.left_ms };
        this.over = undefined;
        this.busy = false;
        this.#call();
        return;
      case 'offer_over': {
        if (this.offer?.conv !== change.conv) return;
        this.#end();
        if (change.reason === 'accepted') this.opened(change.conv);
        if (change.reason === 'expired' || change.reason === 'taken') this.over = change.reason;
        return;
      }
      case 'state':
        // Nobody knows what became of it; the server says it anew.
        if (change.state !== 'open') this.#end();
        return;
      case 'error':
        if (change.error.ref === 'accept' && change.error.code === 'conflict') {
          this.#end();
          this.over = 'lost';
        } else if (change.error.ref === 'accept' || change.error.ref === 'decline') {
          this.busy = false;
        }
    }
  }

  #end(): void {
    this.offer = undefined;
    this.busy = false;
    this.#notice?.close();
    this.#notice = undefined;
  }

  /** Whoever looks elsewhere is called, by sound and by the system, as far as they let us. */
  #call(): void {
    if (this.sound) chime();
    const words = this.words();
    if (!words || !document.hidden || typeof Notification === 'undefined' || Notification.permission !== 'granted') return;
    try {
      this.#notice = new Notification(words.title, { body: words.text, tag: 'kefu-offer', requireInteraction: true });
      this.#notice.onclick = () => window.focus();
    } catch {
      // Some browsers let only workers notify.
    }
  }

  async #mayNotify(): Promise<void> {
    if (typeof Notification !== 'undefined' && Notification.permission === 'default') await Notification.requestPermission();
  }
}

/** Two soft tones. A browser that has not been clicked in stays silent. */
function chime(): void {
  if (typeof AudioContext === 'undefined') return;
  try {
    const audio = new AudioContext();
    [660, 880].forEach((hertz, i) => {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      const at = audio.currentTime + i * 0.16;
      tone.frequency.value = hertz;
      volume.gain.setValueAtTime(0.0001, at);
      volume.gain.exponentialRampToValueAtTime(0.12, at + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.3);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.32);
    });
    setTimeout(() => void audio.close(), 1000);
  } catch {
    // No sound is no reason to lose the offer.
  }
}
