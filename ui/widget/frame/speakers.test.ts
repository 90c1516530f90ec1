import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { heldOf } from '../../kit/flow/papers/held.ts';
import { entry, FakeServer, missed, welcome } from '../../kit/protocol/fake.ts';
import { MemoryStorage, type Storage } from '../../kit/protocol/storage.ts';
import { Chat } from './chat.svelte.ts';
import type { Others } from './identity.ts';

const token = (sub: string) => `h.${btoa(JSON.stringify({ iss: 'wallet', sub }))}.s`;
const line = (conv: string) => ({ conv, status: 'open' as const, last_seq: 1, read_seq: 1, unread: 0, last_activity: 1 });
const everything = (...storages: Storage[]) => storages.flatMap((s) => s.keys().map((k) => `${k} ${s.getItem(k)}`)).join('\n');

let chats: Chat[] = [];
const requests = vi.fn(() => Promise.resolve(new Response()));
beforeEach(() => {
  requests.mockClear();
  vi.stubGlobal('fetch', requests);
});
afterEach(() => {
  vi.unstubAllGlobals();
  for (const chat of chats) chat.client.stop();
  chats = [];
});

/** The window in a wallet's page whose user comes and goes without a page load. */
function setUp(storage: Storage = new MemoryStorage(), late?: ((token: string | null) => void)[], others?: Others) {
  const origin = 'https://wallet.example';
  const tokens: (string | null)[] = [];
  let listener!: (event: unknown) => void;
  const say = (type: string, value?: unknown, n?: number) => listener({ data: { kefu: 1, type, value, n }, origin, source: parent });
  const parent = {
    postMessage: ({ type, n }: { type: string; n?: number }) => {
      if (type !== 'token') return;
      if (late) late.push((token) => say('token', token, n));
      else queueMicrotask(() => say('token', tokens.shift() ?? null, n));
    },
  };
  const view = { parent, location: { ancestorOrigins: [origin] }, addEventListener: (_: string, l: typeof listener) => (listener = l) };
  const server = new FakeServer();
  const drafts = new MemoryStorage();
  const chat = new Chat({ storage, drafts, dials: [server.dial], view: view as unknown as Window, others, lang: () => 'en' });
  chats.push(chat);
  const connection = (n: number) => vi.waitFor(() => expect(server.connections).toHaveLength(n));
  return { chat, server, storage, drafts, tokens, say, connection };
}

/** A visitor in the conversation `theirs`. */
async function visiting() {
  const all = setUp();
  all.say('init', {});
  await all.connection(1);
  all.server.last.receive(welcome({ customer: 'visitor', anonymous: true, visitor: 'secret', conversations: [line('theirs')] }));
  all.server.last.receive(missed('theirs', [entry('theirs', 1, { payload: { text: 'words of the visitor' } })]));
  expect(all.chat.lines).toHaveLength(1);
  return all;
}

async function signsIn(all: ReturnType<typeof setUp>, sub: string, convs: string[]) {
  const n = all.server.connections.length + 1;
  all.tokens.push(token(sub));
  all.say('identify');
  await all.connection(n);
  all.server.last.receive(welcome({ customer: sub, anonymous: false, visitor: `session of ${sub}`, conversations: convs.map(line) }));
}

test('whoever signs in does not see the conversation of the visitor before', async () => {
  const all = await visiting();
  all.chat.typed('half a sentence in theirs');
  await signsIn(all, 'mei', ['mine']);
  expect(all.chat.current.conv).toBe('mine');
  expect(all.chat.lines).toEqual([]);
  expect(all.chat.conversations.map((c) => c.conv)).toEqual(['mine']);
  expect(all.chat.client.log('theirs').lines).toEqual([]);
  expect(all.chat.text).toBe('');
  expect(everything(all.storage, all.drafts)).not.toContain('half a sentence');
});

test('already before the server has answered', async () => {
  const all = await visiting();
  all.tokens.push(token('mei'));
  all.say('identify');
  await all.connection(2);
  expect(all.chat.lines).toEqual([]);
  expect(all.server.last.hello).toMatchObject({ token: token('mei'), visitor: 'secret' });
  expect(all.server.last.hello.resume).toBeUndefined();
});

