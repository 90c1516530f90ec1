import { useEffect } from 'react';

const address = 'https://kefu.example/widget.js';

function kefu(...command) {
  window.kefu ??= Object.assign((...later) => window.kefu.q.push(later), { q: [] });
  window.kefu(...command);
}

/** Put it once into your app. `customer` is who is signed in to the wallet, or null. */
export function Help({ customer, fetchToken, language, version }) {
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

/** Opens the window from anywhere. */
export const openHelp = () => kefu('open');
