import { expect, test } from 'vitest';
import { differences, flatten, same, memberAt } from './diff.ts';

test('a value is taken apart by its paths', () => {
  expect([...flatten({ name: 'A', hours: [{ from: 9, to: 17 }], note: '', gone: null })]).toEqual([
    ['name', 'A'],
    ['hours.1.from', '9'],
    ['hours.1.to', '17'],
  ]);
});

test('what changed, went and came is told', () => {
  expect(differences({ name: 'A', keys: ['one'] }, { name: 'B', keys: ['one', 'two'] })).toEqual([
    { path: 'name', before: 'A', after: 'B' },
    { path: 'keys.2', after: 'two' },
  ]);
  expect(differences({ note: 'x' }, {})).toEqual([{ path: 'note', before: 'x' }]);
});

test('an empty member and none are the same', () => {
  expect(same({ name: 'A', note: '' }, { name: 'A' })).toBe(true);
  expect(same({ on: false }, { on: true })).toBe(false);
  expect(same(undefined, { name: 'A' })).toBe(false);
});

test('a path names a member, or nothing', () => {
  const value = { hours: [{}, {}, { from: '09:00' }] };
  expect([memberAt(value, 'hours.2.from'), memberAt(value, 'hours.1.from'), memberAt(value, 'name'), memberAt(undefined, 'a.b')]).toEqual(['09:00', undefined, undefined, undefined]);
});
