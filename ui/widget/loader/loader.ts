// The script tag of a wallet's page. It draws the button, and fetches the
// window, in a frame of another origin, when it is first opened.
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
// With open: the wallet's id of the transaction that help is wanted with.
type About = { transaction?: string };
type Command = [name: 'open' | 'close' | 'identify', value?: Token | About];
type Kefu = ((...command: Command) => void) & { q?: ArrayLike<unknown>[] };

const script = document.currentScript as HTMLScriptElement;
const { kefuFrame, kefuLang, kefuTheme = look.theme, kefuSide = look.side, kefuApp } = script.dataset;
const server = new URL(script.src);
const address = new URL(kefuFrame ?? `${server.protocol}//widget.${server.host}/frame`);
const chinese = /^(zh|yue)/i.test(kefuLang ?? navigator.language);
const tag = kefuLang ?? navigator.language;
const label = look.label?.[tag] ?? look.label?.[tag.split('-')[0]!] ?? (chinese ? '客服帮助' : 'Help');

let frame: HTMLIFrameElement | undefined;
let open = false;
let loaded = false;
// Null: the page has said that nobody is signed in.
let token: Token | undefined;
// Counts what the page has said of who is there.
let visit = 0;
let about: string | undefined;

const host = document.createElement('div');
const root = host.attachShadow({ mode: 'closed' });
const sheet = new CSSStyleSheet();
sheet.replaceSync(css + (look.css ?? ''));
root.adoptedStyleSheets = [sheet];
if (kefuSide === 'start') host.className = 'start';
if (kefuTheme) host.dataset.theme = kefuTheme;

const button = document.createElement('button');
const badge = document.createElement('span');
const icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
path.setAttribute('d', 'M4 5h16v11H9l-5 4z');
icon.setAttribute('viewBox', '0 0 24 24');
icon.append(path);
badge.hidden = true;
button.type = 'button';
button.append(icon, label, badge);
button.onclick = () => show(!open);
root.append(button);

function post(type: string, value?: unknown, n?: number): void {
  if (loaded) frame!.contentWindow?.postMessage({ kefu: 1, type, value, n }, address.origin);
}

function show(on: boolean): void {
  open = on;
  if (on && !frame) {
    frame = document.createElement('iframe');
    frame.src = address.href;
    frame.title = label;
    // The frame pins the origin of this page, which a stricter page policy would hide.
    frame.referrerPolicy = 'origin';
    frame.onload = () => {
      loaded = true;
      post('init', { lang: kefuLang, theme: kefuTheme, app: kefuApp, identified: token != null, signedOut: token === null });
      post('about', about);
      post('shown', open);
    };
    root.append(frame);
  }
  host.toggleAttribute('data-open', on);
  button.setAttribute('aria-expanded', String(on));
  post('shown', on);
  if (on) frame!.focus();
  else button.focus();
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
  else if (data.type === 'unread') unread(Number(data.value) || 0);
  else if (data.type === 'token') void sendToken(data.n);
});

const queue = (window as { kefu?: Kefu }).kefu?.q ?? [];
const kefu: Kefu = (name, value) => {
  if (name === 'open' || name === 'close') {
    about = (value as About)?.transaction;
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
const mount = () => document.body.append(host);
if (document.body) mount();
else addEventListener('DOMContentLoaded', mount);
for (const command of Array.from(queue)) kefu(...(Array.from(command) as Command));
