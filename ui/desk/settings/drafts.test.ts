import { expect, test } from 'vitest';
import { Unsaved } from './drafts.ts';

function storage(broken = false) {
  const kept = new Map<string, string>();
  const guard = () => {
    if (broken) throw new Error('forbidden');
  };
  return {
    kept,
    getItem: (k: string) => (guard(), kept.get(k) ?? null),
    setItem: (k: string, v: string) => (guard(), void kept.set(k, v)),
    removeItem: (k: string) => (guard(), void kept.delete(k)),
  };
}

test('what was typed comes back with its revision', () => {
  const unsaved = new Unsaved(storage());
  unsaved.keep('team/a', 3, { name: 'X' });
  expect(unsaved.find('team/a')).toEqual({ revision: 3, value: { name: 'X' } });
  expect(unsaved.find('team/b')).toBeUndefined();
  unsaved.drop('team/a');
  expect(unsaved.find('team/a')).toBeUndefined();
});

test('a storage that fails or holds nonsense keeps nobody from working', () => {
  const unsaved = new Unsaved(storage(true));
  unsaved.keep('team/a', 1, {});
  unsaved.drop('team/a');
  expect(unsaved.find('team/a')).toBeUndefined();
  const nonsense = storage();
  nonsense.kept.set('kefu.desk.setting.team/a', '{"half');
  expect(new Unsaved(nonsense).find('team/a')).toBeUndefined();
});
