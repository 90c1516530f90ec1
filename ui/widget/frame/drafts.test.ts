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
  drafts.begun('one');
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

test.each(['customer:li', 'visitor'])('somebody else, %s, finds nothing, and nothing is kept', (next) => {
  const { drafts, storage, reloaded } = setUp('customer:anna');
  drafts.keep('one', 'for nobody else');
  const after = reloaded(next);
  expect(after.read('one')).toBe('');
  expect(storage.keys()).toEqual([]);
});
