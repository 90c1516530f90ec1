import type { Attempts } from '../../../kit/files/attempt.ts';
import { Carrier } from '../../../kit/files/carrier.ts';
import { Picks } from '../../../kit/files/picks.svelte.ts';
import { uploader } from '../../../kit/files/upload.ts';
import { isPicture } from '../../../kit/text/picture.ts';
import type { Chat } from '../chat.svelte.ts';
import type { ChatOptions } from '../options.ts';

/** How the files of one window get to the server: those that are picked, and those that a message waits for. */
export class Carriage {
  readonly carrier: Carrier;
  readonly #attempts: Attempts;

  constructor(chat: Chat, upload: ChatOptions['upload']) {
    this.#attempts = {
      upload: upload ?? uploader('/rt/attachments', () => `Bearer ${chat.client.session}`),
      online: () => chat.state === 'open',
      limit: () => chat.client.limits?.attachment_bytes,
    };
    this.carrier = new Carrier({ ...this.#attempts, outbox: chat.client.outbox, put: (message) => chat.client.put(message) });
  }

  /** An empty choice of files. */
  picks(most?: number): Picks {
    return new Picks({
      ...this.#attempts,
      most,
      // Pictures can be cut and covered before anything of them leaves the browser.
      holds: (file) => isPicture(file.type),
    });
  }
}
