import { afterEach, expect, test, vi } from 'vitest';
import { BrowserStorage } from './storage.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
});

test('what a browser keeps is lasting', () => {
  const storage = new BrowserStorage();
  storage.setItem('a', '1');
  expect(storage.lasting).toBe(true);
  expect(localStorage.getItem('a')).toBe('1');
});

test.each([
  ['refuses its storage', { get: () => { throw new DOMException('blocked', 'SecurityError'); } }],
  ['has no room', { get: () => ({ getItem: () => null, setItem: () => { throw new DOMException('full', 'QuotaExceededError'); }, removeItem: () => undefined, length: 0 }) }],
])('a browser that %s leaves it to memory, and says so', (_, storageOf) => {
  const real = Object.getOwnPropertyDescriptor(globalThis, 'localStorage')!;
  Object.defineProperty(globalThis, 'localStorage', { configurable: true, ...storageOf });
  const storage = new BrowserStorage();
  expect(storage.lasting).toBe(true);
  storage.setItem('a', '1');
  expect(storage.getItem('a')).toBe('1');
  expect(storage.lasting).toBe(false);
  Object.defineProperty(globalThis, 'localStorage', real);
});
