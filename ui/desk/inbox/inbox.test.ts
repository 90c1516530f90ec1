import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Api, Problem, type Conversation } from '../shell/api.ts';
import { Inbox } from './inbox.svelte.ts';
import { canonical, belongs, type List } from './lists.ts';
import { inboxHash, isInbox, pageHash, parseRoute } from '../shell/route.ts';
import { shortcut } from '../shell/shortcuts.ts';
import { snoozeUntil } from '../thread/snooze.ts';

const conversation = (id: string, last: number, more: Partial<Conversation> = {}): Conversation => ({
  id,
  status: 'open',
  priority: 'normal',
  customer: { id: `customer ${id}`, evidence: 'verified', anonymous: false },
  channel: 'chat',
  tags: [],
  preview: '',
  unread: 0,
  last_seq: 1,
  last_activity: last,
  created_at: 0,
  reopened: 0,
  ...more,
});

/** An API whose answers are given by path. */
function fakeApi(answers: Record<string, unknown>) {
  const asked: string[] = [];
  const api = new Api((input, init) => {
    const path = String(input);
    asked.push(path);
    const body = String(init?.body ?? '');
    const answer = answers[`${path} ${body}`] ?? answers[path] ?? answers[path.split('?')[0]!];
    if (answer instanceof Response) return Promise.resolve(answer);
    return Promise.resolve(answer === undefined ? new Response('{"code":"not_found"}', { status: 404 }) : Response.json(answer));
  });
  return { api, asked };
}
const unassigned: List = { view: 'unassigned', status: ['open'] };
const ids = (inbox: Inbox) => inbox.items.map((c) => c.id);

async function listed(items: Conversation[], next?: string, answers: Record<string, unknown> = {}) {
  const all: Record<string, unknown> = { '/v1/conversations/find': { items, ...(next && { next }) }, ...answers };
  const { api, asked } = fakeApi(all);
  const inbox = new Inbox(api, () => 'me');
  inbox.list = unassigned;
  await inbox.reload();
  return { inbox, asked };
}

/** A list whose pages are read from what there is, which may change meanwhile. */
function paged(all: () => Conversation[]) {
  const answer = (input: RequestInfo | URL, init?: RequestInit) => {
    if (String(input) !== '/v1/conversations/find') return Promise.resolve(new Response('{"code":"not_found"}', { status: 404 }));
    const asked = JSON.parse(String(init?.body)) as { cursor?: string; limit: number };
    const from = asked.cursor ? all().findIndex((c) => c.last_activity < Number(asked.cursor)) : 0;
    const items = from < 0 ? [] : all().slice(from, from + asked.limit).map((c) => ({ ...c, cursor: String(c.last_activity) }));
    const more = from >= 0 && from + asked.limit < all().length;
    return Promise.resolve(Response.json({ items, ...(more && { next: items.at(-1)!.cursor }) }));
  };
  const inbox: Inbox = new Inbox(new Api(answer), () => 'me');
  return { inbox };
}

