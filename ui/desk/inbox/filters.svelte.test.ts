import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { en as m } from '../messages/en.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import Filters from './Filters.svelte';
import type { List } from './lists.ts';

function filters(narrowing: Partial<List>) {
  const list: List = { view: 'all', status: ['open'], ...narrowing };
  const go = vi.fn();
  const desk = { tag: 'en', inbox: { list, items: [] }, staff: [], teams: { all: [], find: () => undefined, refresh: async () => undefined }, views: { nameOf: () => undefined }, go };
  render(Filters, { desk: desk as unknown as Desk, m });
  return go;
}

afterEach(cleanup);

test('a tag may be called as a priority is, and teams that are gone are told apart', async () => {
  const go = filters({ priority: ['urgent'], tag: [m.priority.urgent], team: ['a', 'b'] });
  const chips = screen.getAllByRole('button', { name: m.filter.drop(m.priority.urgent) });
  expect(chips).toHaveLength(2);
  expect(screen.getAllByRole('button', { name: m.filter.drop(m.duties.archived) })).toHaveLength(2);
  await fireEvent.click(chips[1]!);
  expect(go).toHaveBeenCalledWith(expect.objectContaining({ priority: ['urgent'], tag: [] }), undefined);
});

test('a tag that is there already is not added again', async () => {
  const go = filters({ tag: ['refund'] });
  const box = document.querySelector<HTMLInputElement>('#filters form input')!;
  await fireEvent.input(box, { target: { value: 'refund' } });
  await fireEvent.submit(box.form!);
  expect(go).not.toHaveBeenCalled();
  await fireEvent.input(box, { target: { value: 'card' } });
  await fireEvent.submit(box.form!);
  expect(go).toHaveBeenCalledWith(expect.objectContaining({ tag: ['refund', 'card'] }), undefined);
});
