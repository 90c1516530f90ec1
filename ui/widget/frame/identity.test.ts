// @vitest-environment node
import { expect, test } from 'vitest';
import { welcome } from '../../kit/protocol/fake.ts';
import { MemoryStorage } from '../../kit/protocol/storage.ts';
import { Unidentified } from '../../kit/protocol/connection.ts';
import { subjectOf, WindowIdentity } from './identity.ts';

const token = (sub: string) => `h.${Buffer.from(JSON.stringify({ sub })).toString('base64url')}.s`;

function setUp(...tokens: (string | null)[]) {
  const storage = new MemoryStorage();
  const identity = new WindowIdentity(storage, () => Promise.resolve(tokens.shift() ?? null));
  return { storage, identity };
}

test('a visitor’s secret is kept for the next visit', async () => {
  const { storage, identity } = setUp();
  expect(await identity.hello()).toEqual({});
  identity.welcomed(welcome({ anonymous: true, visitor: 'secret' }));
  expect(identity.returning).toBe(false);
  const next = new WindowIdentity(storage, () => Promise.resolve(null));
  expect(await next.hello()).toEqual({ visitor: 'secret' });
  expect(next.returning).toBe(true);
});

test('signing in hands over the visitor, whose secret is kept for after signing out', async () => {
  const { storage, identity } = setUp(token('mei'));
  identity.welcomed(welcome({ anonymous: true, visitor: 'secret' }));
  expect(await identity.signIn()).toBe(true);
  expect(identity.scope).toBe('customer:/mei');
  expect(await identity.hello()).toEqual({ token: token('mei'), visitor: 'secret' });
  identity.welcomed(welcome({ anonymous: false, visitor: 'session' }));
  expect(await identity.hello()).toEqual({ visitor: 'session' });
  identity.signOut();
  expect(await identity.hello()).toEqual({ visitor: 'secret' });
  identity.forget();
  expect(await identity.hello()).toEqual({});
  expect(storage.keys()).toEqual([]);
});

test('a customer’s session is in memory alone and stands for the token', async () => {
  const { storage, identity } = setUp(token('mei'));
  await identity.signIn();
  await identity.hello();
  identity.welcomed(welcome({ anonymous: false, visitor: 'session' }));
  expect(await identity.hello()).toEqual({ visitor: 'session' });
  expect(storage.keys()).toEqual([]);
});

test('a token is used once; without session a fresh one is taken', async () => {
  const { identity } = setUp(token('mei'), `${token('mei')}2`);
  await identity.signIn();
  await identity.hello();
  expect(await identity.hello()).toEqual({ token: `${token('mei')}2` });
});

test('somebody signed in is never made a nameless visitor', async () => {
  const { identity } = setUp(token('mei'));
  await identity.signIn();
  await identity.hello();
  await identity.refused('unauthenticated');
  await expect(identity.hello()).rejects.toThrow(Unidentified);
});

test('a token that nobody answered is good for another try, when there is no fresher one', async () => {
  const { identity } = setUp(token('mei'));
  await identity.signIn();
  expect(await identity.hello()).toEqual({ token: token('mei') });
  expect(await identity.hello()).toEqual({ token: token('mei') });
  identity.signOut();
  expect(await identity.hello()).toEqual({});
});

test.each(['<html>502 Bad Gateway</html>', 'undefined', '{"error":"no session"}', 'a.b.c'])('what is no token signs nobody in: %s', async (text) => {
  const { identity } = setUp(text);
  expect(await identity.signIn()).toBe(false);
  expect(identity.scope).toBe('visitor');
});

test('a page that has no token is not asked again when it is refused for that', async () => {
  const { identity } = setUp(null, token('mei'));
  expect(await identity.signIn()).toBe(false);
  expect(await identity.refused('unauthenticated')).toBe(false);
  expect(await identity.hello()).toEqual({ token: token('mei') });
});

test('a session says nothing of whoever the page says is there now', async () => {
  const { identity } = setUp(token('mei'), null, null, token('mei'));
  await identity.signIn();
  await identity.hello();
  identity.welcomed(welcome({ anonymous: false, visitor: 'session of mei' }));
  identity.expect();
  expect(await identity.signIn()).toBe(false);
  await expect(identity.hello()).rejects.toThrow(Unidentified);
  expect(await identity.signIn()).toBe(true);
  expect(await identity.hello()).toEqual({ token: token('mei'), visitor: 'session of mei' });
});

