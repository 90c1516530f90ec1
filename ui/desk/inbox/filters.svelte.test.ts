import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { en as m } from '../messages/en.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import Filters from './Filters.svelte';
import { canonical, priorities, statuses, type List } from './lists.ts';

function filters(narrowing: Partial<List>, codes: string[] = []) {
  const list: List = { view: 'all', status: ['open'], ...narrowing };
  const go = vi.fn();
  const inbox = $state({ list, items: [] });
  const desk = { tag: 'en', inbox, staff: [], teams: { all: [], find: () => undefined, refresh: async () => undefined }, codes: { all: codes.map((id) => ({ id })), name: (id: string) => (codes.includes(id) ? `Code ${id}` : ''), load: async () => undefined }, views: { nameOf: () => undefined }, go };
  render(Filters, { desk: desk as unknown as Desk, m });
  return Object.assign(go, { follow: () => go.mockImplementation((next: Partial<List>) => {
    inbox.list = canonical(next);
  }) });
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

const box = (name: string) => screen.getByRole<HTMLInputElement>('checkbox', { name, hidden: true });

test('every box shows what the list is narrowed to, also where the last tick means nothing', async () => {
  filters({ priority: ['urgent', 'high', 'normal'] }).follow();
  await fireEvent.click(box(m.priority.low)); // all four are as good as none
  expect(priorities.map((p) => box(m.priority[p]).checked)).toEqual([false, false, false, false]);
  await fireEvent.click(box(m.status.open)); // no status at all is the open ones
  expect(statuses.map((s) => box(m.status[s]).checked)).toEqual([true, false, false, false]);
});

test('whoever drops a chip goes on at the next one, and at last at the button before them', async () => {
  filters({ tag: ['card', 'refund'], unread: true }).follow();
  const drop = async (text: string) => {
    const button = screen.getByRole('button', { name: m.filter.drop(text) });
    button.focus();
    await fireEvent.click(button);
    await tick();
    return document.activeElement?.getAttribute('aria-label');
  };
  expect(await drop('card')).toBe(m.filter.drop('refund'));
  expect(await drop(m.filter.unread)).toBe(m.filter.drop('refund'));
  expect(await drop('refund')).toContain(m.filter.title);
});
