import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { FakeServer, welcome } from '../../kit/protocol/fake.ts';
import { MemoryStorage } from '../../kit/protocol/storage.ts';
import App from './App.svelte';
import { Chat } from './chat.svelte.ts';
import type { Form } from './intake/form.ts';
import { en } from './messages/en.ts';
import { Words } from './start.svelte.ts';

const form = (n: number): Form => ({ id: `f${n}`, revision: 1, title: `Topic ${n}`, fields: [{ id: 'more', kind: 'text', label: 'What else?', most: 200 }] });
let chat: Chat | undefined;

afterEach(() => {
  cleanup();
  chat?.client.stop();
  vi.unstubAllGlobals();
});

async function shown(count: number) {
  window.matchMedia = () => ({ matches: true, addEventListener: () => undefined }) as unknown as MediaQueryList;
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ forms: Array.from({ length: count }, (_, i) => form(i + 1)) })));
  const server = new FakeServer();
  const words = new Words();
  await words.use('en');
  chat = new Chat({ storage: new MemoryStorage(), drafts: new MemoryStorage(), dials: [server.dial], lang: () => 'en' });
  render(App, { chat, words });
  await waitFor(() => expect(server.connections).toHaveLength(1));
  server.last.receive(welcome());
  await screen.findByRole('button', { name: /Topic 1$/ });
}

const folded = (name: string) => screen.getByText(name).closest('details');

test('as many topics as can be taken in at once stand open, and all can be reached', async () => {
  await shown(11);
  expect(folded('Topic 8')).toBeNull();
  expect(folded('Topic 9')).toBe(screen.getByText(en.moreTopics).closest('details'));
  expect(folded(en.somethingElse)).toBeNull();
  await fireEvent.click(screen.getByText(en.moreTopics));
  await fireEvent.click(screen.getByText('Topic 11'));
  expect(await screen.findByRole('textbox', { name: 'What else?' })).toBeVisible();
});

test('a few stand open, all of them', async () => {
  await shown(8);
  expect(screen.queryByText(en.moreTopics)).toBeNull();
});
