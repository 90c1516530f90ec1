import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

type Kefu = (name: string, value?: unknown) => void;
const frameOrigin = 'http://widget.localhost:8080';
let root: ShadowRoot;

/** Runs the loader as the script tag of a page would; gives back what it posts to its frame. */
async function load(dataset: Record<string, string> = {}, before?: unknown) {
  root?.host.remove();
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
  const ready = () => {
    loaded();
    say({ kefu: 1, type: 'ready' });
  };
  return { kefu, frame, loaded, ready, say, posted, button: root.querySelector('button')! };
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  vi.stubGlobal('requestIdleCallback', (run: () => void) => run());
  CSSStyleSheet.prototype.replaceSync = () => undefined;
  const attach = Element.prototype.attachShadow;
  vi.spyOn(Element.prototype, 'attachShadow').mockImplementation(function (this: Element, init) {
    root = attach.call(this, init);
    return root;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

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
  expect(about()).toEqual([[{ transaction: 'tx-1' }, frameOrigin], [{ transaction: 'tx-2' }, frameOrigin]]);
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

describe('a frame that does not come', () => {
  test.each([
    ['en', 'Close', 'Help could not be loaded. Check your connection.', 'Try again'],
    ['zh', '关闭', '客服没有加载成功，请检查网络。', '重试'],
  ])('can be closed while it is waited for, and tried again, in %s', async (kefuLang, close, failed, again) => {
    vi.useFakeTimers();
    const { frame, loaded, say, button } = await load({ kefuLang });
    const label = button.textContent;
    button.click();
    expect(root.host).not.toHaveAttribute('data-ready');
    expect(button).toHaveTextContent(close);
    await vi.advanceTimersByTimeAsync(9_000);
    expect(frame()).toBeNull();
    expect(button).toHaveAttribute('aria-expanded', 'false');
    expect(button).toHaveTextContent(again);
    expect(root.querySelector('[role=alert]')).toHaveTextContent(failed);
    button.click();
    expect(frame()).not.toBeNull();
    expect(root.querySelector('[role=alert]')).toHaveTextContent('');
    loaded();
    say({ kefu: 1, type: 'ready' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(frame()).not.toBeNull();
    expect(button).toHaveTextContent(label!);
    expect(root.host).toHaveAttribute('data-ready');
    say({ kefu: 1, type: 'close' });
    expect(root.host).not.toHaveAttribute('data-open');
    button.click();
    expect(root.host).toHaveAttribute('data-open');
  });

  test('is given up as well when it came without what draws it', async () => {
    vi.useFakeTimers();
    const { frame, loaded, button } = await load();
    button.click();
    await vi.advanceTimersByTimeAsync(7_000);
    loaded();
    await vi.advanceTimersByTimeAsync(7_000);
    expect(frame()).not.toBeNull();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(frame()).toBeNull();
  });

  test('is not spoken of to somebody who did not open it', async () => {
    vi.useFakeTimers();
    localStorage.setItem('kefu', '1');
    const { frame } = await load();
    expect(frame()).not.toBeNull();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(frame()).toBeNull();
    expect(root.querySelector('[role=alert]')?.textContent ?? '').toBe('');
  });
});

describe('a page that is loaded again', () => {
  test('fetches the frame, hidden, when there was a conversation, so that the button tells of answers', async () => {
    const first = await load();
    first.kefu('open');
    first.ready();
    first.say({ kefu: 1, type: 'kept', value: true });
    first.kefu('close');
    const { frame, ready, say, button } = await load();
    expect(frame()).not.toBeNull();
    expect(root.host).not.toHaveAttribute('data-open');
    ready();
    say({ kefu: 1, type: 'unread', value: 2 });
    expect(button).toHaveTextContent('2');
    expect(document.activeElement).toBe(document.body);
  });

  test('opens what was open in this tab, and takes no focus for it', async () => {
    const first = await load();
    first.kefu('open');
    first.ready();
    first.say({ kefu: 1, type: 'kept', value: true });
    vi.stubGlobal('matchMedia', () => ({ matches: false }));
    const { frame } = await load();
    const focus = vi.spyOn(frame()!, 'focus');
    expect(root.host).toHaveAttribute('data-open');
    expect(focus).not.toHaveBeenCalled();
  });

  test('but covers no phone unasked', async () => {
    const first = await load();
    first.kefu('open');
    first.ready();
    first.say({ kefu: 1, type: 'kept', value: true });
    vi.stubGlobal('matchMedia', () => ({ matches: true }));
    await load();
    expect(root.host).not.toHaveAttribute('data-open');
  });

  test('fetches nothing when there was none, or nothing is left of it', async () => {
    const first = await load();
    first.kefu('open');
    first.ready();
    first.say({ kefu: 1, type: 'kept', value: true });
    first.say({ kefu: 1, type: 'kept', value: false });
    expect(localStorage.length).toBe(0);
    expect((await load()).frame()).toBeNull();
  });

  test('goes on without a storage', async () => {
    vi.spyOn(Storage.prototype, 'getItem').mockImplementation(() => {
      throw new Error('refused');
    });
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new Error('refused');
    });
    const { kefu, ready, say, frame } = await load();
    kefu('open');
    ready();
    say({ kefu: 1, type: 'kept', value: true });
    expect(frame()).not.toBeNull();
  });
});

describe('a browser that makes no style sheets', () => {
  beforeEach(() => {
    vi.stubGlobal('CSSStyleSheet', function () {
      throw new TypeError('Illegal constructor');
    });
  });

  test('has help all the same', async () => {
    vi.spyOn(HTMLStyleElement.prototype, 'sheet', 'get').mockReturnValue({} as CSSStyleSheet);
    const { kefu, frame, button } = await load();
    expect(root.querySelector('style')).not.toBeNull();
    expect(button.style.cssText).toBe('');
    kefu('open');
    expect(frame()).not.toBeNull();
  });

  test('also where the page allows no styles but those of scripts', async () => {
    vi.spyOn(HTMLStyleElement.prototype, 'sheet', 'get').mockReturnValue(null);
    const { kefu, frame } = await load();
    expect((root.host as HTMLElement).style.position).toBe('fixed');
    kefu('open');
    expect(frame()!.style.display).toBe('block');
    expect(frame()!.style.position).toBe('fixed');
    kefu('close');
    expect(frame()!.style.display).toBe('none');
  });
});
