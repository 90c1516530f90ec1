import { BrowserKept, type Kept } from '../../files/kept.ts';

/** What is held in a run until somebody has looked at it, kept on this device so that a reload does not lose it. */
export interface Held {
  get(): Promise<ReadonlyMap<string, File>>;
  /** Takes the place of what was kept before. */
  put(files: ReadonlyMap<string, File>): Promise<void>;
}

/** Keeps what is held in one run. Whoever signs out removes the database; what cannot be kept is in memory alone. */
export const heldOf = (run: string, /** Something is about to be kept. */ onput: () => void, kept: Kept = new BrowserKept('kefu.held')): Held => ({
  get: () => kept.get(run).catch(() => new Map()),
  put(files) {
    onput();
    return (files.size > 0 ? kept.put(run, files) : kept.remove(run)).catch(() => undefined);
  },
});
