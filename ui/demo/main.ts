import { languageTag, pickLanguage, type Language } from '../kit/language.ts';
import './demo.css';

interface Customer {
  id: string;
  name: string;
  language: string;
  story: string;
}

type Kefu = (name: 'open' | 'close' | 'identify', token?: (() => Promise<string>) | null) => void;

const words = {
  en: {
    who: 'Signed in as',
    nobody: 'Not signed in',
    welcome: 'Welcome',
    hello: (name: string) => `Good day, ${name}`,
    visitor: 'Sign in above as one of the demo’s customers, or ask as a visitor.',
    helpTitle: 'Something not right?',
    helpText: 'Ask us here. Your messages and our answers stay in your wallet.',
    help: 'Help',
    demo: 'This is a demonstration. No real money, no real people.',
    failed: 'The demo’s customers could not be read. Is the server running?',
  },
  zh: {
    who: '当前用户',
    nobody: '未登录',
    welcome: '欢迎',
    hello: (name: string) => `${name}，您好`,
    visitor: '可在上方选择一位演示客户登录，也可以直接以访客身份咨询。',
    helpTitle: '遇到问题了？',
    helpText: '在这里联系我们，消息和回复都会保存在钱包里。',
    help: '联系客服',
    demo: '本页仅供演示，不涉及真实资金和真实用户。',
    failed: '无法读取演示客户，请确认服务已启动。',
  },
};

const key = 'luma.customer';
const find = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;

/** A fresh token, signed by the wallet's own server; each is good for one sign-in. */
async function token(customer: string): Promise<string> {
  const answer = await fetch('/demo/token', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ customer }),
  });
  if (!answer.ok) throw new Error(`token: ${answer.status}`);
  return ((await answer.json()) as { token: string }).token;
}

/** What a wallet writes into its page: one script tag. In the demo, Kefu listens one port below. */
function embed(language: Language, customer: string | undefined): void {
  const script = document.createElement('script');
  script.async = true;
  script.src = `http://localhost:${Number(location.port) - 1}/widget.js`;
  script.dataset.kefuLang = language;
  script.onload = () => {
    const { kefu } = window as unknown as { kefu: Kefu };
    if (customer) kefu('identify', () => token(customer));
    find('help').onclick = () => kefu('open');
  };
  document.body.append(script);
}

async function main(): Promise<void> {
  let customers: Customer[] = [];
  let failed = false;
  try {
    const answer = await fetch('/demo/customers');
    failed = !answer.ok;
    if (answer.ok) customers = (await answer.json()) as Customer[];
  } catch {
    failed = true;
  }
  const chosen = customers.find((c) => c.id === sessionStorage.getItem(key));
  const language = pickLanguage(chosen?.language, ...navigator.languages);
  const w = words[language];
  document.documentElement.lang = languageTag(language);
  for (const element of document.querySelectorAll<HTMLElement>('[data-say]')) {
    const text = w[element.dataset.say as keyof typeof w];
    if (typeof text === 'string') element.textContent = text;
  }
  const select = find<HTMLSelectElement>('customer');
  select.options[0]!.textContent = w.nobody;
  for (const c of customers) select.add(new Option(c.name, c.id, false, c.id === chosen?.id));
  select.onchange = () => {
    sessionStorage.setItem(key, select.value);
    location.reload();
  };
  find('greeting').textContent = chosen ? w.hello(chosen.name) : w.welcome;
  find('story').textContent = failed ? w.failed : (chosen?.story ?? w.visitor);
  embed(language, chosen?.id);
}

void main();
