import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BrowserStorage } from '../../kit/protocol/storage.ts';
import { Notify } from './notify.svelte.ts';

const told: { title: string; options?: NotificationOptions }[] = [];
let closed = 0;
class Notice {
  static permission = 'granted';
  static requestPermission = () => Promise.resolve(Notice.permission);
  onclick?: () => void;
  constructor(title: string, options?: NotificationOptions) {
    told.push({ title, options });
  }
  close() {
    closed++;
  }
}

beforeEach(() => {
  told.length = closed = 0;
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

test('what does not wait stays until it is over, and says nothing to who wants no notices', async () => {
  const notify = new Notify(new BrowserStorage(), () => false);
  notify.open('mei');
  notify.call('offer', 'b', 'kefu-offer', () => undefined)();
  expect(told).toEqual([]);
  await notify.setBrowser(true);
  const hush = notify.call('offer', 'b', 'kefu-offer', () => undefined);
  expect(told).toEqual([{ title: 'offer', options: { body: 'b', tag: 'kefu-offer', requireInteraction: true } }]);
  expect(closed).toBe(0);
  hush();
  expect(closed).toBe(1);
});

test('one choice of sound is for all, and who made none hears offers', () => {
  const rings = vi.fn();
  const tone = { frequency: {}, connect: (to: object) => to, start: rings, stop: () => undefined };
  const gain = { gain: { setValueAtTime: () => undefined, exponentialRampToValueAtTime: () => undefined }, connect: (to: object) => to };
  vi.stubGlobal('AudioContext', class {
    currentTime = 0;
    destination = {};
    createOscillator = () => tone;
    createGain = () => gain;
  });
  // The desk is looked at: an offer sounds all the same.
  const notify = new Notify(new BrowserStorage(), () => true);
  notify.open('mei');
  notify.call('offer', '', 'kefu-offer', () => undefined);
  const heard = rings.mock.calls.length;
  expect(heard).toBeGreaterThan(0);
  notify.setSound(false);
  notify.call('offer', '', 'kefu-offer', () => undefined);
  expect(rings.mock.calls.length).toBe(heard);
  const again = new Notify(new BrowserStorage(), () => true);
  again.open('mei');
  expect(again.sound).toBe(false);
});
