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
    tag: 'Demo',
    who: 'Signed in as',
    nobody: 'Not signed in',
    welcome: 'Welcome to Luma',
    hello: (name: string) => `Good day, ${name}`,
    part: (story: string) => `Your part in this demonstration: ${story}`,
    visitor: 'Sign in at the top as one of the invented customers, or ask for help as a visitor.',
    account: 'Your account',
    holder: 'Holder',
    number: 'Wallet number',
    state: 'Status',
    active: 'Active',
    activity: 'Payments',
    noneTitle: 'No payments yet',
    none: 'This demonstration holds no money. Payments will stand here once a ledger is connected.',
    helpTitle: 'Something not right?',
    helpText: 'Tell us what happened. Your messages and our answers stay together in one place.',
    help: 'Ask for help',
    unreachable: 'Help cannot be reached. Is the server running?',
    safeTitle: 'How you know that it is us',
    safe1: 'We never ask for your password, a code or your recovery phrase.',
    safe2: 'We never ask you to move money to keep it safe.',
    safe3: 'We answer in this wallet. If somebody calls or writes in our name, ask here whether it is us.',
    demo: 'This is a demonstration: the wallet, its customers and their stories are invented.',
    failed: 'The invented customers could not be read. Is the server running?',
  },
  zh: {
    tag: '演示',
    who: '当前用户',
    nobody: '未登录',
    welcome: '欢迎使用 Luma 钱包',
    hello: (name: string) => `${name}，您好`,
    part: (story: string) => `演示情景：${story}`,
    visitor: '可在页面上方选择一位虚构用户登录，也可以直接以访客身份咨询。',
    account: '我的账户',
    holder: '户名',
    number: '钱包号',
    state: '状态',
    active: '正常',
    activity: '收支明细',
    noneTitle: '暂无明细',
    none: '演示环境里没有资金，接入账本后，每一笔收支都会列在这里。',
    helpTitle: '遇到问题了？',
    helpText: '把经过告诉我们，往来消息都会保存在同一个地方，随时可查。',
    help: '联系客服',
    unreachable: '客服暂时连不上，请确认服务已启动。',
    safeTitle: '如何辨别真假客服',
    safe1: '我们绝不会索要您的密码、验证码或助记词。',
    safe2: '我们绝不会以“保护资金”为由让您转账。',
    safe3: '我们只在钱包内答复您。有人以我们的名义来电或发消息，请先在这里核实。',
    demo: '本页仅供演示，钱包、用户及其经历均为虚构。',
    failed: '无法读取演示用户，请确认服务已启动。',
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
    else kefu('identify', null);
    const help = find<HTMLButtonElement>('help');
    help.onclick = () => kefu('open');
    help.disabled = false;
  };
  script.onerror = () => (find('unreachable').hidden = false);
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
  find('story').textContent = failed ? w.failed : chosen ? w.part(chosen.story) : w.visitor;
  find('account').hidden = !chosen;
  find('holder').textContent = chosen?.name ?? '';
  find('number').textContent = chosen?.id ?? '';
  embed(language, chosen?.id);
}

void main();
