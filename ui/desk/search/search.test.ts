import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Api, type Hit } from '../shell/api.ts';
import { Search } from './search.svelte.ts';

const hit = (conv: string, snippet: string): Hit => ({ conv, seq: 1, at: 1, author: 'customer', kind: 'message', snippet });

/** A search over what the test puts into found. */
function searching(found: { items: Hit[]; next?: string }) {
  const asked: string[] = [];
  const api = new Api((input) => {
    asked.push(String(input));
    return Promise.resolve(new Response(JSON.stringify(found)));
  });
  return { asked, search: new Search(api, () => undefined) };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('what was found', () => {
  test('is looked for once the typing has paused', async () => {
    const { asked, search } = searching({ items: [hit('c', 'my card')] });
    for (const query of ['c', 'ca', 'card']) search.look(query);
    expect(search.shown).toBe(true);
    await vi.advanceTimersByTimeAsync(300);
    expect(asked).toEqual(['/v1/search?q=card&limit=30']);
    expect(search.hits).toEqual([hit('c', 'my card')]);
    search.look(' ');
    expect(search.shown).toBe(false);
  });

  test('goes when its words were removed', async () => {
    const found = { items: [hit('c', 'my card is 1234')] };
    const { asked, search } = searching(found);
    search.look('card');
    await vi.advanceTimersByTimeAsync(300);
    found.items = [];
    search.changed('another');
    await vi.advanceTimersByTimeAsync(2000);
    expect(asked).toHaveLength(1);
    for (let i = 0; i < 5; i++) search.changed('c'); // asked once for all of them
    await vi.advanceTimersByTimeAsync(2000);
    expect(asked).toHaveLength(2);
    expect(search.hits).toEqual([]);
  });

  test('is asked for no more after the search was cleared', async () => {
    const { asked, search } = searching({ items: [hit('c', 'card')] });
    search.look('card');
    await vi.advanceTimersByTimeAsync(300);
    search.changed();
    search.clear();
    await vi.advanceTimersByTimeAsync(2000);
    expect(asked).toHaveLength(1);
    expect(search.hits).toBeUndefined();
  });
});
