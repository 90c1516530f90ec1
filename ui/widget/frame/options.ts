import type { Upload } from '../../kit/files/upload.ts';
import type { Storage } from '../../kit/protocol/storage.ts';
import { dialLater, type Dial } from '../../kit/protocol/transport.ts';
import { dialWebSocket } from '../../kit/protocol/websocket.ts';
import type { Others } from './identity.ts';

export type Screen = 'loading' | 'list' | 'conversation' | 'form';

/** The conversation on screen; `conv` is empty until the server has named it, `ref` until something was written. */
export interface Current {
  /** Stays the same while the conversation gets its name, or goes on in another one. */
  id: number;
  conv: string;
  ref?: string;
}

export interface ChatOptions {
  storage?: Storage;
  /** Of the tab alone. */
  drafts?: Storage;
  dials?: Dial[];
  view?: Window;
  upload?: Upload;
  others?: Others;
  lang: () => string;
  onsettings?: (settings: { lang?: string; theme?: string }) => void;
}

/** How the server that the page came from is reached. */
export function defaultDials(): Dial[] {
  const { protocol, host } = location;
  return [dialWebSocket(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/rt`), dialLater(async () => (await import('../../kit/protocol/stream.ts')).dialStream('/rt'))];
}
