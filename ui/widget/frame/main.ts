import { mount } from 'svelte';
import '../../kit/base.css';
import App from './App.svelte';
import type { ChatOptions } from './options.ts';
import { start } from './start.svelte.ts';

export function draw(options?: Partial<ChatOptions>) {
  const made = start(options);
  mount(App, { target: document.getElementById('app')!, props: made });
  return made;
}

// Of the desk's settings: the server lets nobody else hold it.
if (location.pathname === '/preview') import('./preview/index.ts').then((part) => part.preview(draw));
else {
  const made = draw();
  const { chat } = made;
  chat.ask(undefined, /^\/flow\/(\w+)$/.exec(location.pathname)?.[1]); // a page of its own, to link to
  chat.client.on(({ what }) => void (what === 'welcome' && !chat.anonymous && import('./trust/index.ts').then((part) => part.beside(made), () => {})));
}
