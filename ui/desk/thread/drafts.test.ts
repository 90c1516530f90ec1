import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MemoryStorage } from '../../kit/protocol/storage.ts';
import { Problem, type Draft } from '../shell/api.ts';
import { Drafts, type DraftState } from './drafts.ts';

const reply = (text: string): Draft => ({ text, note: false });
const note = (text: string): Draft => ({ text, note: true });

/** A server with one draft a conversation, that answers when it is let. */
function server(stored: Record<string, Draft> = {}) {
  const saves: Draft[] = [];
  const waiting: (() => void)[] = [];
  const at = { down: undefined as Problem | undefined, slow: false, stored, saves };
  return {
    at,
    letOne: () => waiting.shift()?.(),
    draft: async (conv: string) => {
      const answer = stored[conv] ?? reply('');
      if (at.slow) await new Promise<void>((resolve) => waiting.push(resolve));
      if (at.down) throw at.down;
      return answer;
    },
    saveDraft: async (conv: string, draft: Draft) => {
      if (at.slow) await new Promise<void>((resolve) => waiting.push(resolve));
      if (at.down) throw at.down;
      saves.push(draft);
      stored[conv] = draft;
    },
  };
}

function desk(stored?: Record<string, Draft>, storage = new MemoryStorage()) {
  const api = server(stored);
  const drafts = new Drafts(storage, api);
  const states: DraftState[] = [];
  drafts.open('mei');
  drafts.listen('c', (state) => states.push(state));
  return { api, drafts, storage, states };
}

const later = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);
const offline = new Problem(0, 'offline');

describe('a draft', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('comes back as what it was: a note stays a note', async () => {
    const { api, drafts } = desk();
    await drafts.read('c');
    drafts.keep('c', note('She was rude'));
    await later(1000);
    expect(api.at.stored.c).toEqual(note('She was rude'));
    expect(await desk(api.at.stored).drafts.read('c')).toEqual(note('She was rude'));
  });

  test('outlives a lost connection, another conversation and a reload', async () => {
    const { api, drafts, storage, states } = desk();
    await drafts.read('c');
    api.at.down = offline;
    drafts.keep('c', reply('half a sent'));
    drafts.leave('c');
    await later(1000);
    expect(await drafts.read('c')).toEqual(reply('half a sent'));
    drafts.keep('c', reply('half a sentence'));
    drafts.listen('c', (state) => states.push(state));
    await later(1000);
    expect(states.at(-1)).toBe('failed');
    // The tab is loaded anew.
    const next = desk(undefined, storage);
    expect(await next.drafts.read('c')).toEqual(reply('half a sentence'));
    await later(0);
    expect(next.api.at.stored.c).toEqual(reply('half a sentence'));
    expect(storage.keys()).toEqual([]);
  });

  test('is saved again by itself after a failure that passes', async () => {
    const { api, drafts, states } = desk();
    await drafts.read('c');
    api.at.down = new Problem(503, 'unavailable');
    drafts.keep('c', reply('hello'));
    await later(1000);
    api.at.down = undefined;
    await later(5000);
    expect(api.at.stored.c).toEqual(reply('hello'));
    expect(states.at(-1)).toBe('saved');
  });

  test('that was sent does not come back, though its save was still under way', async () => {
    const { api, drafts } = desk();
    await drafts.read('c');
    api.at.slow = true;
    drafts.keep('c', reply('sent'));
    await later(1000); // this save hangs
    drafts.keep('c', reply(''));
    drafts.save('c');
    await later(0);
    api.at.slow = false;
    api.letOne();
    await later(0);
    expect(api.at.saves.map((d) => d.text)).toEqual(['sent', '']);
    expect(await drafts.read('c')).toEqual(reply(''));
  });

  test('that was sent does not come back either when its removal failed', async () => {
    const { api, drafts, storage } = desk({ c: reply('sent') });
    await drafts.read('c');
    api.at.down = offline;
    drafts.keep('c', reply(''));
    drafts.leave('c');
    await later(0);
    expect(await desk({ c: reply('sent') }, storage).drafts.read('c')).toEqual(reply(''));
  });

  test('that could not be read is not overwritten', async () => {
    const { api, drafts } = desk({ c: note('stored before') });
    api.at.down = offline;
    await expect(drafts.read('c')).rejects.toBe(offline);
    drafts.keep('c', reply('typed blindly'));
    api.at.down = undefined;
    await later(60_000);
    expect(api.at.saves).toEqual([]);
    // Both are there, and what may be internal stays internal.
    expect(await drafts.read('c')).toEqual(note('stored before\n\ntyped blindly'));
    await later(1000);
    expect(api.at.stored.c).toEqual(note('stored before\n\ntyped blindly'));
  });

  test('that is asked for twice at once comes once', async () => {
    const { api, drafts } = desk({ c: reply('stored') });
    api.at.slow = true;
    const reads = [drafts.read('c'), drafts.read('c')];
    drafts.keep('c', reply('written'));
    api.at.slow = false;
    api.letOne();
    expect(await reads[0]).toEqual(reply('stored\n\nwritten'));
    // It was sent before a second answer comes.
    drafts.keep('c', reply(''));
    api.letOne();
    await later(0);
    await reads[1];
    await later(1000);
    expect(api.at.stored.c).toEqual(reply(''));
  });

  test('that comes after the conversation was left is not taken as read', async () => {
    const { api, drafts } = desk({ c: reply('stored') });
    api.at.slow = true;
    const late = drafts.read('c');
    drafts.leave('c');
    api.at.slow = false;
    api.letOne();
    await late;
    drafts.keep('c', reply('written'));
    await later(1000);
    expect(api.at.saves).toEqual([]);
    expect(await drafts.read('c')).toEqual(reply('stored\n\nwritten'));
  });

  test('of somebody else is not shown, and nothing remains after a sign-out', async () => {
    const { api, drafts, storage } = desk();
    await drafts.read('c');
    api.at.down = offline;
    drafts.keep('c', reply('by mei'));
    drafts.close();
    const ben = new Drafts(storage, server());
    ben.open('ben');
    expect(storage.keys()).toEqual([]);
    expect(await ben.read('c')).toEqual(reply(''));
    ben.keep('c', reply('by ben'));
    ben.clear();
    expect(storage.keys()).toEqual([]);
  });

  test('is saved before a sign-out', async () => {
    const { api, drafts } = desk();
    await drafts.read('c');
    drafts.keep('c', reply('unfinished'));
    await drafts.settled();
    expect(api.at.stored.c).toEqual(reply('unfinished'));
  });
});
