import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Change } from '../../../kit/protocol/client.ts';
import type { Chat } from '../chat.svelte.ts';
import { Followed, Listed, type Watched } from './own.svelte.ts';

let hear: (change: Change) => void;
let chat: { shown: boolean; client: unknown };
let asked: string[];
let answer: () => Promise<Response>;
let watched: Watched;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  answer = () => Promise.resolve(Response.json({ cases: [] }));
  vi.stubGlobal('fetch', (address: string) => {
    asked.push(address);
    return answer();
  });
  chat = {
    shown: true,
    client: {
      session: 's',
      on: (listener: (change: Change) => void) => {
        hear = listener;
        return () => undefined;
      },
    },
  };
});
afterEach(() => {
  watched.leave();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const news = { what: 'changed', kinds: ['cases'] } as Change;
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('cases are read when the connection says that one changed, and seldom otherwise', async () => {
  watched = new Listed(chat as Chat);
  await pass(0);
  expect(asked).toHaveLength(1);
  hear({ what: 'inbox' } as Change);
  hear({ what: 'changed', kinds: ['contact'] } as Change);
  await pass(120_000);
  expect(asked).toHaveLength(1);
  hear(news);
  await pass(0);
  expect(asked).toHaveLength(2);
  await pass(299_000);
  expect(asked).toHaveLength(2);
  await pass(20_000);
  expect(asked).toHaveLength(3);
});

test('what came while nobody could see it is read as soon as somebody can', async () => {
  watched = new Listed(chat as Chat);
  await pass(0);
  chat.shown = false;
  hear(news);
  await pass(60_000);
  expect(asked).toHaveLength(1);
  chat.shown = true;
  await pass(15_000);
  expect(asked).toHaveLength(2);
});

test('what failed is tried again, and says so meanwhile', async () => {
  answer = () => Promise.reject(new TypeError('gone'));
  watched = new Listed(chat as Chat);
  await pass(0);
  expect(watched.failed).toBe(true);
  answer = () => Promise.resolve(Response.json({ cases: [] }));
  await pass(15_000);
  expect([asked.length, watched.failed]).toEqual([2, false]);
});

test('a change that comes while one is read, or while something is said, is read after it', async () => {
  let done: (r: Response) => void = () => undefined;
  answer = () => new Promise((resolve) => (done = resolve));
  watched = new Followed(chat as Chat, 'c1');
  await pass(0);
  hear(news);
  done(Response.json({ id: 'c1', revision: 1 }));
  await pass(0);
  expect(asked).toHaveLength(2);
  done(Response.json({ id: 'c1', revision: 2 }));
  await pass(0);

  const adding = (watched as Followed).add('withdraw');
  await pass(0);
  hear(news);
  await pass(0);
  expect(asked).toHaveLength(3);
  done(Response.json({ id: 'c1', revision: 3 }));
  await adding;
  await pass(0);
  expect(asked).toHaveLength(4);
});
