// @vitest-environment node
import { describe, expect, test } from 'vitest';
import type { Entry } from './frames.ts';
import { entry as make } from './fake.ts';
import { ConversationLog } from './log.ts';

const entry = (seq: number, more: Partial<Entry> = {}) => make('c', seq, more);
const edited = (seq: number, of: number, text: string) => entry(seq, { kind: 'edited', payload: { of, text } });
const redacted = (seq: number, of: number, text = '') => entry(seq, { kind: 'redacted', payload: { of, text, classes: ['pan'] } });

function read(...entries: Entry[]): ConversationLog {
  const log = new ConversationLog('c');
  log.addStretch(entries[0]!.seq, entries.at(-1)!.seq, entries);
  return log;
}
const text = (log: ConversationLog, seq: number) => log.lines.find((l) => l.seq === seq)?.payload.text;

describe('order', () => {
  // Every order in which five entries can come ends in the same log.
  const orders = (items: number[]): number[][] =>
    items.length < 2 ? [items] : items.flatMap((x, i) => orders([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [x, ...rest]));

  test('events in any order become one log without gaps or doubles', () => {
    for (const order of orders([2, 3, 4, 5, 6])) {
      const log = read(entry(1));
      for (const seq of order) {
        log.add(entry(seq));
        log.add(entry(seq));
        const seqs = log.lines.map((l) => l.seq);
        expect(seqs).toEqual(seqs.map((_, i) => i + 1));
      }
      expect(log.lines.map((l) => l.seq)).toEqual([1, 2, 3, 4, 5, 6]);
    }
  });

  test('a gap is told, what follows on is not', () => {
    const log = read(entry(1), entry(2));
    expect(log.add(entry(3))).toBe(false);
    expect(log.add(entry(5))).toBe(true);
    expect(log.add(entry(4))).toBe(false);
    expect(log.top).toBe(5);
  });

  test('events before the first reading wait for it', () => {
    const log = new ConversationLog('c');
    expect(log.add(entry(8))).toBe(false);
    expect(log.lines).toEqual([]);
    log.addStretch(5, 7, [entry(5), entry(6), entry(7)]);
    expect(log.lines.map((l) => l.seq)).toEqual([5, 6, 7, 8]);
    expect(log.hasOlder).toBe(true);
  });

  test('a new conversation begins empty', () => {
    const log = new ConversationLog('c');
    log.begin();
    expect(log.add(entry(1))).toBe(false);
    expect(log.add(entry(3))).toBe(true);
    expect(log.hasOlder).toBe(false);
  });

  test('an earlier page is put before, one that does not touch is not', () => {
    const log = read(entry(8), entry(9));
    log.addStretch(2, 3, [entry(2), entry(3)]);
    expect(log.lines.map((l) => l.seq)).toEqual([8, 9]);
    log.addStretch(6, 7, [entry(6), entry(7)]);
    expect(log.lines.map((l) => l.seq)).toEqual([6, 7, 8, 9]);
  });
});

describe('changes', () => {
  test('an edit shows its text and says so', () => {
    const log = read(entry(1), edited(2, 1, 'better'));
    expect(log.lines[0]).toMatchObject({ payload: { text: 'better' }, edited: { at: 2_000_000 } });
  });

  test('a redaction withdraws the text, the edits’ own texts too', () => {
    const log = read(entry(1), edited(2, 1, 'secret'));
    log.add(redacted(3, 1, 'rest'));
    expect(JSON.stringify(log.lines)).not.toContain('secret');
    expect(JSON.stringify(log.lines)).not.toContain('text 1');
    expect(log.lines[0]).toMatchObject({ payload: { text: 'rest' }, redacted: { classes: ['pan'] } });
  });

  test('a redaction known before its message still holds for it', () => {
    const log = read(entry(5), redacted(6, 2));
    log.addStretch(1, 4, [entry(1), entry(2, { payload: { text: 'secret' } }), edited(3, 2, 'secret again'), entry(4)]);
    expect(text(log, 2)).toBe('');
    expect(JSON.stringify(log.lines)).not.toContain('secret');
  });

  test('a redaction reaches what waits above a gap', () => {
    const log = read(entry(1));
    log.add(entry(4, { payload: { text: 'secret' } }));
    log.add(redacted(5, 4));
    log.addStretch(2, 3, [entry(2), entry(3)]);
    expect(text(log, 4)).toBe('');
    expect(log.top).toBe(5);
  });
});
