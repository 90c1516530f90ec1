// The script tag of a wallet's page. It draws the button, and fetches the
// window, in a frame of another origin, when it is first opened, or when the page
// is idle for whoever has written before.
import css from './loader.css?raw';

/** What the operator has chosen; the server puts it in the place of the text. */
interface Look {
  css?: string;
  theme?: string;
  side?: string;
  label?: Record<string, string>;
}
const look = '__KEFU_LOOK__' as unknown as Look;

type Token = string | null | (() => string | Promise<string>);
// With open: the wallet's id of the transaction that help is wanted with, and the flow
// that is to be gone through.
type About = { transaction?: string; flow?: string };
type Command = [name: 'open' | 'close' | 'identify', value?: Token | About];
type Kefu = ((...command: Command) => void) & { q?: ArrayLike<unknown>[] };

const script = document.currentScript as HTMLScriptElement;
const { kefuFrame, kefuLang, kefuTheme = look.theme, kefuSide = look.side, kefuApp } = script.dataset;
const server = new URL(script.src);
const address = new URL(kefuFrame ?? `${server.protocol}//widget.${server.host}/frame`);
const chinese = /^(zh|yue)/i.test(kefuLang ?? navigator.language);
const tag = kefuLang ?? navigator.language;
const label = look.label?.[tag] ?? look.label?.[tag.split('-')[0]!] ?? (chinese ? '客服帮助' : 'Help');

// How long a frame may take to come, and again to draw something.
const patience = 8000;

let frame: HTMLIFrameElement | undefined;
let open = false;
let loaded = false;
let ready = false;
let timer: ReturnType<typeof setTimeout>;
// Null: the page has said that nobody is signed in.
let token: Token | undefined;
// Counts what the page has said of who is there.
let visit = 0;
let about: About | undefined;
// The page lets no style sheet in: only scripts give elements their style.
let bare = false;

const host = document.createElement('div');
const root = host.attachShadow({ mode: 'closed' });
if (kefuSide === 'start') host.className = 'start';
if (kefuTheme) host.dataset.theme = kefuTheme;

const button = document.createElement('button');
const badge = document.createElement('span');
const note = document.createElement('p');
const text = document.createTextNode(label);
const icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
path.setAttribute('d', 'M4 5h16v11H9l-5 4z');
icon.setAttribute('viewBox', '0 0 24 24');
icon.append(path);
badge.hidden = true;
note.setAttribute('role', 'alert');
button.type = 'button';
button.append(icon, text, badge);
button.onclick = () => show(!open);
root.append(note, button);

// What the page's storage keeps, where there is one: that there was a conversation, and that it was open in this tab.
type Area = 'localStorage' | 'sessionStorage';
function remember(area: Area, on: boolean): void {
  try {
    if (on) window[area].setItem('kefu', '1');
    else window[area].removeItem('kefu');
  } catch {
    // The button tells of nothing after the next load.
  }
}
function remembers(area: Area): boolean {
  try {
    return window[area].getItem('kefu') !== null;
  } catch {
    return false;
  }
}

function post(type: string, value?: unknown, n?: number): void {
  if (loaded) frame!.contentWindow?.postMessage({ kefu: 1, type, value, n }, address.origin);
}

function wait(): void {
  clearTimeout(timer);
  timer = setTimeout(giveUp, patience);
}

function bring(): void {
  if (frame) return;
  frame = document.createElement('iframe');
  frame.src = address.href;
  frame.title = label;
  // The frame pins the origin of this page, which a stricter page policy would hide.
  frame.referrerPolicy = 'origin';
  frame.onload = () => {
    loaded = true;
    wait();
    post('init', { lang: kefuLang, theme: kefuTheme, app: kefuApp, identified: token != null, signedOut: token === null });
    post('about', about);
    post('shown', open);
  };
  root.append(frame);
  wait();
}

// Whoever did not open it need not hear that it did not come.
function giveUp(): void {
  const asked = open;
  frame!.remove();
  frame = undefined;
  loaded = false;
  unread(0);
  say(false);
  if (!asked) return;
  show(false);
  text.data = chinese ? '重试' : 'Try again';
  button.removeAttribute('aria-label');
  note.textContent = chinese ? '客服没有加载成功，请检查网络。' : 'Help could not be loaded. Check your connection.';
}