test('a visitor who signs in goes on in the same conversation, with what they were writing', async () => {
  const all = await visiting();
  all.chat.typed('half a sentence');
  await signsIn(all, 'mei', ['newer', 'theirs']);
  expect(all.chat.current.conv).toBe('theirs');
  expect(all.chat.text).toBe('half a sentence');
  all.server.last.receive(missed('theirs', [entry('theirs', 1)]));
  expect(all.chat.lines).toHaveLength(1);
});

test('a visitor’s old words are not sent in the name of a customer whose token came late', async () => {
  const storage = new MemoryStorage();
  const old = { client_msg_id: 'old', conv: 'theirs', body: { type: 'text', text: 'old words' }, made: Date.now() - 3_600_000 };
  storage.setItem('kefu.out.visitor.m.old', JSON.stringify(old));
  const all = setUp(storage);
  all.tokens.push(null);
  all.say('init', { identified: true });
  await vi.waitFor(() => expect(all.chat.state).toBe('ended'));
  all.chat.typed('asked while waiting');
  all.chat.send();
  all.tokens.push(token('mei'));
  all.chat.tryAgain();
  await all.connection(1);
  all.server.last.receive(welcome({ customer: 'mei', anonymous: false, visitor: 'session', conversations: [line('theirs')] }));
  expect(all.server.last.of('start')).toHaveLength(1);
  expect(all.server.last.of('send')).toEqual([]);
  expect(everything(storage)).not.toContain('old words');
  expect(everything(storage)).toMatch(/kefu\.out\.customer\S*\.m\.\S* .*asked while waiting/);
});

test('one customer after another in one page: nothing of the first is left', async () => {
  const all = setUp();
  all.tokens.push(token('ann@mail.co.uk'));
  all.say('init', { identified: true });
  await all.connection(1);
  all.server.last.receive(welcome({ customer: 'ann', anonymous: false, visitor: 'session', conversations: [line('hers')] }));
  all.server.last.receive(missed('hers', [entry('hers', 1)]));
  all.chat.typed('unsent words');
  all.chat.send();
  all.chat.typed('untold words');
  await signsIn(all, 'ann@mail.co', ['his']);
  expect(all.server.last.hello.visitor).toBeUndefined();
  expect(all.server.last.of('send')).toEqual([]);
  expect(all.chat.lines).toEqual([]);
  expect(all.chat.pending).toEqual([]);
  expect(everything(all.storage, all.drafts)).not.toMatch(/un(sent|told) words/);
});

test('a visitor whom the server no longer knows starts over', async () => {
  const all = await visiting();
  all.server.last.receive(welcome({ customer: 'another visitor', anonymous: true, visitor: 'new secret' }));
  expect(all.chat.lines).toEqual([]);
  expect(all.chat.screen).toBe('conversation');
  expect(all.chat.current.conv).toBe('');
});

test('after signing out nobody’s words are left', async () => {
  const all = setUp();
  await Promise.resolve();
  all.tokens.push(token('mei'));
  all.say('init', { identified: true });
  await all.connection(1);
  all.server.last.receive(welcome({ customer: 'mei', anonymous: false, visitor: 'session', conversations: [line('hers')] }));
  all.server.last.receive(missed('hers', [entry('hers', 1)]));
  all.chat.typed('unsent words');
  all.chat.send();
  const dropped: string[] = [];
  vi.stubGlobal('indexedDB', { deleteDatabase: (name: string) => dropped.push(name) });
  await heldOf('run', () => all.chat.holds()).put(new Map([['step/want/0', new File(['x'], 'a.png')]]));
  expect(everything(all.storage, all.drafts)).toContain('kefu.held');
  all.say('signout');
  await all.connection(2);
  vi.unstubAllGlobals();
  expect(dropped).toEqual(['kefu.held']);
  expect(all.server.last.hello).not.toHaveProperty('visitor');
  expect(all.chat.lines).toEqual([]);
  expect(everything(all.storage, all.drafts)).toBe('');
});

