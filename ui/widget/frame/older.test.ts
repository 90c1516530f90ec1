import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { FakeServer, welcome } from '../../kit/protocol/fake.ts';
import { MemoryStorage } from '../../kit/protocol/storage.ts';
import App from './App.svelte';
import { Chat } from './chat.svelte.ts';
import { en } from './messages/en.ts';
import { words as enList } from './messages/list.en.ts';
import { Words } from './start.svelte.ts';

const line = (n: number) => ({ conv: `c${n}`, status: 'resolved' as const, last_seq: 1, read_seq: 1, unread: 0, last_activity: n * 1_000_000 });
const from = (high: number, count: number) => Array.from({ length: count }, (_, i) => line(high - i));

let chat: Chat;
afterEach(() => {
  cleanup();
  chat.client.stop();
  vi.unstubAllGlobals();
});

async function listOf(count: number) {
  const server = new FakeServer();
  const words = new Words();
  await words.use('en');
  chat = new Chat({ storage: new MemoryStorage(), drafts: new MemoryStorage(), dials: [server.dial], lang: () => 'en' });
  render(App, { chat, words });
  await waitFor(() => expect(server.connections).toHaveLength(1));
  server.last.receive(welcome({ conversations: from(100, count) }));
  await screen.findByText(enList.yourConversations);
  return server;
}

const lines = () => screen.getAllByRole('listitem').length;

test('the list goes back to the first conversation, page by page', async () => {
  const server = await listOf(20);
  const asked: string[] = [];
  const pages = [{ items: from(80, 20), more: true }, { items: from(60, 3), more: false }];
  vi.stubGlobal('fetch', (address: string, init: RequestInit) => {
    asked.push(`${address} ${(init.headers as Record<string, string>).Authorization}`);
    return Promise.resolve(Response.json(pages.shift()));
  });
  await fireEvent.click(screen.getByRole('button', { name: enList.olderConversations }));
  await waitFor(() => expect(lines()).toBe(40));
  await fireEvent.click(await screen.findByRole('button', { name: enList.olderConversations }));
  await waitFor(() => expect(lines()).toBe(43));
  await waitFor(() => expect(screen.queryByText(en.loading)).toBeNull());
  expect(screen.queryByRole('button', { name: enList.olderConversations })).toBeNull();
  expect(asked[0]).toBe(`/rt/conversations?before=81000000&conv=c81 Bearer ${chat.client.session}`);
  expect(asked[1]).toContain('conv=c61');

  // Let in again, the window is told of the newest alone, and forgets none of the others.
  server.last.receive(welcome({ conversations: [line(101), ...from(100, 19)] }));
  await waitFor(() => expect(lines()).toBe(44));
});

test('a page that does not come can be asked for again', async () => {
  await listOf(20);
  const answer = vi.fn().mockResolvedValueOnce(new Response(null, { status: 503 })).mockResolvedValueOnce(Response.json({ items: from(80, 1), more: false }));
  vi.stubGlobal('fetch', answer);
  await fireEvent.click(screen.getByRole('button', { name: enList.olderConversations }));
  expect(await screen.findByRole('alert')).toHaveTextContent(en.partFailed);
  await fireEvent.click(await screen.findByRole('button', { name: enList.olderConversations }));
  await waitFor(() => expect(lines()).toBe(21));
  expect(screen.queryByRole('alert')).toBeNull();
});

test('who has few conversations is offered no older ones', async () => {
  await listOf(19);
  expect(screen.queryByRole('button', { name: enList.olderConversations })).toBeNull();
});
