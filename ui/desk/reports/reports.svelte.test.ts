import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { en as m } from '../messages/en.ts';
import { Api } from '../shell/api.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import Chart from './Chart.svelte';
import { en as days } from '../search/messages/en.ts';
import { en as w } from './messages/en.ts';
import ReportsPage from './ReportsPage.svelte';

// jsdom has none; the width stays what it begins with.
beforeAll(() => vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} }));
afterEach(cleanup);

const axis = () => [...document.querySelectorAll('svg text[text-anchor="end"]')].map((t) => t.textContent);

test.each([
  [1, true, ['0', '1']],
  [2, true, ['0', '1', '2']],
  [3, true, ['0', '2', '4']],
  [15, true, ['0', '10', '20']],
  [1, false, ['0', '0.5', '1']],
])('the axis of a chart up to %d, of whole numbers: %s', (most, whole, ticks) => {
  render(Chart, { title: 'Volume', labels: ['1'], titles: ['1 May'], format: String, w, whole, series: [{ name: 'Volume', values: [most] }] });
  expect(axis()).toEqual(ticks);
});

test('a button says how many of the filters behind it are set, and unfolds them', async () => {
  const none = { count: 0, median: 0, p90: 0, within: 0, aimed: 0 };
  const figures = { volume: 1, first_response: none, resolution: none, rated: 0, scores: [0, 0, 0, 0, 0] };
  const groups = { channels: [], languages: [], topics: [], tags: [], agents: [], teams: [], codes: [{ key: 'c', ...figures }] };
  const api = new Api(async (input) => Response.json(String(input).includes('/reports') ? { total: figures, buckets: [], ...groups } : { items: [] }));
  const desk = { tag: 'en', language: 'en', api, me: { id: 'me', role: 'supervisor' }, codes: { load: async () => undefined, name: () => 'Refunded' } };
  render(ReportsPage, { desk: desk as unknown as Desk, m, path: [], words: [w, days] });
  const more = screen.getByRole('button', { name: w.moreFilters });
  expect(more.getAttribute('aria-expanded')).toBe('false');
  await fireEvent.change(await screen.findByLabelText(w.code), { target: { value: 'c' } });
  await fireEvent.change(screen.getByLabelText(w.time), { target: { value: 'wall' } });
  await screen.findByRole('button', { name: `${w.moreFilters}${w.filtersSet(2)}` });
  await fireEvent.click(more);
  expect(more.getAttribute('aria-expanded')).toBe('true');
  expect(document.getElementById(more.getAttribute('aria-controls')!)!.className).toContain('unfolded');
  await fireEvent.click(more);
  // A range that is none is seen where it is said.
  for (let month = 0; month < 15; month++) await fireEvent.click(screen.getByRole('button', { name: days.previousMonth, hidden: true }));
  await fireEvent.click(document.querySelector('[data-day$="-15"]')!);
  await screen.findByText(w.wrongRange);
  expect(more.getAttribute('aria-expanded')).toBe('true');
});

test('everybody of a large house can be chosen, and is called by name', async () => {
  const none = { count: 0, median: 0, p90: 0, within: 0, aimed: 0 };
  const figures = { volume: 1, first_response: none, resolution: none, rated: 0, scores: [0, 0, 0, 0, 0] };
  const everybody = Array.from({ length: 250 }, (_, n) => ({ id: `s${n}`, name: `Person ${n}`, role: 'agent' }));
  const api = new Api(async (input) => {
    const { pathname, searchParams } = new URL(String(input), 'https://desk.example');
    if (pathname.includes('/reports')) return Response.json({ total: figures, buckets: [], channels: [], languages: [], topics: [], tags: [], agents: [{ key: 's249', ...figures }], teams: [], codes: [] });
    if (pathname !== '/v1/staff') return Response.json({ items: [] });
    const from = Number(searchParams.get('cursor') ?? 0);
    return Response.json({ items: everybody.slice(from, from + 200), ...(from === 0 && { next: '200' }) });
  });
  const desk = { tag: 'en', language: 'en', api, me: { id: 'me', role: 'supervisor' }, codes: { load: async () => undefined, name: () => '' } };
  render(ReportsPage, { desk: desk as unknown as Desk, m, path: [], words: [w, days] });
  await vi.waitFor(() => expect(screen.getByLabelText<HTMLSelectElement>(w.agent).options).toHaveLength(251));
});
