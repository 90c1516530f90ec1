import { expect, test, vi } from 'vitest';
import type { Change, Client } from '../../kit/protocol/client.ts';
import { Offers } from './offers.svelte.ts';

function desk() {
  const kept = new Map<string, string>();
  const storage = { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v), removeItem: (k: string) => void kept.delete(k), keys: () => [...kept.keys()] };
  const client = { accept: vi.fn(), decline: vi.fn(), setPresence: vi.fn() };
  const opened = vi.fn();
  const offers = new Offers(storage, opened, () => undefined);
  offers.setSound(false);
  offers.attach(client as unknown as Client);
  return { offers, client, opened };
}

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
