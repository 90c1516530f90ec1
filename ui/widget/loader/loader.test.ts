import { afterEach, beforeEach, expect, test, vi } from 'vitest';

type Kefu = (name: string, value?: unknown) => void;
const frameOrigin = 'http://widget.localhost:8080';
let root: ShadowRoot;

/** Runs the loader as the script tag of a page would; gives back what it posts to its frame. */
async function load(dataset: Record<string, string> = {}, before?: unknown) {
  document.body.replaceChildren();
  const script = document.createElement('script');
  script.setAttribute('src', 'http://localhost:8080/widget.js');
  Object.assign(script.dataset, dataset);
  vi.spyOn(document, 'currentScript', 'get').mockReturnValue(script);
  (window as unknown as { kefu: unknown }).kefu = before;
  vi.resetModules();
  await import('./loader.ts');
  const posted: { message: { type: string; value?: unknown; n?: unknown }; origin: string }[] = [];
  const kefu = (window as unknown as { kefu: Kefu }).kefu;
  const frame = () => root.querySelector('iframe');
  // jsdom opens no window for a frame in a shadow tree.
  const inside = { postMessage: (message: never, origin: string) => posted.push({ message, origin }) };
  const loaded = () => {
    Object.defineProperty(frame()!, 'contentWindow', { value: inside });
    frame()!.dispatchEvent(new Event('load'));
  };
  const say = (data: unknown, { origin = frameOrigin, source = inside as unknown } = {}) => {
    const event = new MessageEvent('message', { data, origin });
    Object.defineProperty(event, 'source', { value: source });
    window.dispatchEvent(event);
  };
  return { kefu, frame, loaded, say, posted, button: root.querySelector('button')! };
}

beforeEach(() => {
  CSSStyleSheet.prototype.replaceSync = () => undefined;
  const attach = Element.prototype.attachShadow;
  vi.spyOn(Element.prototype, 'attachShadow').mockImplementation(function (this: Element, init) {
    root = attach.call(this, init);
    return root;
  });
});
afterEach(() => void vi.restoreAllMocks());

test('the frame is fetched when it is first opened, from its own origin', async () => {
  const { kefu, frame, button } = await load();
  expect(frame()).toBeNull();
  expect(button.textContent).toBe('Help');
  button.click();
  expect(frame()!.src).toBe(`${frameOrigin}/frame`);
  expect(button).toHaveAttribute('aria-expanded', 'true');
  kefu('close');
  expect(button).toHaveAttribute('aria-expanded', 'false');
});

test('the page’s language and theme are passed on, and shown on the button', async () => {
  const { kefu, loaded, posted, button } = await load({ kefuLang: 'zh-CN', kefuTheme: 'dark' });
  expect(button.textContent).toBe('客服帮助');
  kefu('open');
  loaded();
  expect(posted[0]).toEqual({ message: { kefu: 1, type: 'init', value: { lang: 'zh-CN', theme: 'dark', identified: false, signedOut: false } }, origin: frameOrigin });
});

test('a token goes to the frame’s origin alone, when the frame asks, and never into an address', async () => {
  const { kefu, frame, loaded, say, posted } = await load();
  const fresh = vi.fn().mockResolvedValue('header.claims.signature');
  kefu('identify', fresh);
  kefu('open');
  loaded();
  expect(posted[0]!.message.value).toMatchObject({ identified: true });
  expect(fresh).not.toHaveBeenCalled();
  say({ kefu: 1, type: 'token', n: 7 });
  await vi.waitFor(() => expect(posted.at(-1)!.message.type).toBe('token'));
  expect(posted.at(-1)).toEqual({ message: { kefu: 1, type: 'token', value: 'header.claims.signature', n: 7 }, origin: frameOrigin });
  expect(posted.every((p) => p.origin === frameOrigin)).toBe(true);
  expect(frame()!.src).not.toContain('claims');
});

