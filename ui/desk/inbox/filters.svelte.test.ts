import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { en as m } from '../messages/en.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import Filters from './Filters.svelte';
import type { List } from './lists.ts';

function filters(narrowing: Partial<List>, codes: string[] = []) {
  const list: List = { view: 'all', status: ['open'], ...narrowing };
  const go = vi.fn();
  const desk = { tag: 'en', inbox: { list, items: [] }, staff: [], teams: { all: [], find: () => undefined, refresh: async () => undefined }, codes: { all: codes.map((id) => ({ id })), name: (id: string) => (codes.includes(id) ? `Code ${id}` : ''), load: async () => undefined }, views: { nameOf: () => undefined }, go };
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

test('who asks how it ended is shown what has ended, and may ask for more than one code', async () => {
  let go = filters({}, ['a', 'b']);
  await fireEvent.click(screen.getByLabelText('Code a'));
  expect(go).toHaveBeenCalledWith(expect.objectContaining({ code: ['a'], status: ['resolved'] }), undefined);
  cleanup();
  go = filters({ code: ['a', 'gone'], status: ['open', 'resolved'] }, ['a', 'b']);
  expect(screen.getByRole('button', { name: m.filter.drop(m.filter.goneCode) })).toBeTruthy();
  await fireEvent.click(screen.getByLabelText('Code b'));
  expect(go).toHaveBeenCalledWith(expect.objectContaining({ code: ['a', 'gone', 'b'], status: ['open', 'resolved'] }), undefined);
});

test('many codes stand in a menu', async () => {
  const many = Array.from({ length: 30 }, (_, n) => `c${n}`);
  const go = filters({ code: ['c7'] }, many);
  expect(screen.getAllByRole('checkbox', { name: /^Code c/, hidden: true })).toHaveLength(1);
  await fireEvent.change(screen.getByLabelText(m.filter.addCode), { target: { value: 'c3' } });
  expect(go).toHaveBeenCalledWith(expect.objectContaining({ code: ['c7', 'c3'] }), undefined);
});
