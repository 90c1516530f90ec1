import { BrowserKept, type Kept } from '../../files/kept.ts';

/** The name of the browser's database of pictures that nobody has added yet. */
export const heldName = 'kefu.held';

/** What is held in a step until somebody has looked at it, kept on this device so that a reload does not lose it. */
export interface Held {
  /** With what each is for. */
  get(step: string): Promise<{ want: string; file: File }[]>;
  /** Takes the place of what was kept before. */
  put(step: string, files: readonly { want: string; file: File }[]): Promise<void>;
}

/** Keeps what is held in one run. Whoever signs out removes the database; what cannot be kept is in memory alone. */
export class BrowserHeld implements Held {
  constructor(
    private readonly run: string,
    private readonly kept: Kept = new BrowserKept(heldName),
  ) {}

  async get(step: string): Promise<{ want: string; file: File }[]> {
    const all = await this.kept.get(this.run).catch(() => new Map<string, File>());
    return [...all].flatMap(([key, file]) => {
      const [at, want] = key.split('/');
      return at === step && want ? [{ want, file }] : [];
    });
  }

  async put(step: string, files: readonly { want: string; file: File }[]): Promise<void> {
    const rows = new Map(files.map(({ want, file }, n) => [`${step}/${want}/${n}`, file]));
    await (rows.size > 0 ? this.kept.put(this.run, rows) : this.kept.remove(this.run)).catch(() => undefined);
  }
}