test.each([
  ['another origin', { origin: 'https://evil.example' }],
  ['another window', { source: window }],
])('%s is not answered', async (_, from) => {
  const { kefu, loaded, say, posted, button } = await load();
  kefu('identify', 'token');
  kefu('open');
  loaded();
  const before = posted.length;
  say({ kefu: 1, type: 'token' }, from);
  say({ kefu: 1, type: 'close' }, from);
  say({ kefu: 1, type: 'unread', value: 3 }, from);
  await Promise.resolve();
  expect(posted).toHaveLength(before);
  expect(button).toHaveAttribute('aria-expanded', 'true');
  expect(button).not.toHaveTextContent('3');
});

test('a token that comes after somebody else signed in is not handed over', async () => {
  const { kefu, loaded, say, posted } = await load();
  let late = (_: string) => {};
  kefu('identify', () => new Promise((resolve) => (late = resolve)));
  kefu('open');
  loaded();
  say({ kefu: 1, type: 'token', n: 1 });
  kefu('identify', null);
  kefu('identify', () => Promise.resolve('second'));
  say({ kefu: 1, type: 'token', n: 2 });
  late('first');
  const tokens = () => posted.filter((p) => p.message.type === 'token').map((p) => [p.message.value, p.message.n]);
  await vi.waitFor(() => expect(tokens().length).toBeGreaterThan(0));
  await new Promise((r) => setTimeout(r));
  expect(tokens()).toEqual([['second', 2]]);
});

test.each([
  ['rejects', () => Promise.reject(new Error('502'))],
  ['throws', () => { throw new Error('502'); }],
])('a function that %s has no token to give', async (_, fresh) => {
  const { kefu, loaded, say, posted } = await load();
  kefu('identify', fresh);
  kefu('open');
  loaded();
  say({ kefu: 1, type: 'token', n: 1 });
  await vi.waitFor(() => expect(posted.at(-1)!.message).toEqual({ kefu: 1, type: 'token', value: null, n: 1 }));
});

test('a token given as text is handed over once', async () => {
  const { kefu, loaded, say, posted } = await load();
  kefu('identify', 'one');
  kefu('open');
  loaded();
  say({ kefu: 1, type: 'token' });
  say({ kefu: 1, type: 'token' });
  await vi.waitFor(() => expect(posted.filter((p) => p.message.type === 'token')).toHaveLength(2));
  expect(posted.filter((p) => p.message.type === 'token').map((p) => p.message.value)).toEqual(['one', null]);
});

test('unread messages are told on the button, in words too', async () => {
  const { kefu, loaded, say, button } = await load();
  kefu('open');
  loaded();
  say({ kefu: 1, type: 'unread', value: 120 });
  expect(button).toHaveTextContent('99+');
  expect(button).toHaveAccessibleName('Help, 120 unread');
  say({ kefu: 1, type: 'unread', value: '<b>' });
  expect(button).toHaveAccessibleName('Help');
});

test('a page opens the window about one of its transactions', async () => {
  const { kefu, loaded, posted } = await load();
  const about = () => posted.filter((p) => p.message.type === 'about').map((p) => [p.message.value, p.origin]);
  kefu('open', { transaction: 'tx-1' });
  loaded();
  kefu('open', { transaction: 'tx-2' });
  expect(about()).toEqual([['tx-1', frameOrigin], ['tx-2', frameOrigin]]);
});

test('commands given before the script came are carried out', async () => {
  const { frame } = await load({}, { q: [['open']] });
  expect(frame()).not.toBeNull();
});

test.each([
  ['has said that nobody is signed in', [['identify', null]], true],
  ['has said nothing yet', [], false],
])('a page that %s is told apart', async (_, q, signedOut) => {
  const { kefu, loaded, posted } = await load({}, { q });
  kefu('open');
  loaded();
  expect(posted[0]!.message.value).toMatchObject({ identified: false, signedOut });
});
