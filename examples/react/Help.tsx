import { useEffect } from 'react';

const address = 'https://kefu.example/widget.js';

/** Asks your server for a fresh token: see "Identity". Null where it refuses: check `ok` of its answer. */
export type FetchToken = () => Promise<string | null>;
type Command = [name: 'open', about?: { transaction?: string }] | [name: 'close'] | [name: 'identify', token: FetchToken | null];

declare global {
  interface Window {
    kefu?: ((...command: Command) => void) & { q?: Command[] };
  }
}

/** Commands that are given before the script has come wait in the queue. */
function kefu(...command: Command): void {
  if (!window.kefu) {
    const q: Command[] = [];
    window.kefu = Object.assign((...later: Command) => void q.push(later), { q });
  }
  window.kefu(...command);
}

interface Props {
  /** Who is signed in to the wallet, or null. */
  customer: string | null;
  /** The same function at every drawing: wrap it in useCallback. */
  fetchToken: FetchToken;
  language?: string;
  /** Of your app. */
  version?: string;
}

/** Put it once into your app. */
export function Help({ customer, fetchToken, language, version }: Props) {
  useEffect(() => {
    kefu('identify', customer ? fetchToken : null);
  }, [customer, fetchToken]);
  useEffect(() => {
    if (document.querySelector(`script[src="${address}"]`)) return;
    const script = Object.assign(document.createElement('script'), { src: address, async: true });
    if (language) script.dataset.kefuLang = language;
    if (version) script.dataset.kefuApp = version;
    document.body.append(script);
  }, [language, version]);
  return null;
}

/** Opens the window from anywhere, about one of the customer's transactions or none. */
export const openHelp = (transaction?: string) => kefu('open', { transaction });
