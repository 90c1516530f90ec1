import { languageTag, pickLanguage, type Language } from '../kit/language.ts';
import { exactMoney, moneyText, signedText, type Sum } from '../kit/text/money.ts';
import { dayAndTime, exactTime, machineTime } from '../kit/text/time.ts';
import './demo.css';

interface Customer {
  id: string;
  name: string;
  language: string;
  story: string;
}

/** A payment as the wallet's ledger has it. */
interface Payment {
  id: string;
  kind: string;
  direction: 'in' | 'out';
  amount: Sum;
  party: string;
  plain: { key: string; tone: string };
  at: number;
}

interface Account {
  balances: { available: Sum; pending: Sum; held: Sum }[] | null;
  transactions: { items: Payment[]; next?: string };
}

type Kefu = (name: 'open' | 'close' | 'identify', value?: (() => Promise<string>) | { transaction: string } | null) => void;

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
    none: 'Sign in at the top as one of the invented customers to see theirs.',
    more: 'Earlier payments',
    about: 'Get help with this',
    aboutOne: (what: string) => `Get help with this: ${what}`,
    pending: (sum: string) => `${sum} on its way out`,
    held: (sum: string) => `${sum} held`,
    kinds: { payment: 'Payment', in_store: 'In a shop', transfer: 'Transfer', top_up: 'Top-up', withdrawal: 'Withdrawal', exchange: 'Exchange', crypto: 'Crypto', refund: 'Refund' } as Record<string, string>,
    states: { initiated: 'Begun', pre_check_failed: 'Refused', requires_action: 'Waiting for you', risk_hold: 'Being checked', authorised: 'Reserved', captured: 'Paid', voided: 'Cancelled', expired: 'Expired', processing: 'On its way', posted: 'Done', reversed: 'Returned', refund_pending: 'Refund on its way', refunded: 'Refunded', failed: 'Failed', unknown: 'Being checked', late: 'Late' } as Record<string, string>,
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
    push: 'Support has answered you',
    pushMore: (n: number) => (n === 1 ? 'One message waits for you.' : `${n} messages wait for you.`),
    pushOpen: 'Open',
    pushClose: 'Not now',
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
    none: '在页面上方选择一位虚构用户，即可查看其收支。',
    more: '更早的明细',
    about: '咨询这笔交易',
    aboutOne: (what: string) => `咨询这笔交易：${what}`,
    pending: (sum: string) => `${sum} 转出中`,
    held: (sum: string) => `${sum} 已冻结`,
    kinds: { payment: '付款', in_store: '到店付款', transfer: '转账', top_up: '充值', withdrawal: '提现', exchange: '换汇', crypto: '数字货币', refund: '退款' } as Record<string, string>,
    states: { initiated: '已发起', pre_check_failed: '被拒绝', requires_action: '待您操作', risk_hold: '核查中', authorised: '已预扣', captured: '已付款', voided: '已撤销', expired: '已过期', processing: '处理中', posted: '已完成', reversed: '已退回', refund_pending: '退款中', refunded: '已退款', failed: '失败', unknown: '核查中', late: '已延误' } as Record<string, string>,
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
    push: '客服已回复您',
    pushMore: (n: number) => `有 ${n} 条新消息。`,
    pushOpen: '查看',
    pushClose: '稍后',
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

const some = (sum: Sum) => /[1-9]/.test(sum.amount);

function element<K extends keyof HTMLElementTagNameMap>(name: K, text: string, className = ''): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** Shows what the ledger holds for somebody, further payments below those that are there. */
async function showAccount(customer: string, language: Language, cursor = ''): Promise<void> {
  const w = words[language];
  const tag = languageTag(language);
  const answer = await fetch(`/demo/account?customer=${encodeURIComponent(customer)}&cursor=${encodeURIComponent(cursor)}`);
  if (!answer.ok) throw new Error(`account: ${answer.status}`);
  const { balances, transactions } = (await answer.json()) as Account;
  find('balances').replaceChildren(
    // What is spent from every day comes first.
    ...[...(balances ?? [])].sort((a, b) => a.available.scale - b.available.scale).map(({ available, pending, held }) => {
      const line = document.createElement('li');
      const sum = element('strong', moneyText(available, tag, 6));
      sum.title = exactMoney(available);
      line.append(sum);
      if (some(pending)) line.append(element('span', w.pending(moneyText(pending, tag, 6))));
      if (some(held)) line.append(element('span', w.held(moneyText(held, tag, 6))));
      return line;
    }),
  );
  for (const one of transactions.items) {
    const line = document.createElement('li');
    const name = one.party || (w.kinds[one.kind] ?? one.kind);
    const amount = element('span', signedText(one.amount, one.direction, tag, 6), one.direction === 'in' ? 'amount in' : 'amount');
    amount.title = exactMoney(one.amount);
    const when = element('time', dayAndTime(one.at, tag));
    when.dateTime = machineTime(one.at);
    when.title = exactTime(one.at, tag);
    const about = element('button', w.about, 'about');
    about.type = 'button';
    about.setAttribute('aria-label', w.aboutOne(`${name} ${moneyText(one.amount, tag)}`));
    about.onclick = () => (window as unknown as { kefu?: Kefu }).kefu?.('open', { transaction: one.id });
    const state = element('span', w.states[one.plain.key] ?? one.plain.key, `state ${one.plain.tone}`);
    const below = element('span', '', 'below');
    below.append(when, state, about);
    line.append(element('span', name, 'party'), amount, below);
    find('payments').append(line);
  }
  const more = find<HTMLButtonElement>('more');
  more.hidden = transactions.next === undefined;
  more.onclick = () => void showAccount(customer, language, transactions.next);
  find('none').hidden = find('payments').childElementCount > 0;
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

/** Shows what a phone would show: a notification that an answer waits, sent by the wallet's own server. */
function showPushes(customer: string, language: Language): void {
  const w = words[language];
  const banner = find('push');
  const close = () => (banner.hidden = true);
  find('push-open').onclick = () => {
    close();
    (window as unknown as { kefu?: Kefu }).kefu?.('open');
  };
  find('push-close').onclick = close;
  new EventSource(`/demo/pushes?customer=${encodeURIComponent(customer)}`).onmessage = (event: MessageEvent<string>) => {
    const { unread } = JSON.parse(event.data) as { unread: number };
    find('push-text').textContent = w.pushMore(Math.max(1, unread));
    banner.hidden = false;
  };
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
  if (chosen) await showAccount(chosen.id, language).catch(() => (find('story').textContent = w.failed));
  embed(language, chosen?.id);
  if (chosen) showPushes(chosen.id, language);
}

void main();
