import { expect, test, vi } from 'vitest';
import { BoardApi, byState, sumOf, type BoardAgent } from './board.ts';

const agent = (name: string, state: BoardAgent['state'], load: number): BoardAgent => ({ id: name, name, role: 'agent', state, load, holds: [], languages: [] });

test('who takes offers comes first, among them who has most to do', () => {
  const all = [agent('d', 'offline', 0), agent('c', 'available', 20), agent('b', 'break', 90), agent('a', 'available', 80)];
  expect(byState(all).map((a) => a.name)).toEqual(['a', 'c', 'b', 'd']);
});

test('shares are of those who were served, and none of nobody', () => {
  const day = { day: 0, served: 4, within_p50: 2, within_p80: 3, left: 1 };
  expect(sumOf([day, { ...day, served: 6, within_p80: 5 }])).toEqual({ served: 10, left: 2, p50: 0.4, p80: 0.8 });
  expect(sumOf([])).toEqual({ served: 0, left: 0 });
});

test('promises are asked for in days of the browser', async () => {
  const call = vi.fn().mockResolvedValue({ items: [] });
  await new BoardApi({ call } as never).kept(7, 1_800_000_000_000);
  expect(call).toHaveBeenCalledWith('GET', '/v1/promises', undefined, expect.objectContaining({ from: (1_800_000_000_000 - 7 * 86_400_000) * 1000, to: 1_800_000_000_000_000 }));
});
