import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { en } from '../messages/en.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import { Teams } from '../teams/teams.svelte.ts';
import HandOverDialog from './HandOverDialog.svelte';

beforeAll(() => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
});
afterEach(cleanup);

test('a team that is gone by the time it is confirmed is not nobody', async () => {
  const teams = new Teams({ call: () => new Promise<never>(() => undefined) });
  teams.all = [{ id: 'cards', revision: 1, value: { name: 'Cards' } }];
  const desk = { teams, staff: [], colleague: () => undefined, me: { id: 'mei', name: 'Mei' } };
  const [hand, free] = [vi.fn(() => Promise.resolve(true)), vi.fn(() => Promise.resolve(true))];
  render(HandOverDialog, { desk: desk as unknown as Desk, m: en, open: true, to: 'cards', anybody: true, onclose: () => undefined, hand, free });
  const button = screen.getByRole('button', { name: en.duties.handSeveral(1) });
  expect(button).toBeEnabled();
  teams.all = [];
  await tick();
  await fireEvent.click(button);
  await fireEvent.keyDown(screen.getByRole('textbox', { name: en.handOver.note }), { key: 'Enter' });
  expect([hand.mock.calls, free.mock.calls]).toEqual([[], []]);
  // Nobody is given it by being chosen.
  await fireEvent.change(screen.getByRole('combobox', { name: en.handOver.to }), { target: { value: '' } });
  await fireEvent.click(button);
  expect(free).toHaveBeenCalledOnce();
});