describe('the list', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('a changed line moves to where it belongs', async () => {
    const { inbox } = await listed([conversation('a', 30), conversation('b', 20), conversation('c', 10)]);
    inbox.put(conversation('c', 40));
    expect(ids(inbox)).toEqual(['c', 'a', 'b']);
    inbox.put(conversation('new', 25));
    expect(ids(inbox)).toEqual(['c', 'a', 'new', 'b']);
  });

  test.each([
    ['resolved', { status: 'resolved' as const }],
    ['assigned', { assignee: { id: 'other', name: 'Ben' } }],
    ['merged', { merged_into: 'x' }],
  ])('what was %s leaves the view of unassigned ones, and the keyboard goes to the next', async (_, change) => {
    const { inbox } = await listed([conversation('a', 30), conversation('b', 20)]);
    inbox.cursor = 'a';
    inbox.put(conversation('a', 40, change));
    expect(ids(inbox)).toEqual(['b']);
    expect(inbox.cursor).toBe('b');
  });

  test('below what was read so far, a line waits for its page', async () => {
    const { inbox } = await listed([conversation('a', 30)]);
    inbox.next = 'cursor';
    inbox.put(conversation('b', 5));
    expect(ids(inbox)).toEqual(['a']);
  });

  test('a page that overlaps brings nothing twice', async () => {
    const { inbox } = await listed([conversation('a', 30), conversation('b', 20)], undefined, {
      '/v1/conversations/find {"list":{"view":"unassigned","status":["open"]},"limit":50,"cursor":"cursor"}': { items: [conversation('b', 20), conversation('c', 10)] },
    });
    inbox.next = 'cursor';
    await inbox.more();
    expect(ids(inbox)).toEqual(['a', 'b', 'c']);
    expect(inbox.next).toBeUndefined();
  });

  test('hints for one line in a row are one reading', async () => {
    const { inbox, asked } = await listed([conversation('a', 30)], undefined, { '/v1/conversations/b': conversation('b', 50) });
    for (let i = 0; i < 5; i++) inbox.hint('b');
    await vi.advanceTimersByTimeAsync(200);
    expect(ids(inbox)).toEqual(['b', 'a']);
    expect(asked.filter((p) => p === '/v1/conversations/b')).toHaveLength(1);
  });

  test('a burst is read as a page', async () => {
    const { inbox, asked } = await listed([conversation('a', 30)]);
    for (let i = 0; i < 20; i++) inbox.hint(`x${i}`);
    await vi.advanceTimersByTimeAsync(200);
    expect(asked).toHaveLength(2);
  });

  test.each([
    ['a lost connection', (inbox: Inbox) => void inbox.renew()],
    ['a burst', (inbox: Inbox) => Array.from({ length: 20 }, (_, i) => inbox.hint(`x${i}`))],
  ])('whoever reads further down stays there after %s, and what is new is counted', async (_, happens) => {
    const line = (n: number) => conversation(`c${n}`, 1000 - n);
    const all = Array.from({ length: 120 }, (_, i) => line(i));
    const { inbox } = paged(() => all);
    await inbox.reload();
    await inbox.more();
    expect(inbox.items).toHaveLength(100);
    inbox.held = true;
    inbox.choose('c60');
    const before = ids(inbox);
    all.splice(30, 1); // resolved meanwhile
    all[69] = { ...all[69]!, preview: 'changed' }; // c70
    all.unshift(conversation('new', 2000));
    happens(inbox);
    await vi.advanceTimersByTimeAsync(200);
    expect(ids(inbox)).toEqual(before.filter((id) => id !== 'c30'));
    expect(inbox.find('c70')?.preview).toBe('changed');
    expect([[...inbox.fresh], [...inbox.chosen]]).toEqual([['new'], ['c60']]);
  });

  test('whoever chooses at the top sees what is new, and keeps what they chose further down', async () => {
    const all = Array.from({ length: 120 }, (_, i) => conversation(`c${i}`, 1000 - i));
    const { inbox } = paged(() => all);
    await inbox.reload();
    await inbox.more();
    inbox.choose('c60');
    all.splice(30, 1);
    all.unshift(conversation('new', 2000));
    await inbox.renew();
    expect(ids(inbox).slice(0, 2)).toEqual(['new', 'c0']);
    expect([inbox.items.length, inbox.find('c30'), [...inbox.chosen], [...inbox.fresh]]).toEqual([100, undefined, ['c60'], []]);
    await inbox.more();
    expect(ids(inbox)).toEqual(all.map((c) => c.id));
  });

  test('what the server refuses comes back to its place, also while nothing moves', async () => {
    const { inbox } = await listed([conversation('a', 30), conversation('b', 20), conversation('c', 10)]);
    inbox.held = true;
    inbox.put(conversation('b', 20, { status: 'resolved' }));
    expect(ids(inbox)).toEqual(['a', 'c']);
    inbox.put(conversation('b', 20), true);
    expect([ids(inbox), inbox.fresh.size]).toEqual([['a', 'b', 'c'], 0]);
  });

  test('what was refused is chosen again, unless something else is by then', async () => {
    const { inbox } = await listed([conversation('a', 30), conversation('b', 20), conversation('c', 10)]);
    inbox.chooseAgain(['a', 'gone']);
    expect([...inbox.chosen]).toEqual(['a']);
    inbox.chooseAgain(['b']);
    expect([...inbox.chosen]).toEqual(['a']);
  });

  test('what may no longer be seen is taken away', async () => {
    const { inbox } = await listed([conversation('a', 30), conversation('b', 20)]);
    inbox.hint('a');
    await vi.advanceTimersByTimeAsync(200);
    expect(ids(inbox)).toEqual(['b']);
  });

  test('while somebody reads further down nothing moves, and what is new is counted', async () => {
    const { inbox } = await listed([conversation('a', 30), conversation('b', 20), conversation('c', 10)]);
    inbox.held = true;
    inbox.put(conversation('c', 40, { preview: 'again' }));
    inbox.put(conversation('new', 50));
    expect(ids(inbox)).toEqual(['a', 'b', 'c']);
    expect(inbox.find('c')?.preview).toBe('again');
    expect([...inbox.fresh]).toEqual(['c', 'new']);
    inbox.put(conversation('a', 60, { status: 'resolved' }));
    expect(ids(inbox)).toEqual(['b', 'c']);
    inbox.release();
    await vi.advanceTimersByTimeAsync(1);
    expect([...inbox.fresh]).toEqual([]);
  });

  test('far down the first lines are let go, and come back when one goes up again', async () => {
    const line = (n: number) => conversation(`c${String(n).padStart(4, '0')}`, 10_000 - n, { cursor: String(n) });
    const page = (from: number) => Array.from({ length: 50 }, (_, i) => line(from + i));
    const answer = (_: RequestInfo | URL, init?: RequestInit) => {
      const asked = JSON.parse(String(init?.body)) as { cursor?: string; before?: string };
      if (asked.before) return Promise.resolve(Response.json({ items: page(Number(asked.before) - 50), ...(Number(asked.before) > 50 && { next: String(Number(asked.before) - 50) }) }));
      const from = asked.cursor ? Number(asked.cursor) : 0;
      return Promise.resolve(Response.json({ items: page(from), next: String(from + 50) }));
    };
    const inbox = new Inbox(new Api(answer), () => 'me');
    await inbox.reload();
    for (let i = 0; i < 19; i++) await inbox.more();
    expect([inbox.items.length, inbox.above, inbox.items[0]!.id]).toEqual([600, 400, 'c0400']);
    for (let i = 0; i < 8; i++) await inbox.back();
    expect([inbox.items.length, inbox.above, inbox.items[0]!.id, inbox.items.at(-1)!.id]).toEqual([600, 0, 'c0000', 'c0599']);
    expect(inbox.next).toBe('599');
  });

  test('a range of lines is chosen, and what leaves is chosen no more', async () => {
    const { inbox } = await listed([conversation('a', 40), conversation('b', 30), conversation('c', 20), conversation('d', 10)]);
    inbox.choose('b');
    inbox.choose('d', true);
    expect([...inbox.chosen]).toEqual(['b', 'c', 'd']);
    inbox.choose('c');
    inbox.put(conversation('d', 10, { status: 'resolved' }));
    expect([...inbox.chosen]).toEqual(['b']);
    inbox.chooseAll(true);
    expect([...inbox.chosen]).toEqual(['a', 'b', 'c']);
  });

  test('the keyboard stays within the list', async () => {
    const { inbox } = await listed([conversation('a', 30), conversation('b', 20)]);
    const steps = ([1, 1, 1, -1, -1] as const).map((by) => (inbox.step(by), inbox.cursor));
    expect(steps).toEqual(['a', 'b', 'b', 'a', 'a']);
  });
});

