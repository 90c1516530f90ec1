import { expect, test, vi } from 'vitest';
import { Codes, findCodes, groupIn, nameIn, type Code } from './codes.svelte.ts';

const item = (id: string, value: Partial<Code>) => ({ id, revision: 1, value: { name: id, ...value } });
const all = [item('Refunded', { group: 'Money', translations: { zh: '已退款' }, order: 2 }), item('Explained', { order: 1 }), item('Card sent', { teams: ['cards'], channels: ['chat'], order: 3 })];

function codes(required: boolean, old = [item('Old', {})]) {
  const call = vi.fn((_: string, path: string, __?: unknown, query?: { archived?: string }) =>
    Promise.resolve(path.endsWith('/wrap_up') ? { value: { required } } : { items: query?.archived ? old : all }),
  );
  return { codes: new Codes({ call } as never), call };
}

test('codes stand in their order, and once read are not read again at once', async () => {
  const { codes: c, call } = codes(false);
  await Promise.all([c.load(), c.load()]);
  await c.load();
  expect(c.all.map((i) => i.id)).toEqual(['Explained', 'Refunded', 'Card sent']);
  expect(call).toHaveBeenCalledTimes(3);
});

test('what is typed finds names in every language, and groups', () => {
  expect(findCodes(all, 'refu')[0]!.id).toBe('Refunded');
  expect(findCodes(all, '退款')[0]!.id).toBe('Refunded');
  expect(findCodes(all, 'money')[0]!.id).toBe('Refunded');
  expect(findCodes(all, 'zzz')).toEqual([]);
  expect(findCodes(all, ' ')).toHaveLength(3);
  expect(nameIn(all[0]!.value, 'zh')).toBe('已退款');
  expect(nameIn(all[0]!.value, 'en')).toBe('Refunded');
});

test('of several conversations those codes are offered that fit all', async () => {
  const { codes: c } = codes(true);
  await c.load();
  const cards = { team: 'cards', channel: 'chat' };
  expect(c.fitting([cards]).map((i) => i.id)).toContain('Card sent');
  expect(c.fitting([cards, { channel: 'chat' }]).map((i) => i.id)).toEqual(['Explained', 'Refunded']);
  expect(c.needed([cards])).toBe(true);
  expect(c.name('Old', 'en')).toBe('Old');
  expect(c.name('gone', 'en')).toBe('');
});

test('one is needed only where the house says so', async () => {
  const { codes: c } = codes(false);
  await c.load();
  expect(c.needed([{ channel: 'chat' }])).toBe(false);
});

test('when somebody changed them, those that were read are read again, and no others', async () => {
  const { codes: c, call } = codes(true);
  await c.stale();
  expect(call).not.toHaveBeenCalled();
  await c.load();
  all.push(item('New', { order: 9 }));
  await c.stale();
  all.pop();
  expect(c.all.map((i) => i.id)).toContain('New');
  // Also what was being read just then, and may be the old ones.
  const { codes: d, call: calls } = codes(true);
  void d.load();
  await d.stale();
  expect(calls).toHaveBeenCalledTimes(6);
});

test('a group is called by its words in one’s own language, also where one code alone has them', () => {
  const some = [item('a', { group: 'Money', group_translations: { zh: '资金' } }), item('b', { group: 'Money' }), item('c', { group: 'Cards' })];
  expect(some.map((c) => groupIn(c.value, some, 'zh-CN'))).toEqual(['资金', '资金', 'Cards']);
  expect(some.map((c) => groupIn(c.value, some, 'en'))).toEqual(['Money', 'Money', 'Cards']);
  expect(findCodes(some, '资金').map((c) => c.id)).toEqual(['a', 'b']);
});
