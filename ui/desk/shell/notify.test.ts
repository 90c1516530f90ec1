import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BrowserStorage } from '../../kit/protocol/storage.ts';
import { Notify } from './notify.svelte.ts';

const told: { title: string; options?: NotificationOptions }[] = [];
class Notice {
  static permission = 'granted';
  static requestPermission = () => Promise.resolve(Notice.permission);
  onclick?: () => void;
  constructor(title: string, options?: NotificationOptions) {
    told.push({ title, options });
  }
  close() {}
}

beforeEach(() => {
  told.length = 0;
  Notice.permission = 'granted';
  localStorage.clear();
  vi.stubGlobal('Notification', Notice);
});
afterEach(() => vi.unstubAllGlobals());

test('whoever asked for it is told, but not while they look', async () => {
  let looks = false;
  const notify = new Notify(new BrowserStorage(), () => looks);
  notify.open('mei');
  notify.tell('a', 'b', 'c', () => undefined);
  expect(told).toEqual([]);
  await notify.setBrowser(true);
  notify.tell('a', 'b', 'c', () => undefined);
  looks = true;
  notify.tell('d', 'e', 'f', () => undefined);
  expect(told).toEqual([{ title: 'a', options: { body: 'b', tag: 'c' } }]);
});

test('each chooses for themselves, and it is kept', async () => {
  const first = new Notify(new BrowserStorage(), () => false);
  first.open('mei');
  await first.setBrowser(true);
  const again = new Notify(new BrowserStorage(), () => false);
  again.open('mei');
  const other = new Notify(new BrowserStorage(), () => false);
  other.open('ben');
  expect([again.browser, other.browser]).toEqual([true, false]);
});

test('a browser that refuses is not asked to tell', async () => {
  Notice.permission = 'denied';
  const notify = new Notify(new BrowserStorage(), () => false);
  notify.open('mei');
  await notify.setBrowser(true);
  notify.tell('a', 'b', 'c', () => undefined);
  expect([notify.browser, notify.refused, told.length]).toEqual([false, true, 0]);
});
