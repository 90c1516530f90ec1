// A wallet's page in React, with the example as it is shown.
import { createRoot } from 'react-dom/client';
import { Help, openHelp } from '../../examples/react/Help.tsx';

const fetchToken = async () => ((await (await fetch('/kefu-token', { method: 'POST' })).json()) as { token: string }).token;

createRoot(document.getElementById('app')!).render(
  <>
    <Help customer="cust-james" fetchToken={fetchToken} version="1.0.0" />
    <button id="help" onClick={() => openHelp()}>
      Ask for help
    </button>
  </>,
);