test('whoever has no token to show may go on as a visitor', async () => {
  const { storage, identity } = setUp(token('mei'), null);
  storage.setItem('kefu.visitor', 'secret');
  await identity.signIn();
  identity.welcomed(welcome({ anonymous: false, visitor: 'session of mei' }));
  identity.expect();
  await identity.signIn();
  expect(identity.wanted).toBe(true);
  identity.signOut();
  expect(identity.wanted).toBe(false);
  expect(await identity.hello()).toEqual({ visitor: 'secret' });
});

test('an ended session is renewed once, not for ever', async () => {
  const { identity } = setUp(token('mei'), token('mei'), token('mei'));
  await identity.signIn();
  expect(await identity.refused('expired')).toBe(true);
  expect(await identity.refused('unauthenticated')).toBe(false);
});

test('a revoked session is not renewed', async () => {
  const { identity } = setUp(token('mei'), token('mei'));
  await identity.signIn();
  expect(await identity.refused('revoked')).toBe(false);
});

test('a visitor’s dead secret is dropped and tried without', async () => {
  const { storage, identity } = setUp();
  storage.setItem('kefu.visitor', 'dead');
  expect(await identity.refused('unauthenticated')).toBe(true);
  expect(await identity.hello()).toEqual({});
});

test('another customer does not inherit the session before', async () => {
  const { identity } = setUp(token('mei'), token('jan'));
  await identity.signIn();
  identity.welcomed(welcome({ anonymous: false, visitor: 'session of mei' }));
  await identity.signIn();
  expect(await identity.hello()).toEqual({ token: token('jan') });
});

test('whoever comes is told of before anything is said in their name, wherever the token came from', async () => {
  const storage = new MemoryStorage();
  const tokens = [null, token('mei'), token('jan')];
  const heard: string[] = [];
  const identity: WindowIdentity = new WindowIdentity(
    storage,
    () => Promise.resolve(tokens.shift() ?? null),
    (before) => heard.push(`${before} → ${identity.scope}`),
  );
  expect(await identity.signIn()).toBe(false);
  await identity.hello();
  expect(heard).toEqual(['visitor → customer:/mei']);
  await identity.refused('expired');
  identity.signOut();
  expect(heard.slice(1)).toEqual(['customer:/mei → customer:/jan', 'customer:/jan → visitor']);
});

test('a session that is over is not continued as a nameless visitor', async () => {
  const { storage, identity } = setUp(token('mei'), `${token('mei')}2`);
  await identity.signIn();
  await identity.hello();
  identity.welcomed(welcome({ anonymous: false, visitor: 'session' }));
  expect(identity.welcomed(welcome({ anonymous: true, visitor: 'somebody' }))).toBe(false);
  expect(storage.keys()).toEqual([]);
  expect(await identity.hello()).toEqual({ token: `${token('mei')}2` });
});

test('a token that comes after the sign-out is nobody’s', async () => {
  let give = (_: string) => {};
  const identity = new WindowIdentity(new MemoryStorage(), () => new Promise((resolve) => (give = resolve)));
  const signingIn = identity.signIn();
  identity.signOut();
  give(token('mei'));
  expect(await signingIn).toBe(false);
  expect(identity.scope).toBe('visitor');
});

test.each(['', 'x', 'a.b.c', `a.${Buffer.from('{"sub":1}').toString('base64url')}.c`])('no subject in %j', (text) =>
  expect(subjectOf(text)).toBeUndefined(),
);
test('the same id of two issuers is two people', () => {
  const of = (iss: string, sub: string) => subjectOf(`h.${Buffer.from(JSON.stringify({ iss, sub })).toString('base64url')}.s`);
  expect(of('one', 'mei')).toBe('one/mei');
  expect(new Set([of('one', 'mei'), of('two', 'mei'), of('one/mei', ''), of('', 'one/mei')]).size).toBe(4);
});
test('a Chinese subject is read', () => expect(subjectOf(token('王'))).toBe(`/${encodeURIComponent('王')}`));
