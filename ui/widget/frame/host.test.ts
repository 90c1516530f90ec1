import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Host, type HostEvents } from './host.ts';

/** A window inside a page of another origin, as far as the host's side needs it. */
function embed({ ancestor, referrer = '' }: { ancestor?: string; referrer?: string } = {}) {
  const posted: { message: { type: string; value?: unknown; n?: number }; origin: string }[] = [];
  const parent = { postMessage: (message: never, origin: string) => posted.push({ message, origin }) };
  let listener!: (event: MessageEvent) => void;
  const view = {
    parent,
    location: { ancestorOrigins: ancestor ? [ancestor] : undefined },
    document: { referrer },
    addEventListener: (_: string, l: typeof listener) => (listener = l),
  };
  const heard: string[] = [];
  const events: HostEvents = {
    init: (s) => heard.push(`init ${s.lang ?? ''}`),
    shown: (on) => heard.push(`shown ${on}`),
    identify: () => heard.push('identify'),
    signout: () => heard.push('signout'),
    about: (transaction, flow) => heard.push(`about ${transaction} ${flow}`),
  };
  const host = new Host(events, view as unknown as Window);
  const say = (type: string, value?: unknown, { origin = 'https://wallet.example', source = parent as unknown, n = undefined as unknown } = {}) =>
    listener({ data: { kefu: 1, type, value, n }, origin, source } as unknown as MessageEvent);
  const asked = () => posted.filter((p) => p.message.type === 'token').map((p) => p.message.n);
  return { host, say, heard, posted, asked };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('the page around it is heard', () => {
  const { say, heard } = embed({ ancestor: 'https://wallet.example' });
  say('init', { lang: 'zh' });
  say('shown', true);
  expect(heard).toEqual(['init zh', 'shown true']);
});

test('another window, another origin or another kind of message is not', () => {
  const { say, heard } = embed({ ancestor: 'https://wallet.example' });
  say('init', {}, { source: {} });
  say('init', {}, { origin: 'https://evil.example' });
  say('signout', undefined, { origin: 'null' });
  expect(heard).toEqual([]);
});

test('without the browser’s word, the referrer names the origin', () => {
  const { say, heard } = embed({ referrer: 'https://wallet.example/pay?id=1' });
  say('init', {}, { origin: 'https://evil.example' });
  say('init', {});
  expect(heard).toEqual(['init ']);
});

test('knowing nothing, the first init pins it', () => {
  const { say, heard, host, posted } = embed();
  host.close();
  expect(posted).toEqual([]);
  say('shown', true);
  say('init', {});
  say('signout', undefined, { origin: 'https://evil.example' });
  host.close();
  expect(heard).toEqual(['init ']);
  expect(posted).toEqual([{ message: { kefu: 1, type: 'close', value: undefined }, origin: 'https://wallet.example' }]);
});

test('the page says what help is wanted with', () => {
  const { say, heard } = embed({ ancestor: 'https://wallet.example' });
  say('about', { transaction: 'tx-1' });
  say('about');
  say('about', { flow: 'FL2' });
  say('about', { transaction: 'x'.repeat(65), flow: 7 });
  expect(heard).toEqual(['about tx-1 undefined', 'about undefined undefined', 'about undefined FL2', 'about undefined undefined']);
});

test('a token is asked for once and given to all who wait for the same person', async () => {
  const { host, say, posted, asked } = embed({ ancestor: 'https://wallet.example' });
  const both = Promise.all([host.token(), host.token()]);
  expect(posted.map((p) => [p.message.type, p.origin])).toEqual([['token', 'https://wallet.example']]);
  const [n] = asked();
  say('token', 'evil', { origin: 'https://evil.example', n });
  say('token', 'of nobody’s asking');
  say('token', 'good', { n });
  expect(await both).toEqual(['good', 'good']);
});

test.each([
  ['signed out and somebody else in', ['signout', 'identify']],
  ['somebody else in', ['identify']],
])('%s: the token that was asked for before is nobody’s', async (_, said) => {
  const { host, say, asked } = embed({ ancestor: 'https://wallet.example' });
  const before = host.token();
  for (const what of said) say(what);
  expect(await before).toBe(null);
  const after = host.token();
  const [old, now] = asked();
  expect(now).not.toBe(old);
  say('token', 'of the one before', { n: old });
  say('token', 'of the one there', { n: now });
  expect(await after).toBe('of the one there');
});

test('a page that gives no token is not waited for longer than ten seconds', async () => {
  const { host } = embed({ ancestor: 'https://wallet.example' });
  const token = host.token();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await token).toBe(null);
});

test('a window of its own has no host', async () => {
  const host = new Host({ init: vi.fn(), shown: vi.fn(), identify: vi.fn(), signout: vi.fn() });
  expect(host.embedded).toBe(false);
  expect(await host.token()).toBe(null);
});

test.each([
  ['before', ['drawn', 'init']],
  ['after', ['init', 'drawn']],
])('the page is told that there is something to see, drawn %s it spoke, and again when it loads anew', (_, order) => {
  const { host, say, posted } = embed();
  for (const what of order) {
    expect(posted).toEqual([]);
    if (what === 'init') say('init', {});
    else host.ready();
  }
  say('init', {});
  expect(posted.map((p) => p.message.type)).toEqual(['ready', 'ready']);
});

test('the page is told once whether there is something to come back to', () => {
  const { host, posted } = embed({ ancestor: 'https://wallet.example' });
  for (const any of [true, true, false, false]) host.kept(any);
  expect(posted.map((p) => [p.message.type, p.message.value])).toEqual([['kept', true], ['kept', false]]);
});