describe('a list', () => {
  const team = 'c'.repeat(26);
  const now = 1_000_000;
  test.each<[string, Partial<List>, Partial<Conversation>, boolean]>([
    ['mine', { view: 'mine' }, { assignee: { id: 'me', name: 'Me' } }, true],
    ['another’s is not mine', { view: 'mine' }, { assignee: { id: 'bo', name: 'Bo' } }, false],
    ['one of several statuses', { status: ['open', 'snoozed'] }, { status: 'snoozed' }, true],
    ['a tag', { tag: ['vip', 'x'] }, { tags: ['vip'] }, true],
    ['no such tag', { tag: ['vip'] }, { tags: ['VIP'] }, false],
    ['a language of a region', { language: ['zh'] }, { language: 'zh-Hans' }, true],
    ['a long wait', { waits_minutes: 10 }, { waiting_since: (now - 11 * 60_000) * 1000 }, true],
    ['a short one', { waits_minutes: 10 }, { waiting_since: (now - 9 * 60_000) * 1000 }, false],
    ['nobody waits', { waits_minutes: 10 }, {}, false],
    ['unread', { unread: true }, { unread: 1 }, true],
    ['read', { unread: true }, {}, false],
    ['merged', {}, { status: 'merged', merged_into: 'x' }, false],
    ['one of my teams', { view: 'teams' }, { team: 'cards' }, true],
    ['another team', { view: 'teams' }, { team: 'loans' }, false],
    ['no team', { view: 'teams' }, {}, false],
    ['the team asked for', { team: [team] }, { team }, true],
    ['one of the codes asked for', { code: [team, 'd'.repeat(26)] }, { code: team }, true],
    ['no such code', { code: [team] }, {}, false],
    ['not the team asked for', { team: [team] }, { team: 'cards' }, false],
  ])('holds: %s', (_, list, c, holds) => expect(belongs(canonical(list), conversation('a', 1, c), 'me', ['cards'], now)).toBe(holds));
});

