import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { en as m } from '../messages/en.ts';
import App from './App.svelte';
import { Desk } from './desk.svelte.ts';

class Socket {
  send() {}
  close() {}
}

let session: 'open' | 'none';
let asked: string[];

beforeEach(() => {
  session = 'open';
  asked = [];
  localStorage.clear();
  location.hash = '';
  vi.stubGlobal('WebSocket', Socket);
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
  vi.stubGlobal('fetch', async (input: string, init: RequestInit) => {
    asked.push(`${init.method} ${input}`);
    if (input === '/v1/session' && init.method === 'DELETE') session = 'none';
    if (input === '/v1/session') return session === 'open' ? Response.json({ staff: { id: 'mei', name: 'Mei', role: 'agent' }, idle_seconds: 900 }) : Response.json({ code: 'unauthenticated' }, { status: 401 });
    if (input === '/v1/invitation') return Response.json({ code: 'not_found' }, { status: 404 });
    return Response.json({ items: [] });
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.doUnmock('../messages/zh.ts');
  vi.doUnmock('../messages/en.ts');
  vi.resetModules();
});

const w = m.access.invitation;
/** Somebody opens an invitation at a browser at which Mei is signed in. */
async function invited() {
  location.hash = '#invitation=token';
  const desk = new Desk();
  render(App, { desk });
  await screen.findByText(w.signedIn('Mei'));
  expect([desk.invitation, location.hash]).toEqual(['token', '']);
  return desk;
}

test('an invitation at a browser where somebody is signed in is opened once they are signed out', async () => {
  const desk = await invited();
  expect(asked).not.toContain('POST /v1/invitation'); // the link is not used up
  await fireEvent.click(screen.getByRole('button', { name: w.signOut }));
  await screen.findByText(w.goneWhy);
  expect([desk.me, asked.includes('DELETE /v1/session')]).toEqual([undefined, true]);
});

test('or they go on as they are', async () => {
  const desk = await invited();
  await fireEvent.click(screen.getByRole('button', { name: w.stay('Mei') }));
  expect([desk.me?.id, desk.invitation]).toEqual(['mei', undefined]);
  await vi.waitFor(() => expect(screen.queryByText(w.signedIn('Mei'))).toBeNull());
});

test('words that do not come are those of the other language', async () => {
  vi.doMock('../messages/zh.ts', () => {
    throw new Error('gone');
  });
  localStorage.setItem('kefu.desk.language', 'zh');
  session = 'none';
  const desk = new Desk();
  render(App, { desk });
  await screen.findByRole('heading', { name: m.signIn.title });
  expect([desk.language, localStorage.getItem('kefu.desk.language')]).toEqual(['en', 'zh']);
  await screen.findByText(m.languageFailed);
  await desk.setLanguage('zh');
  expect(desk.language).toBe('en');
});

test('where no words come at all, that is said, and a reload is offered', async () => {
  for (const words of ['../messages/zh.ts', '../messages/en.ts']) vi.doMock(words, () => { throw new Error('gone'); });
  session = 'none';
  render(App, { desk: new Desk() });
  await screen.findByRole('button', { name: /Reload/ });
  expect(screen.getByRole('alert').textContent).toMatch(/could not be fetched.*未能/s);
});
