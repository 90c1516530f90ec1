import { render, screen, waitFor } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { words as m } from '../../../kit/flow/words.en.ts';
import type { View, Walk } from '../../../kit/flow/wire.ts';
import type { Chat } from '../chat.svelte.ts';
import { en as all } from '../messages/en.ts';
import Run from './Run.svelte';
import { Running } from './running.svelte.ts';

afterEach(() => vi.unstubAllGlobals());

test('that no answer came is scrolled to and read aloud', async () => {
  const ask: View = { step: 'what', kind: 'ask', type: 'choice', say: 'What now?', options: [{ id: 'clear', label: 'That answers it' }] };
  const walk: Walk = { run: { id: 'r1', flow: 'FL2', title: 'Why did my payment fail?', state: 'asking', step: 'what', revision: 1 }, views: [ask] };
  let down = false;
  vi.stubGlobal('fetch', () => (down ? Promise.reject(new TypeError('network')) : Promise.resolve(new Response(JSON.stringify(walk), { status: 200 }))));
  const chat = { client: { session: 's', on: () => () => undefined, limits: {} }, parts: { language: 'en' }, shown: true } as unknown as Chat;
  const running = new Running(chat, { flow: 'FL2' });
  await waitFor(() => expect(running.busy).toBe(false));
  render(Run, { chat, running, m, all, words: { tag: 'en', language: 'en' } });
  const region = screen.getByRole('region', { name: walk.run.title });
  Object.defineProperty(region, 'scrollHeight', { get: () => 1200 });
  await tick();
  expect(region.scrollTop).toBe(0);
  down = true;
  screen.getByRole('button', { name: 'That answers it' }).click();
  expect(await screen.findByRole('alert')).toHaveTextContent(m.failed);
  await waitFor(() => expect(region.scrollTop).toBe(1200));
});