describe('the API', () => {
  const problem = async (answer: Response) => {
    const { api } = fakeApi({ '/v1/staff': answer });
    const expired = vi.fn();
    api.onexpired = expired;
    const error = (await api.staff().catch((e: unknown) => e)) as Problem;
    return { error, expired };
  };
  test('the server’s code is kept, with how long to wait', async () => {
    const { error } = await problem(new Response('{"code":"rate_limited"}', { status: 429, headers: { 'Retry-After': '70' } }));
    expect(error).toMatchObject({ code: 'rate_limited', retryAfter: 70 });
  });
  test('a proxy’s page is told by its status', async () => {
    const { error } = await problem(new Response('<html>', { status: 503 }));
    expect(error.code).toBe('unavailable');
  });
  test('a lost session is told', async () => {
    const { expired } = await problem(new Response('{}', { status: 401 }));
    expect(expired).toHaveBeenCalledOnce();
  });
  test('a broken network is offline', async () => {
    const api = new Api(() => Promise.reject(new TypeError()));
    await expect(api.staff()).rejects.toMatchObject({ code: 'offline' });
  });
  test.each([
    ['a removal', (api: Api) => api.redact('c', 7, 'secret'), 'DELETE /v1/conversations/c/messages/7', { reason: 'secret' }],
    ['a wrap-up', (api: Api) => api.setStatus('c', 'resolved', { wrap_up: 'Paid out.' }), 'PUT /v1/conversations/c/status', { status: 'resolved', wrap_up: 'Paid out.' }],
  ])('the words of %s go in the body, not in the address', async (_, ask, line, body) => {
    const asked: unknown[] = [];
    const api = new Api((input, init) => {
      asked.push(`${init?.method} ${String(input)}`, JSON.parse(String(init?.body)));
      return Promise.resolve(new Response(null, { status: 204 }));
    });
    await ask(api);
    expect(asked).toEqual([line, body]);
  });
  test('what is typed into a search stays a value of its own', async () => {
    const { api, asked } = fakeApi({ '/v1/search': { items: [] } });
    await api.search('a&cursor=x/../微信');
    expect(new URL(asked[0]!, 'http://x').searchParams.get('q')).toBe('a&cursor=x/../微信');
  });
});

