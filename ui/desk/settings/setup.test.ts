import { expect, test } from 'vitest';
import type { Setting } from './api.ts';
import { noteCopied, steps } from './setup.ts';

function house(set: { organisation?: number; teams?: number; people?: number; issuers?: number; origins?: string[] }) {
  const item = (revision: number, value: unknown): Setting => ({ id: 'x', revision, value });
  return {
    settings: {
      get: async (kind: string) => (kind === 'organisation' || kind === 'look' ? item(set.organisation ?? 0, {}) : item(0, { origins: set.origins ?? [] })),
      list: async (kind: string) => Array.from({ length: (kind === 'team' ? set.teams : set.issuers) ?? 0 }, () => item(1, {})),
    },
    desk: { staff: async () => Array.from({ length: set.people ?? 1 }, (_, i) => ({ id: String(i), name: 'N', role: 'agent' as const })) },
  };
}

test('a new house has everything to do', async () => {
  const { settings, desk } = house({});
  const all = await steps(settings, desk, () => false, { getItem: () => null });
  expect(all.map((s) => s.done)).toEqual([false, false, false, false, false, false]);
  expect(all[1]!.to).toEqual(['settings', 'team', 'new']);
});

test('what is done is ticked', async () => {
  const { settings, desk } = house({ organisation: 1, teams: 2, people: 3, issuers: 1, origins: ['https://a.example'] });
  const kept = new Map<string, string>();
  noteCopied({ setItem: (k, v) => void kept.set(k, v) });
  const all = await steps(settings, desk, () => true, { getItem: (k) => kept.get(k) ?? null });
  expect(all.every((s) => s.done)).toBe(true);
  expect(all.find((s) => s.id === 'issuer')!.to).toEqual(['settings', 'issuer']);
  expect(all.map((s) => s.id)).toContain('hours');
});
