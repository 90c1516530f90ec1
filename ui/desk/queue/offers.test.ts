import { afterEach, expect, test, vi } from 'vitest';
import type { Change, Client } from '../../kit/protocol/client.ts';
import { Offers } from './offers.svelte.ts';

function desk() {
  const client = { accept: vi.fn(), decline: vi.fn(), setPresence: vi.fn() };
  const opened = vi.fn();
  const hush = vi.fn();
  const call = vi.fn(() => hush);
  const offers = new Offers(opened, call);
  offers.attach(client as unknown as Client);
  return { offers, client, opened, call, hush };
}

afterEach(() => void vi.useRealTimers());

const offer = (conv: string): Change => ({ what: 'offer', offer: { conv, channel: 'chat', priority: 'normal', since: 0, left_ms: 20_000 } });

test('an offer is accepted once, and what was accepted is opened', () => {
  const { offers, client, opened } = desk();
  offers.changed(offer('c1'));
  offers.accept();
  offers.accept();
  expect(client.accept.mock.calls).toEqual([['c1']]);
  offers.changed({ what: 'offer_over', conv: 'c1', reason: 'accepted' });
  expect(offers.offer).toBeUndefined();
  expect(opened.mock.calls).toEqual([['c1']]);
});

test('who was too late is told, and an offer that went on too', () => {
  const { offers, opened } = desk();
  offers.changed(offer('c1'));
  offers.accept();
  offers.changed({ what: 'error', error: { t: 'error', code: 'conflict', ref: 'accept', conv: 'c1' }, about: 'other' } as unknown as Change);
  expect([offers.offer, offers.over]).toEqual([undefined, 'lost']);
  offers.changed(offer('c2'));
  expect(offers.over).toBeUndefined();
  offers.changed({ what: 'offer_over', conv: 'other', reason: 'expired' });
  expect(offers.offer?.conv).toBe('c2');
  offers.changed({ what: 'offer_over', conv: 'c2', reason: 'expired' });
  expect([offers.offer, offers.over]).toEqual([undefined, 'expired']);
  expect(opened).not.toHaveBeenCalled();
});

test('a lost connection ends the offer, and the server says it anew', () => {
  const { offers } = desk();
  offers.changed(offer('c1'));
  offers.changed({ what: 'state', state: 'waiting' } as unknown as Change);
  expect(offers.offer).toBeUndefined();
  offers.changed(offer('c1'));
  expect(offers.offer?.conv).toBe('c1');
});

test('presence is what the server says', () => {
  const { offers, client } = desk();
  expect(offers.presence).toBeUndefined();
  offers.choose('break', 'meal');
  expect(client.setPresence.mock.calls).toEqual([['break', 'meal']]);
  expect(offers.presence).toBeUndefined();
  offers.changed({ what: 'presence', presence: { state: 'break', reason: 'meal', since: 1, load: 25, holds: 1 } });
  expect(offers.presence?.state).toBe('break');
});

test('a key counts once the offer could be seen', () => {
  vi.useFakeTimers();
  const { offers } = desk();
  expect(offers.seen).toBe(false);
  offers.changed(offer('c1'));
  vi.advanceTimersByTime(900);
  expect(offers.seen).toBe(false);
  vi.advanceTimersByTime(100);
  expect(offers.seen).toBe(true);
  // The next one is as new.
  offers.changed({ what: 'offer_over', conv: 'c1', reason: 'declined' });
  offers.changed(offer('c2'));
  expect(offers.seen).toBe(false);
});

test('an offer calls, and calls no more when it is over', () => {
  const { offers, call, hush } = desk();
  offers.changed(offer('c1'));
  expect([call.mock.calls.length, hush.mock.calls.length]).toEqual([1, 0]);
  offers.changed({ what: 'offer_over', conv: 'c1', reason: 'expired' });
  expect([call.mock.calls.length, hush.mock.calls.length]).toEqual([1, 1]);
});

test('taking offers asks the browser for nothing', () => {
  const asked = vi.fn();
  vi.stubGlobal('Notification', { permission: 'default', requestPermission: asked });
  desk().offers.choose('available');
  expect(asked).not.toHaveBeenCalled();
  vi.unstubAllGlobals();
});
