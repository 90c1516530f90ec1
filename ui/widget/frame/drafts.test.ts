import { expect, test } from 'vitest';
import { MemoryStorage } from '../../kit/protocol/storage.ts';
import { Drafts } from './drafts.ts';

function setUp(scope?: string) {
  const storage = new MemoryStorage();
  const drafts = new Drafts(storage);
  if (scope) drafts.open(scope);
  /** The same tab after a reload. */
  const reloaded = (as?: string) => {
    const again = new Drafts(storage);
    if (as) again.open(as);
    return again;
  };
  return { storage, drafts, reloaded };
}

test('what is typed outlives a reload, apart for each conversation', () => {
  const { drafts, reloaded } = setUp('customer:anna');
  drafts.keep('one', 'half a sen');
  drafts.keep('two', 'another');
  expect(reloaded('customer:anna').read('one')).toBe('half a sen');
  expect(reloaded('customer:anna').read('two')).toBe('another');
});

test('what was sent leaves nothing behind', () => {
  const { drafts, storage } = setUp();
  drafts.keep('one', 'words');
  drafts.keep('one', '');
  expect(storage.keys()).toEqual([]);
});

test('what is typed before a conversation has its name goes with it', () => {
  const { drafts } = setUp();
  drafts.keep('', 'and one more thing');
  drafts.move('', 'one');
  expect(drafts.read('one')).toBe('and one more thing');
  expect(drafts.read('')).toBe('');
});

test('a visitor who signs in keeps what they typed', () => {
  const { drafts, storage } = setUp();
  drafts.keep('one', 'mine');
  drafts.open('customer:anna');
  expect(drafts.read('one')).toBe('mine');
  expect(storage.keys()).toHaveLength(1);
});

test('a visitor who signs in leaves what was typed more than half an hour ago', () => {
  const storage = new MemoryStorage();
  let now = 0;
  const drafts = new Drafts(storage, () => now);
  drafts.keep('one', 'somebody else’s');
  now = 31 * 60_000;
  drafts.keep('two', 'mine');
  drafts.open('customer:anna');
  expect([drafts.read('one'), drafts.read('two')]).toEqual(['', 'mine']);
});

test('what was typed in a conversation that was merged joins what was typed in the other', () => {
  const { drafts, storage } = setUp();
  drafts.keep('one', 'and here');
  drafts.keep('two', 'there');
  drafts.move('one', 'two');
  expect(drafts.read('two')).toBe('there\nand here');
  expect(storage.keys()).toHaveLength(1);
});

test('conversations that are not one’s own have no draft', () => {
  const { drafts } = setUp();
  for (const conv of ['', 'one', 'two']) drafts.keep(conv, 'words');
  drafts.only(['two']);
  expect(['', 'one', 'two'].map((c) => drafts.read(c))).toEqual(['words', '', 'words']);
});

test('answers to a form stay, unless somebody else is let in', () => {
  const { drafts } = setUp('customer:anna');
  drafts.keep('form:refund', '{}');
  drafts.only(['two']);
  expect(drafts.read('form:refund')).toBe('{}');
  drafts.only(['two'], true);
  expect(drafts.read('form:refund')).toBe('');
});

test.each(['customer:li', 'customer:anna.li', 'visitor'])('somebody else, %s, finds nothing, and nothing is kept', (next) => {
  const { drafts, storage, reloaded } = setUp('customer:anna');
  drafts.keep('one', 'for nobody else');
  const after = reloaded(next);
  expect(after.read('one')).toBe('');
  expect(storage.keys()).toEqual([]);
});
