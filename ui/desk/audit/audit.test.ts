import { expect, test } from 'vitest';
import { collect, lines, microsOf, mostExported, type AuditRecord } from './audit.ts';

const record = (seq: number): AuditRecord => ({
  seq, at: seq, actor_type: 'agent', actor_id: 'a', action: 'x.y', object_type: 'o', object_id: '=1+1\n', result: 'ok', previous: '',
});

test('a day begins and ends where the reader is', () => {
  const day = new Date(2026, 10, 26).getTime() * 1000;
  expect(microsOf('2026-11-26')).toBe(day);
  expect(microsOf('2026-11-26', 1)).toBe(new Date(2026, 10, 27).getTime() * 1000);
  expect(microsOf('')).toBeUndefined();
  expect(microsOf('26.11.2026')).toBeUndefined();
});

test('an export reads every page, empty ones too, and is a line for each record, the oldest first', async () => {
  const pages: Record<string, { items: AuditRecord[]; next?: number }> = {
    '': { items: [record(9), record(8)], next: 8 },
    '8': { items: [], next: 4 },
    '4': { items: [record(2)] },
  };
  const told: number[] = [];
  const all = await collect((before) => Promise.resolve(pages[String(before ?? '')]!), (n) => told.push(n));
  expect(told).toEqual([2, 2, 3]);
  const text = lines(all).trimEnd().split('\n');
  expect(text.map((line) => (JSON.parse(line) as AuditRecord).seq)).toEqual([2, 8, 9]);
});

test('an export ends somewhere', async () => {
  let asked = 0;
  const many = Array.from({ length: 200 }, (_, i) => record(i + 1));
  const all = await collect(() => Promise.resolve({ items: many, next: ++asked }), () => undefined);
  expect(all).toHaveLength(mostExported);
  expect(asked).toBe(mostExported / 200);
});
