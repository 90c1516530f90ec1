import { mount, unmount, flushSync } from 'svelte';
import { expect, test, vi } from 'vitest';
import { en as m } from '../messages/en.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import CasesPanel from './CasesPanel.svelte';

// The page of the conversation goes with it: what the panel was handed is not there any more.
test.each(['found', 'refused'])('an answer that comes after the conversation was left (%s) is passed over', async (how) => {
  const complaints: unknown[] = [];
  const complain = (reason: unknown) => complaints.push(reason);
  process.on('unhandledRejection', complain);
  let thread: { id: string } | undefined = { id: 'c1' };
  let answer = () => {};
  const call = vi.fn(() => new Promise((resolve, reject) => (answer = () => (how === 'found' ? resolve({ items: [] }) : reject(new Error('no'))))));
  const props = {
    desk: { api: { call }, language: 'en' } as unknown as Desk,
    m,
    get conv() {
      return thread!.id;
    },
  };
  const panel = mount(CasesPanel, { target: document.body, props });
  flushSync();
  expect(call).toHaveBeenCalledOnce();
  await unmount(panel);
  thread = undefined;
  answer();
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off('unhandledRejection', complain);
  expect(complaints).toEqual([]);
});