/** Signed in as `ann`, with her conversation on screen. */
async function annIsThere(late?: ((token: string | null) => void)[]) {
  const all = setUp(undefined, late);
  if (!late) all.tokens.push(token('ann'));
  all.say('init', { identified: true });
  if (late) late.shift()!(token('ann'));
  await all.connection(1);
  all.server.last.receive(welcome({ customer: 'ann', anonymous: false, visitor: 'session of ann', conversations: [line('hers')] }));
  all.server.last.receive(missed('hers', [entry('hers', 1, { payload: { text: 'words of ann' } })]));
  expect(all.chat.lines).toHaveLength(1);
  return all;
}

test('while it is not known who is there now, nothing is shown or sent, nor when it cannot be known', async () => {
  const late: ((token: string | null) => void)[] = [];
  const all = await annIsThere(late);
  const hers = all.server.last;
  all.say('identify');
  expect(all.chat.covered).toBe(true);
  expect(hers.closed).toBe(true);
  all.chat.typed('words of ben');
  all.chat.send();
  late.shift()!(null);
  await vi.waitFor(() => expect(all.chat.blocked).toBe(true));
  expect(all.chat.why).toBe('unauthenticated');
  expect(hers.of('send')).toEqual([]);
  expect(all.server.connections).toHaveLength(1);
});

test('the same customer goes on where they were', async () => {
  const late: ((token: string | null) => void)[] = [];
  const all = await annIsThere(late);
  all.say('identify');
  late.shift()!(token('ann'));
  await all.connection(2);
  expect(all.server.last.hello).toMatchObject({ token: token('ann'), visitor: 'session of ann' });
  all.server.last.receive(welcome({ customer: 'ann', anonymous: false, visitor: 'session 2', conversations: [line('hers')] }));
  expect(all.chat.covered).toBe(false);
  expect(all.chat.lines).toHaveLength(1);
});

test('a slow token of the one before signs nobody in after a sign-out', async () => {
  const late: ((token: string | null) => void)[] = [];
  const all = setUp(undefined, late);
  all.say('init', { identified: true });
  all.say('signout');
  all.say('identify');
  const [anns, bens] = late;
  anns!(token('ann'));
  await new Promise((r) => setTimeout(r, 20));
  expect(all.server.connections.filter((c) => c.hello.token)).toEqual([]);
  bens!(token('ben'));
  await vi.waitFor(() => expect(all.server.last.hello).toMatchObject({ token: token('ben') }));
});

test('an error page in the place of a token drops nobody’s unsent words', async () => {
  const storage = new MemoryStorage();
  const unsent = { client_msg_id: 'one', conv: 'hers', body: { type: 'text', text: 'unsent words' }, made: Date.now() };
  storage.setItem(`kefu.out.${encodeURIComponent('customer:wallet/ann').replaceAll('.', '%2E')}.m.one`, JSON.stringify(unsent));
  const all = setUp(storage);
  all.tokens.push('<html>502 Bad Gateway</html>', token('ann'));
  all.say('init', { identified: true });
  await vi.waitFor(() => expect(all.chat.state).toBe('ended'));
  expect(all.server.connections).toEqual([]);
  all.chat.tryAgain();
  await all.connection(1);
  all.server.last.receive(welcome({ customer: 'ann', anonymous: false, visitor: 'session', conversations: [line('hers')] }));
  expect(all.server.last.of('send')).toHaveLength(1);
});

test('whoever’s wallet session is over is told so, and may ask as a visitor', async () => {
  const all = setUp();
  all.say('init', { identified: true });
  await vi.waitFor(() => expect(all.chat.state).toBe('ended'));
  expect(all.chat.why).toBe('unauthenticated');
  expect(all.chat.blocked).toBe(true);
  expect(all.chat.asksForName).toBe(true);
  all.chat.asVisitor();
  await all.connection(1);
  expect(all.server.last.hello).not.toHaveProperty('token');
});

