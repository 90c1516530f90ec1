import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MemoryStorage } from '../../kit/protocol/storage.ts';
import { en as m } from '../messages/en.ts';
import { Api } from '../shell/api.ts';
import { colleaguesOf } from '../shell/colleagues.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import { Finding } from './finding.svelte.ts';
import { en as w } from './messages/en.ts';
import SearchPage from './SearchPage.svelte';

beforeEach(() => vi.stubGlobal('matchMedia', () => ({ matches: false })));
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const staff = (id: string, name: string, alias: string) => ({ id: id.repeat(26), name, alias, role: 'agent' });

function page(asked = 'refund') {
  const api = new Api(async () => Response.json({ items: [] }));
  const visit = vi.fn();
  const everybody = [staff('a', 'Anna Chen', 'Anna'), staff('b', 'Anna Lee', 'Anna'), staff('c', 'Carl', 'customer'), staff('m', 'Mei', 'Mei')];
  const desk = { tag: 'en', language: 'en', keys: true, doers: {}, api, me: everybody[3], staff: colleaguesOf(everybody), teams: { all: [], refresh: async () => undefined }, finding: new Finding(api, new MemoryStorage()), visit };
  render(SearchPage, { desk: desk as unknown as Desk, m, path: [asked], words: w });
  return visit;
}
const open = () => screen.getByRole('group', { name: w.filters });

test('two colleagues of one name are told apart, and found apart', async () => {
  const visit = page();
  for (const text of ['Anna · Anna Chen', 'Anna · Anna Lee', 'customer']) expect(within(open()).getAllByLabelText(text).length).toBeGreaterThan(0);
  await fireEvent.click(within(open()).getAllByLabelText('Anna · Anna Lee')[0]!);
  expect(visit).toHaveBeenCalledWith('search', `refund from:${'b'.repeat(26)}`);
  cleanup();
  page(`refund from:${'b'.repeat(26)}`);
  expect(await within(open()).findByRole('button', { name: w.set(w.filter.from, 'Anna · Anna Lee') })).toBeTruthy();
});

test('whoever drops a filter goes on at it', async () => {
  page('refund status:open after:2026-11-01');
  for (const name of [w.filter.status, w.filter.when]) {
    const drop = within(open()).getByRole('button', { name: w.drop(name) });
    drop.focus();
    await fireEvent.click(drop);
    expect(document.activeElement?.getAttribute('aria-label')).toMatch(new RegExp(`^${name}`));
    expect(document.activeElement?.getAttribute('popovertarget')).toBeTruthy();
  }
});