// The frame has something to show, and its own way to close it.
function say(on: boolean): void {
  ready = on;
  host.toggleAttribute('data-ready', on);
  text.data = open && !on ? (chinese ? '关闭' : 'Close') : label;
}

function show(on: boolean, focus = true): void {
  open = on;
  remember('sessionStorage', on);
  if (on) bring();
  note.textContent = '';
  say(ready);
  host.toggleAttribute('data-open', on);
  button.setAttribute('aria-expanded', String(on));
  if (bare) dress();
  post('shown', on);
  if (!focus) return;
  if (on && ready) frame!.focus();
  else button.focus();
}

// The least that can be used, of what loader.css says.
function dress(): void {
  host.style.cssText = 'position:fixed;bottom:16px;right:16px;z-index:2147483000';
  icon.style.cssText = 'width:20px;fill:none;stroke:currentColor;stroke-width:2';
  button.style.cssText = 'position:relative;z-index:1;padding:14px 18px;border:0;border-radius:24px;background:#0b5cad;color:#fff;font:600 16px system-ui';
  if (open && ready && innerWidth < 481) button.style.display = 'none';
  if (frame) frame.style.cssText = `display:${open ? 'block' : 'none'};position:fixed;top:0;right:0;width:100%;max-width:480px;height:100%;border:0;background:#fff`;
}

// A string is good for one sign-in; a function is asked for a fresh token each time.
async function sendToken(n: number): Promise<void> {
  const asked = visit;
  let fresh: Token | undefined = token;
  if (typeof fresh === 'function') {
    try {
      fresh = await fresh();
    } catch {
      fresh = null;
    }
  } else token = undefined;
  if (asked === visit) post('token', fresh ?? null, n);
}

function unread(count: number): void {
  badge.hidden = count < 1;
  badge.textContent = count > 99 ? '99+' : String(count);
  button.setAttribute('aria-label', count < 1 ? label : chinese ? `${label}，${count} 条未读` : `${label}, ${count} unread`);
}

addEventListener('message', ({ source, origin, data }) => {
  if (!frame || source !== frame.contentWindow || origin !== address.origin || data?.kefu !== 1) return;
  if (data.type === 'close') show(false);
  else if (data.type === 'ready') {
    const focused = root.activeElement === button;
    clearTimeout(timer);
    say(true);
    if (bare) dress();
    if (open && focused) frame.focus();
  } else if (data.type === 'kept') remember('localStorage', data.value === true);
  else if (data.type === 'unread') unread(Number(data.value) || 0);
  else if (data.type === 'token') void sendToken(data.n);
});

const queue = (window as { kefu?: Kefu }).kefu?.q ?? [];
const kefu: Kefu = (name, value) => {
  if (name === 'open' || name === 'close') {
    about = value as About;
    if (open !== (name === 'open')) show(!open);
    post('about', about);
  } else if (name === 'identify') {
    visit++;
    token = value as Token;
    if (value == null) post('signout');
    else post('identify');
  }
};
(window as { kefu?: Kefu }).kefu = kefu;

function mount(): void {
  const styles = css + (look.css ?? '');
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    root.adoptedStyleSheets = [sheet];
  } catch {
    // Safari before 16.4 makes none.
    const style = document.createElement('style');
    style.textContent = styles;
    root.append(style);
  }
  document.body.append(host);
  const style = root.querySelector('style');
  bare = style !== null && !style.sheet;
  if (bare) dress();
  if (!remembers('localStorage')) return;
  const again = remembers('sessionStorage') && !matchMedia('(max-width: 480px), (max-height: 480px)').matches;
  (window.requestIdleCallback ?? setTimeout)(() => (again ? show(true, false) : bring()));
}
if (document.body) mount();
else addEventListener('DOMContentLoaded', mount);
for (const command of Array.from(queue)) kefu(...(Array.from(command) as Command));