const around = (hash: string) => {
  const route = parseRoute(hash, ['account']);
  return isInbox(route) ? inboxHash(route) : pageHash(route.page, ...route.path);
};
test.each(['#/mine/waiting/01h', '#/all/open', '#/unassigned/open,resolved/0', '#/mentions/open,waiting', '#/all/open?priority=high&tag=a%2Cb&tag=%E9%80%80%E6%AC%BE&language=zh&waits=60&unread=1', '#/account', '#/account/a%2Fb/c'])('the address %s survives', (hash) =>
  expect(around(hash)).toBe(hash),
);
test.each(['', '#', '#/x/y/z', '#/mine/../<script>', '#//evil.example', '#/Account/x', '#/all/%zz/%'])('the address %j leads nowhere odd', (hash) =>
  expect(around(hash)).toMatch(/^#\/(mine|all)\/open(\/z)?$/),
);
test('a part of an address that means nothing is taken as it is', () => expect(parseRoute('#/account/%zz', ['account'])).toEqual({ page: 'account', path: ['%zz'] }));

test.each([
  [new Date(2026, 10, 22, 15), 'tomorrow', new Date(2026, 10, 23, 9)],
  [new Date(2026, 10, 22, 15), 'monday', new Date(2026, 10, 23, 9)],
  [new Date(2026, 10, 23, 8), 'monday', new Date(2026, 10, 30, 9)],
  [new Date(2026, 11, 31, 15), 'tomorrow', new Date(2027, 0, 1, 9)],
  [new Date(2026, 10, 22, 15), 'hour', new Date(2026, 10, 22, 16)],
  [new Date(2026, 10, 22, 23), 'three', new Date(2026, 10, 23, 2)],
  [new Date(2026, 10, 30, 8), 'week', new Date(2026, 11, 7, 9)],
] as const)('%s, snoozed for %s', (now, pick, until) => expect(snoozeUntil(pick, now)).toBe(until.getTime() * 1000));

describe('shortcuts', () => {
  const press = (key: string, init: KeyboardEventInit = {}, target: HTMLElement = document.body, single = true) => {
    const event = new KeyboardEvent('keydown', { key, bubbles: true, ...init });
    Object.defineProperty(event, 'target', { value: target });
    return shortcut(event, single);
  };
  test('a key is a command', () => expect(press('e')).toBe('resolve'));
  test('single signs can be switched off; Enter and Escape stay', () => {
    expect(['e', 'j', '?', '/'].map((key) => press(key, {}, document.body, false))).toEqual([undefined, undefined, undefined, undefined]);
    expect(['Enter', 'Escape'].map((key) => press(key, {}, document.body, false))).toEqual(['open', 'escape']);
  });
  test('not while writing', () => expect(press('e', {}, document.createElement('textarea'))).toBeUndefined());
  test('not the browser’s own', () => expect(press('r', { ctrlKey: true })).toBeUndefined());
});

test('a merge names where it goes on, and is taken back at the same place', async () => {
  const asked: unknown[] = [];
  const api = new Api((input, init) => {
    asked.push([init?.method, String(input), init?.body]);
    return Promise.resolve(new Response(null, { status: 204 }));
  });
  await api.merge('one', 'two');
  await api.unmerge('one');
  expect(asked).toEqual([
    ['POST', '/v1/conversations/one/merge', '{"into":"two"}'],
    ['DELETE', '/v1/conversations/one/merge', undefined],
  ]);
});
