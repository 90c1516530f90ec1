import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Api } from '../shell/api.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const busy = (seconds: number) => new Response('{"code":"rate_limited"}', { status: 429, headers: { 'Retry-After': String(seconds) } });

const asking = (...answers: Response[]) => {
  const asked: string[] = [];
  const api = new Api((input, init) => {
    asked.push(`${init?.method} ${String(input)}`);
    return Promise.resolve(answers.shift() ?? new Response('{"items":[]}'));
  });
  return { api, asked };
};

test('a read that came too soon waits as long as it is asked to', async () => {
  const { api, asked } = asking(busy(2), busy(1));
  const answer = api.staff();
  await vi.advanceTimersByTimeAsync(1999);
  expect(asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1000);
  await expect(answer).resolves.toEqual([]);
  expect(asked).toHaveLength(3);
});

test.each([
  ['too often', [busy(1), busy(1), busy(1), busy(1)], 4],
  ['for too long', [busy(60)], 1],
])('a read does not wait %s', async (_, answers, times) => {
  const { api, asked } = asking(...answers);
  const answer = expect(api.staff()).rejects.toMatchObject({ code: 'rate_limited' });
  await vi.advanceTimersByTimeAsync(60_000);
  await answer;
  expect(asked).toHaveLength(times);
});

test('everybody who works here is read, page by page', async () => {
  const { api, asked } = asking(Response.json({ items: [{ id: 'a' }], next: 'a b' }), Response.json({ items: [{ id: 'b' }] }));
  await expect(api.staff()).resolves.toEqual([{ id: 'a' }, { id: 'b' }]);
  expect(asked).toEqual(['GET /v1/staff', 'GET /v1/staff?cursor=a+b']);
});

test('what changes something is not done again by itself', async () => {
  const { api, asked } = asking(busy(1));
  const answer = expect(api.setTopic('c', 'a')).rejects.toMatchObject({ code: 'rate_limited' });
  await vi.advanceTimersByTimeAsync(60_000);
  await answer;
  expect(asked).toEqual(['PUT /v1/conversations/c/topic']);
});
