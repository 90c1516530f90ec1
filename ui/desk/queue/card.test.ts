import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Client } from '../../kit/protocol/client.ts';
import { en } from '../messages/en.ts';
import { find } from '../palette/entries.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import { shortcut } from '../shell/shortcuts.ts';
import OfferCard from './OfferCard.svelte';
import { Offers } from './offers.svelte.ts';

beforeEach(() => vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} }));
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function offered(other: object = {}) {
  const client = { accept: vi.fn(), decline: vi.fn() };
  const offers = new Offers(vi.fn(), () => undefined);
  offers.attach(client as unknown as Client);
  const desk = {
    tag: 'en', keys: true, offers, doers: { accept: () => undefined, decline: () => undefined }, hasInbox: false,
    api: { conversation: () => Promise.resolve({ customer: { id: 'a', name: 'Anna', evidence: 'verified', anonymous: false }, preview: 'card ‹pan ••••1111› lost' }) },
    ...other,
  };
  render(OfferCard, { desk: desk as unknown as Desk, m: en });
  const appear = () => offers.changed({ what: 'offer', offer: { conv: 'c', channel: 'chat', priority: 'normal', since: 0, left_ms: 20_000 } });
  return { client, desk: desk as unknown as Desk, appear };
}

test('a removed secret is said on an offer as it is everywhere', async () => {
  const { appear } = offered();
  appear();
  await screen.findByText(`card ${en.message.removedHere('pan', '1111')} lost`);
});

test('an agent of a partner firm is told what the house says of it', async () => {
  const asked = vi.fn();
  const { appear } = offered({
    outside: true, me: { id: 'g', name: 'Gil', role: 'outside_agent' },
    api: {
      conversation: asked,
      offer: () => Promise.resolve({ conversation: 'c', channel: 'chat', priority: 'normal', messages: 1, topic: 'Cards', form: { id: 'card', title: 'My card' }, signed_in: true, returning: true }),
    },
  });
  appear();
  await screen.findByText('Cards');
  for (const text of [en.queue.cameBy('My card'), en.queue.signedIn, en.queue.returning]) expect(screen.getByText(text)).toBeInTheDocument();
  expect(asked).not.toHaveBeenCalled();
});

test('what was told of another offer is not shown with this one', async () => {
  let tell: (brief: unknown) => void = () => undefined;
  const { appear } = offered({ outside: true, me: { id: 'g', name: 'Gil', role: 'outside_agent' }, api: { offer: () => new Promise((r) => (tell = r)) } });
  appear();
  await screen.findByRole('button', { name: en.queue.accept });
  tell({ conversation: 'other', channel: 'chat', priority: 'normal', messages: 1, topic: 'Cards', signed_in: false, returning: false });
  await Promise.resolve();
  expect(screen.queryByText('Cards')).toBeNull();
});

test('keys that mean a line of the list go on meaning it', async () => {
  const { client, appear } = offered();
  appear();
  const accept = await screen.findByRole('button', { name: en.queue.accept });
  for (const key of ['a', 'd', 'Enter']) await fireEvent.keyDown(document.body, { key });
  expect([client.accept.mock.calls, client.decline.mock.calls]).toEqual([[], []]);
  await fireEvent.click(accept);
  expect(client.accept).toHaveBeenCalledWith('c');
  // What the buttons say, the keys do.
  expect(accept).toHaveAttribute('aria-keyshortcuts', 'y');
  expect(['y', 'd', 'a'].map((key) => shortcut(new KeyboardEvent('keydown', { key })))).toEqual(['accept', 'decline', 'take']);
});

test('the palette offers it while it stands', () => {
  const { desk, appear } = offered();
  const named = () => find(desk, en, '').map((e) => e.id);
  expect(named()).not.toContain('do accept');
  appear();
  expect(named()).toEqual(expect.arrayContaining(['do accept', 'do decline']));
});
