import { expect, test } from 'vitest';
import { MemoryStorage } from '../../kit/protocol/storage.ts';
import { forgetUnsaved, Unsaved } from './drafts.ts';

test('what was typed comes back with its revision', () => {
  const unsaved = new Unsaved(new MemoryStorage(), 'adam');
  unsaved.keep('team/a', 3, { name: 'X' });
  expect(unsaved.find('team/a')).toEqual({ revision: 3, value: { name: 'X' } });
  expect(unsaved.find('team/b')).toBeUndefined();
  unsaved.drop('team/a');
  expect(unsaved.find('team/a')).toBeUndefined();
});

test('what one person typed is not put before another', () => {
  const storage = new MemoryStorage();
  storage.setItem('kefu.desk.language', 'en');
  new Unsaved(storage, 'adam').keep('issuer/new', 0, { issuer: 'https://evil.example' });
  expect(new Unsaved(storage, 'olga').find('issuer/new')).toBeUndefined();
  new Unsaved(storage, 'olga').keep('team/a', 1, { name: 'Mine' });
  forgetUnsaved(storage, 'olga');
  expect(new Unsaved(storage, 'adam').find('issuer/new')).toBeUndefined();
  expect(new Unsaved(storage, 'olga').find('team/a')).toBeDefined();
  forgetUnsaved(storage);
  expect(storage.keys()).toEqual(['kefu.desk.language']);
});

test('a storage that holds nonsense keeps nobody from working', () => {
  const storage = new MemoryStorage();
  const unsaved = new Unsaved(storage, 'adam');
  unsaved.keep('team/a', 1, {});
  storage.setItem(storage.keys()[0]!, '{"half');
  expect(unsaved.find('team/a')).toBeUndefined();
});
