import type { Attachment } from '../protocol/frames.ts';
import { UploadRefused, type Upload } from './upload.ts';

/** Why a file is not stored. Full: the sender has as many files waiting to be sent as they may. */
export type Problem = 'offline' | 'large' | 'kind' | 'failed' | 'full';

export interface Attempts {
  upload: Upload;
  online: () => boolean;
  /** The largest file that is taken, in bytes. */
  limit: () => number | undefined;
  /** Tries again what failed on the way, too: nobody looks on who could. */
  patient?: boolean;
  wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

const mostTries = 10;
const longestWait = 20_000;

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()));
  });
}

/** Sends one file, again and again while the server wants it later; gives what was stored, or why it was not. */
export async function attempt(file: File, signal: AbortSignal, options: Attempts, progress: (part: number) => void = () => undefined): Promise<Attachment | Problem> {
  const limit = options.limit();
  if (limit && file.size > limit) return 'large';
  for (let tries = 0; tries < mostTries && !signal.aborted; tries++) {
    if (!options.online()) return 'offline';
    progress(0);
    try {
      return await options.upload(file, signal, progress);
    } catch (error) {
      const { status, retryAfter } = error instanceof UploadRefused ? error : { status: 0, retryAfter: 0 };
      if (status === 413) return 'large';
      if (status === 415) return 'kind';
      const later = options.wait ?? wait;
      if (options.patient && (status === 0 || status >= 500)) {
        await later(Math.min(longestWait, 1000 * 2 ** tries), signal);
        continue;
      }
      if (status !== 429) return options.online() ? 'failed' : 'offline';
      // What is long is not waited for: the message would wait too, and sending it is what makes room.
      if (retryAfter > longestWait) return 'full';
      // Still "sending" to the person: the server is asked again by itself.
      await later(retryAfter || 1000, signal);
    }
  }
  return 'failed';
}
