import { expect, test, vi } from 'vitest';
import { Teams } from './teams.svelte.ts';

test('when somebody changed a team, all are read again at once; an older answer that comes later counts no more', async () => {
  let names = ['Cards'];
  let hold: Promise<void> | undefined;
  const call = vi.fn(async (_: string, path: string) => {
    if (path !== '/v1/settings/team') return { teams: [], items: [] };
    const items = names.map((name) => ({ id: name, revision: 1, value: { name } }));
    await hold;
    return { items };
  });
  const teams = new Teams({ call } as never);
  await teams.stale();
  expect(call).not.toHaveBeenCalled();
  let free = () => {};
  hold = new Promise((done) => (free = done));
  teams.open('me', true);
  names = ['Cards', 'Loans'];
  hold = undefined;
  await teams.stale();
  expect(teams.all.map((t) => t.id)).toEqual(['Cards', 'Loans']);
  free();
  await vi.waitFor(() => expect(call).toHaveBeenCalledTimes(6));
  await Promise.resolve();
  expect(teams.all.map((t) => t.id)).toEqual(['Cards', 'Loans']);
});