test('it is tried again when the window is opened again, or the network is back', async () => {
  const all = setUp();
  all.say('init', { identified: true });
  await vi.waitFor(() => expect(all.chat.state).toBe('ended'));
  all.tokens.push(token('ann'));
  all.say('shown', true);
  await all.connection(1);
  expect(all.server.last.hello).toMatchObject({ token: token('ann') });
});

test('that nobody is signed in ends a customer’s session, and leaves a visitor who they are', async () => {
  const all = await visiting();
  all.chat.typed('half a sentence');
  all.say('signout');
  expect(all.server.last.closed).toBe(false);
  expect(all.chat.text).toBe('half a sentence');
  expect(all.storage.getItem('kefu.visitor')).toBe('secret');
  const again = setUp(all.storage);
  again.say('init', { signedOut: true });
  await again.connection(1);
  expect(again.server.last.hello).toMatchObject({ visitor: 'secret' });
});

/** Two windows of one browser. */
function browser() {
  const ears: ((scope: string) => void)[] = [];
  return (): Others => {
    let own: (scope: string) => void;
    return { hear: (left) => void ears.push((own = left)), tell: (scope) => ears.forEach((ear) => ear !== own && ear(scope)) };
  };
}

test('signing out ends the session on the server, and what other tabs show of the customer', async () => {
  const window = browser();
  const [one, two, bens] = [setUp(undefined, undefined, window()), setUp(undefined, undefined, window()), setUp(undefined, undefined, window())];
  for (const [all, who] of [[one, 'ann'], [two, 'ann'], [bens, 'ben']] as const) {
    all.tokens.push(token(who));
    all.say('init', { identified: true });
    await all.connection(1);
    all.server.last.receive(welcome({ customer: who, anonymous: false, visitor: `session of ${who}`, conversations: [line('c')] }));
    all.server.last.receive(missed('c', [entry('c', 1)]));
  }
  const hers = two.server.last;
  one.say('signout');
  expect(requests).toHaveBeenCalledWith('/rt/signout', expect.objectContaining({ method: 'POST', headers: { Authorization: 'Bearer session of ann' } }));
  expect(hers.closed).toBe(true);
  expect(two.chat.blocked).toBe(true);
  expect(bens.chat.blocked).toBe(false);
  two.tokens.push(token('ann'));
  two.chat.tryAgain();
  await two.connection(2);
  expect(two.server.last.hello.visitor).toBeUndefined();
  expect(two.server.last.hello.token).toBe(token('ann'));
});

test('a visitor ends and is forgotten on the device, in every tab', async () => {
  const window = browser();
  const storage = new MemoryStorage();
  const [one, two] = [setUp(storage, undefined, window()), setUp(storage, undefined, window())];
  for (const all of [one, two]) {
    all.say('init', {});
    await all.connection(1);
    all.server.last.receive(welcome({ customer: 'visitor', anonymous: true, visitor: 'secret', conversations: [line('theirs')] }));
    all.server.last.receive(missed('theirs', [entry('theirs', 1)]));
    all.chat.typed('half a sentence');
  }
  one.chat.forget();
  for (const all of [one, two]) {
    await all.connection(2);
    expect(all.server.last.hello.visitor).toBeUndefined();
    expect(all.chat.lines).toEqual([]);
    expect(all.chat.conversations).toEqual([]);
    expect(all.chat.text).toBe('');
    expect(everything(all.storage, all.drafts)).toBe('');
  }
  expect(requests).toHaveBeenCalledTimes(1);
  expect(requests).toHaveBeenCalledWith('/rt/signout', expect.objectContaining({ headers: { Authorization: 'Bearer secret' } }));
});

test.each([[true], [false]])('a visitor whose browser keeps the secret: %s', async (lasting) => {
  const all = setUp(Object.assign(new MemoryStorage(), { lasting }));
  all.say('init', {});
  await all.connection(1);
  all.server.last.receive(welcome({ anonymous: true, visitor: 'secret' }));
  expect(all.chat.unkept).toBe(!lasting);
});
