import { expect, test } from 'vitest';
import type { Staff } from './api.ts';
import { colleaguesOf } from './colleagues.ts';

const member = (id: string, name: string, alias: string, more: Partial<Staff> = {}): Staff => ({ id, name, alias, role: 'agent', ...more });

test('a conversation is given to those who answer, under the names that customers see', () => {
  const staff = [
    member('1', 'Lin Mei', 'Mei'),
    member('2', 'Ben Carter', 'Ben', { role: 'supervisor' }),
    member('3', 'Olga Owner', 'Olga', { role: 'owner' }),
    member('4', 'Ada Min', 'Ada', { role: 'admin' }),
    member('5', 'Otto Dit', 'Otto', { role: 'auditor' }),
    member('6', 'Gone Away', 'Gone', { disabled: true }),
  ];
  expect(colleaguesOf(staff).map((s) => s.name)).toEqual(['Mei', 'Ben', 'Olga']);
});

test('two of one name can be told apart', () => {
  expect(colleaguesOf([member('1', 'Lin Mei', 'Mei'), member('2', 'Xu Mei', 'Mei')]).map((s) => s.name)).toEqual(['Mei · Lin Mei', 'Mei · Xu Mei']);
});
