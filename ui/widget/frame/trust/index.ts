// Who contacts the customer, and whether it is really us; fetched when somebody who is
// signed in was let in, and put beside what the window opens with.
import { mount } from 'svelte';
import type { Chat } from '../chat.svelte.ts';
import type { Words } from '../start.svelte.ts';
import Banner from './Banner.svelte';
import Opener from './Opener.svelte';
import { Trust } from './trust.svelte.ts';

let trust: Trust | undefined;

export function beside({ chat, words }: { chat: Chat; words: Words }): void {
  const main = document.querySelector('main');
  const title = document.querySelector('h1');
  if (trust || !main || !title) return;
  trust = new Trust(chat);
  mount(Opener, { target: title.parentElement!, anchor: title.nextSibling ?? undefined, props: { trust, chat, words } });
  mount(Banner, { target: main.parentElement!, anchor: main, props: { trust, chat, words } });
}
