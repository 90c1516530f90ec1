import { expect, test } from 'vitest';
import { describeKey, readKeys } from './keys.ts';

const one = { kty: 'OKP', crv: 'Ed25519', kid: 'one', x: 'abc' };
const two = { kty: 'EC', crv: 'P-256', kid: 'two', x: 'a', y: 'b' };

test('one key and a set of keys are taken', () => {
  expect(readKeys(JSON.stringify(one)).keys).toEqual([JSON.stringify(one)]);
  expect(readKeys(JSON.stringify({ keys: [one, two] })).keys.map(describeKey)).toEqual([
    { kid: 'one', algorithm: 'Ed25519' },
    { kid: 'two', algorithm: 'P-256' },
  ]);
});

test('what is private never leaves the page', () => {
  expect(readKeys(JSON.stringify({ ...one, d: 'secret' }))).toEqual({ keys: [], wrong: 'private_key' });
  expect(readKeys(JSON.stringify({ keys: [two, { ...one, d: 'secret' }] }))).toEqual({ keys: [], wrong: 'private_key' });
  expect(readKeys('-----BEGIN PRIVATE KEY-----\nabc')).toEqual({ keys: [], wrong: 'private_key' });
});

test('what is no key is said to be none', () => {
  expect(readKeys('kid: one').wrong).toBe('malformed');
  expect(readKeys('[1,2]').wrong).toBe('malformed');
  expect(readKeys('{"name":"x"}').wrong).toBe('none');
  expect(describeKey('nonsense')).toEqual({ kid: '?', algorithm: '?' });
});
