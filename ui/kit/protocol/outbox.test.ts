// @vitest-environment node
import { expect, test } from 'vitest';
import { uuidv4, uuidv7 } from './ids.ts';
import { Outbox, type Outgoing } from './outbox.ts';
import { MemoryStorage } from './storage.ts';

const message = (id: string, made: number, more: Partial<Outgoing> = {}): Outgoing => ({
  client_msg_id: id,
  conv: 'c',
  body: { type: 'text', text: id },
  made,
  ...more,
});
const at = (storage: MemoryStorage, now: number, scope = 'visitor') => {
  const box = new Outbox(storage, () => now);
  box.open(scope);
  return box;
};
const ids = (box: Outbox) => box.messages().map((m) => m.client_msg_id);

test('it is read again oldest first', () => {
  const storage = new MemoryStorage();
  const box = at(storage, 100);
  for (const [id, made] of [['b', 2], ['a', 1], ['c', 3]] as const) box.put(message(id, made));
  expect(ids(at(storage, 100))).toEqual(['a', 'b', 'c']);
});

test('two tabs do not overwrite one another', () => {
  const storage = new MemoryStorage();
  const one = at(storage, 100);
  const two = at(storage, 100);
  one.put(message('a', 1));
  two.put(message('b', 2));
  one.remove('a');
  expect(ids(at(storage, 100))).toEqual(['b']);
});

test('one person’s words are not another’s', () => {
  const storage = new MemoryStorage();
  at(storage, 100, 'customer:one').put(message('a', 1));
  expect(ids(at(storage, 100, 'customer:two'))).toEqual([]);
  expect(ids(at(storage, 100, 'customer:one'))).toEqual(['a']);
});

test.each([
  ['ann@mail.co', 'ann@mail.co.uk'],
  ['a', 'a.b'],
  ['a', 'a.m'],
])('nor are those of %s the words of %s', (one, other) => {
  const storage = new MemoryStorage();
  at(storage, 100, other).put(message('hers', 1));
  const box = at(storage, 100, one);
  expect(ids(box)).toEqual([]);
  box.dropOthers();
  expect(ids(at(storage, 100, other))).toEqual([]);
});

test('what was written since a time of its own goes along too, however long ago that was', () => {
  const box = at(new MemoryStorage(), 10_000_000);
  box.put(message('before', 1000));
  box.put(message('after', 3000));
  box.move('customer:one', 2000);
  expect(ids(box)).toEqual(['after']);
});

test('a wish for a person outlives a reload and goes where its conversation goes', () => {
  const storage = new MemoryStorage();
  const box = at(storage, 100);
  box.putBeginning({ ref: 'r', made: 1 });
  box.putAsk({ conv: '', ref: 'r', after: 0, made: 1 });
  const again = at(storage, 100);
  again.begun('r', 'c');
  again.readdress('c', 'd', 7);
  expect(at(storage, 100).asks()).toEqual([{ conv: 'd', ref: 'r', after: 7, made: 1, sent: false }]);
  again.clear();
  expect(storage.keys()).toEqual([]);
});

test('a visitor who signs in takes the last half hour along', () => {
  const storage = new MemoryStorage();
  const now = 10_000_000;
  const box = at(storage, now);
  box.put(message('old', now - 31 * 60_000));
  box.put(message('new', now - 29 * 60_000));
  box.move('customer:one');
  expect(ids(box)).toEqual(['new']);
  expect(ids(at(storage, now))).toEqual(['old']);
});

test('after a week, or damaged, it is thrown away', () => {
  const storage = new MemoryStorage();
  at(storage, 0).put(message('a', 0));
  storage.setItem('kefu.out.visitor.m.broken', '{');
  expect(ids(at(storage, 8 * 24 * 3600 * 1000))).toEqual([]);
  expect(storage.keys()).toEqual([]);
});

test('a refused message does not hold up the next one', () => {
  const box = at(new MemoryStorage(), 0);
  box.put(message('a', 1, { failed: 'invalid' }));
  box.put(message('b', 2));
  box.put(message('c', 3));
  expect(box.heads().map((m) => m.client_msg_id)).toEqual(['b']);
});

test('ids are of their version and sort by time', () => {
  const form = (version: string) => new RegExp(`^[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`);
  expect(uuidv7()).toMatch(form('7'));
  expect(uuidv4()).toMatch(form('4'));
  expect(uuidv7(1) < uuidv7(2)).toBe(true);
  expect(uuidv7(0x0123456789ab).startsWith('01234567-89ab-7')).toBe(true);
});

test('what others left unsent is dropped when somebody else speaks', () => {
  const storage = new MemoryStorage();
  at(storage, 100, 'customer:anna').put(message('hers', 1));
  const box = at(storage, 100, 'customer:li');
  box.put(message('his', 2));
  storage.setItem('kefu.visitor', 'kept');
  box.dropOthers();
  expect(ids(at(storage, 100, 'customer:anna'))).toEqual([]);
  expect(ids(at(storage, 100, 'customer:li'))).toEqual(['his']);
  expect(storage.getItem('kefu.visitor')).toBe('kept');
});
