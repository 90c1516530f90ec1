import { languageTag, pickLanguage, type Language } from '../kit/language.ts';
import { fileSize } from '../kit/text/size.ts';
import { exactMoney, moneyText, signedText, type Sum } from '../kit/text/money.ts';
import { dayAndTime, exactTime, machineTime } from '../kit/text/time.ts';
import './demo.css';
import { aboutText, type About } from './about.ts';
import { answerByPasskey, atHome, homeOf, passkeyWords, showPasskeys } from './passkeys.ts';
import { adding, type Adding } from './card.ts';
import { declaration, type Form } from './declare.ts';
import { showLeaving } from './leaving.ts';
import { asking, element, over, post } from './parts.ts';

interface Customer {
  id: string;
  name: string;
  language: string;
  /** By the language of the page. */
  story: Record<string, string>;
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
  status: string;
  closes_at?: number;
  balances: { available: Sum; pending: Sum; held: Sum }[] | null;
  transactions: { items: Payment[]; next?: string };
  evidence: { transaction: string; kind: string; type: string; size: number; sha256: string }[] | null;
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
    activity: 'Payments',
    noneTitle: 'No payments yet',
    none: 'Sign in at the top as one of the invented customers to see theirs.',
    more: 'Earlier payments',
    about: 'Get help with this',
    aboutOne: (what: string) => `Get help with this: ${what}`,
    evidence: 'With the dispute:',
    evidenceKinds: { receipt: 'Receipt', order_confirmation: 'Order confirmation', messages: 'Messages', police_report: 'Police report', device_evidence: 'From the device', advertisement: 'Advertisement' } as Record<string, string>,
    evidenceElse: 'A file',
    pending: (sum: string) => `${sum} on its way out`,
    held: (sum: string) => `${sum} held`,
    kinds: { payment: 'Payment', in_store: 'In a shop', transfer: 'Transfer', top_up: 'Top-up', withdrawal: 'Withdrawal', exchange: 'Exchange', crypto: 'Crypto', refund: 'Refund' } as Record<string, string>,
    states: { initiated: 'Begun', pre_check_failed: 'Refused', requires_action: 'Waiting for you', risk_hold: 'Begun', authorised: 'Reserved', captured: 'Paid', voided: 'Cancelled', expired: 'Expired', processing: 'On its way', posted: 'Done', reversed: 'Returned', refund_pending: 'Refund on its way', refunded: 'Refunded', failed: 'Failed', unknown: 'Being checked', partially_captured: 'Paid in part', failed_after_debit: 'Failed', auto_reversal: 'On its way back', partially_refunded: 'Refunded in part', disputed: 'Disputed', provisional_credit: 'Disputed, credited', won: 'Dispute won', lost: 'Dispute lost', late: 'Late' } as Record<string, string>,
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
    tryTitle: 'Try a payment',
    tryText: 'Pay something, and choose what becomes of it. Banks are about a thousand times faster here.',
    tryAmount: 'Amount',
    tryRail: 'By',
    tryFate: 'What happens',
    tryRaw: 'Code of the bank',
    tryPay: 'Pay',
    tried: (trace: string, state: string) => `${state}. Reference ${trace}`,
    tryFailed: 'That did not work. Check the amount.',
    strangerText: 'Or let somebody else sign in with your name, from a device that Luma does not know. It tells customer service, who asks you.',
    stranger: 'Let a stranger sign in',
    strangerDone: 'Somebody signed in. Open the help window to see what you are asked.',
    strangerFailed: 'That did not work. Try again in a moment.',
    proveText: 'Some things, such as a copy of your data, customer service hands out only right after you confirmed that it is you. Here a press stands for what Luma would ask of you.',
    prove: 'Confirm that it is you',
    proven: 'Confirmed. For ten minutes the help window knows that it is you.',
    rails: { card: 'Card', sepa: 'Bank transfer', instant: 'Instant transfer', mpesa: 'M-Pesa', mojaloop: 'Mojaloop', wallet: 'To another Luma wallet', chain: 'Crypto', stripe: 'Stripe', card_sca: 'Card with confirmation', paypal: 'PayPal', wechat: 'WeChat Pay', alipay: 'Alipay' } as Record<string, string>,
    fates: { fine: 'It arrives', late: 'It arrives late', refused: 'It is refused', not_begun: 'It fails before it begins', hangs: 'Nobody answers, then it arrives', lost: 'Nobody answers, then it comes back', held: 'Luma holds it', waits: 'It waits for you', after_debit: 'It fails after the money left', partial: 'Only a part is taken', double: 'It is taken twice', reversed: 'It is taken back later', stuck: 'It gets stuck on the way' } as Record<string, string>,
    askTitle: (what: string) => `Confirm: ${what}`,
    askText: 'Only say yes if you have just asked for this in the help window, or are talking to us right now.',
    askOwn: 'Only say yes if you are changing this yourself right now.',
    askCode: 'Code of your authenticator',
    askYes: 'Yes, that is me',
    askNo: 'No, that is not me',
    confirmTitle: (what: string) => `Confirm ${what}`,
    confirmYes: 'Pay',
    confirmNo: 'Do not pay',
    wrongCode: 'That code was not right.',
    notConfirmed: 'It could not be confirmed here.',
    points: 'points',
    acts: { freeze: 'freeze your wallet', unfreeze: 'unfreeze your wallet', refund: 'give a payment back', refund_cancel: 'stop a refund', dispute: 'dispute a payment', dispute_evidence: 'send evidence', provisional_credit: 'lend you the money meanwhile', hold_release: 'let a held payment go', recall: 'call a transfer back', instrument_block: 'block a card', sessions_revoke: 'sign every device out', device_revoke: 'sign a device out', notify: 'send you a message', instrument_default: 'make a card the default', instrument_remove: 'remove a card', mandate_cancel: 'end an automatic payment', recovery_stop: 'stop a recovery of access', withdraw: 'pay money out', closure: 'close your account', closure_cancel: 'keep your account', points_claim: 'claim missing points', points_redeem: 'redeem points', consent_give: 'agree to something', consent_withdraw: 'take a consent back', retrieval: 'bring a crypto transfer back', inspect: 'ask the bank where a payment is', passkey_add: 'add a passkey', passkey_remove: 'remove a passkey' } as Record<string, string>,
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
    activity: '收支明细',
    noneTitle: '暂无明细',
    none: '在页面上方选择一位虚构用户，即可查看其收支。',
    more: '更早的明细',
    about: '咨询这笔交易',
    aboutOne: (what: string) => `咨询这笔交易：${what}`,
    evidence: '争议材料：',
    evidenceKinds: { receipt: '收据', order_confirmation: '订单确认', messages: '往来信息', police_report: '报警回执', device_evidence: '设备记录', advertisement: '广告' } as Record<string, string>,
    evidenceElse: '文件',
    pending: (sum: string) => `${sum} 转出中`,
    held: (sum: string) => `${sum} 已冻结`,
    kinds: { payment: '付款', in_store: '到店付款', transfer: '转账', top_up: '充值', withdrawal: '提现', exchange: '换汇', crypto: '数字货币', refund: '退款' } as Record<string, string>,
    states: { initiated: '已发起', pre_check_failed: '被拒绝', requires_action: '待您操作', risk_hold: '已发起', authorised: '已预扣', captured: '已付款', voided: '已撤销', expired: '已过期', processing: '处理中', posted: '已完成', reversed: '已退回', refund_pending: '退款中', refunded: '已退款', failed: '失败', unknown: '核查中', partially_captured: '已部分付款', failed_after_debit: '失败', auto_reversal: '退回中', partially_refunded: '已部分退款', disputed: '争议中', provisional_credit: '争议中，已垫付', won: '争议成功', lost: '争议未成立', late: '已延误' } as Record<string, string>,
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
    tryTitle: '试着付一笔款',
    tryText: '付一笔款，并选择它的结果。这里的银行比现实中快一千倍左右。',
    tryAmount: '金额',
    tryRail: '付款方式',
    tryFate: '结果',
    tryRaw: '银行返回码',
    tryPay: '付款',
    tried: (trace: string, state: string) => `${state}。参考号 ${trace}`,
    tryFailed: '没有成功，请检查金额。',
    strangerText: '也可以让别人冒用您的身份，从 Luma 不认识的设备登录。Luma 会告知客服，由客服向您确认。',
    stranger: '模拟陌生人登录',
    strangerDone: '有人登录了。打开帮助窗口，看看会怎么问您。',
    strangerFailed: '没有成功，请稍后重试。',
    proveText: '有些内容（例如您的信息副本）只有在您刚刚确认是本人之后，客服才会提供。演示中按一下即代表完成 Luma 的验证。',
    prove: '确认是我本人',
    proven: '已确认。十分钟内，帮助窗口知道是您本人。',
    rails: { card: '银行卡', sepa: '银行转账', instant: '实时转账', mpesa: 'M-Pesa', mojaloop: 'Mojaloop', wallet: '转到其他 Luma 钱包', chain: '数字货币', stripe: 'Stripe', card_sca: '银行卡（需确认）', paypal: 'PayPal', wechat: '微信支付', alipay: '支付宝' } as Record<string, string>,
    fates: { fine: '正常到账', late: '延迟到账', refused: '被拒绝', not_begun: '还未发起就失败', hangs: '没有回应，之后到账', lost: '没有回应，之后退回', held: '被 Luma 暂扣', waits: '等待您确认', after_debit: '扣款后失败', partial: '只扣一部分', double: '被扣两次', reversed: '到账后被退回', stuck: '卡在途中' } as Record<string, string>,
    askTitle: (what: string) => `请确认：${what}`,
    askText: '只有在您刚刚在帮助窗口提出，或正与我们联系时，才选择“是”。',
    askOwn: '只有您本人正在更改时，才选择“是”。',
    askCode: '身份验证器上的验证码',
    askYes: '是我本人',
    askNo: '不是我',
    confirmTitle: (what: string) => `确认付款 ${what}`,
    confirmYes: '付款',
    confirmNo: '不付款',
    wrongCode: '验证码不正确。',
    notConfirmed: '无法在这里确认。',
    points: '积分',
    acts: { freeze: '冻结钱包', unfreeze: '解冻钱包', refund: '退回一笔付款', refund_cancel: '停止退款', dispute: '对一笔付款提出争议', dispute_evidence: '提交证据', provisional_credit: '先行垫付', hold_release: '放行被暂扣的付款', recall: '追回一笔转账', instrument_block: '停用银行卡', sessions_revoke: '退出所有设备', device_revoke: '退出一台设备', notify: '给您发消息', instrument_default: '更改默认付款方式', instrument_remove: '移除银行卡', mandate_cancel: '解除自动扣款', recovery_stop: '终止找回账户的申请', withdraw: '提现', closure: '注销账户', closure_cancel: '取消注销', points_claim: '申诉缺失积分', points_redeem: '兑换积分', consent_give: '同意一项授权', consent_withdraw: '撤回一项授权', retrieval: '找回一笔加密货币转账', inspect: '向银行查询一笔付款', passkey_add: '添加通行密钥', passkey_remove: '移除通行密钥' } as Record<string, string>,
  },
};

const key = 'luma.customer';
const find = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;

/** A fresh token, signed by the wallet's own server; each is good for one sign-in. */
async function token(customer: string, proven = false): Promise<string> {
  const answer = await fetch('/demo/token', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ customer, ...(proven && { proven }) }),
  });
  if (!answer.ok) throw new Error(`token: ${answer.status}`);
  return ((await answer.json()) as { token: string }).token;
}

/** Money of every day, then points, then coins. */
const rank = ({ scale }: Sum) => (scale === 0 ? 3 : scale);

const some = (sum: Sum) => /[1-9]/.test(sum.amount);

/** Shows what the ledger holds for somebody, further payments below those that are there. */
async function showAccount(customer: string, language: Language, cursor = ''): Promise<void> {
  const w = words[language];
  const tag = languageTag(language);
  const answer = await fetch(`/demo/account?customer=${encodeURIComponent(customer)}&cursor=${encodeURIComponent(cursor)}`);
  if (!answer.ok) throw new Error(`account: ${answer.status}`);
  const { balances, transactions, evidence, status, closes_at } = (await answer.json()) as Account;
  showLeaving(customer, language, { status, closes: closes_at }, () => void showFresh(customer, language));
  find('balances').replaceChildren(
    // What is spent from every day comes first.
    ...[...(balances ?? [])].sort((a, b) => rank(a.available) - rank(b.available)).map(({ available, pending, held }) => {
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
    const papers = (evidence ?? []).filter((e) => e.transaction === one.id);
    if (papers.length > 0) {
      const list = element('span', w.evidence, 'papers');
      for (const e of papers) {
        const link = element('a', `${w.evidenceKinds[e.kind] ?? w.evidenceElse} (${fileSize(e.size, tag)})`);
        link.href = `/demo/file?customer=${encodeURIComponent(customer)}&sha256=${encodeURIComponent(e.sha256)}`;
        link.target = '_blank';
        link.rel = 'noopener';
        list.append(' ', link);
      }
      line.append(list);
    }
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

interface Shown {
  asks: { id: string; act: string; about: About; amount?: Sum; code: boolean; yes: boolean; passkey: boolean }[];
  confirms: { id: string; party: string; amount: Sum }[];
  forms: Form[];
  cards: Adding[];
}

/** Another way to say yes: by something that is pressed, or at another address. */
type OtherWay = { text: string; press?: () => Promise<string>; at?: string };

/** One question of the wallet's app: what it is about, with a yes where that will do, a no, a code where one is wanted, and another way where there is one. */
function question(title: string, about: string, text: string, yes: string, no: string, code: string, answer: (yes: boolean, code: string) => Promise<string>, other?: OtherWay): HTMLElement {
  const form = document.createElement('form');
  const says = document.createElement('p');
  says.append(element('strong', title));
  if (about) says.append(element('span', about, 'about'));
  if (text) says.append(element('span', text));
  form.append(says);
  const input = document.createElement('input');
  if (code) {
    input.inputMode = 'numeric';
    input.autocomplete = 'one-time-code';
    input.maxLength = 6;
    const label = element('label', code);
    label.append(input);
    form.append(label);
  }
  const problem = element('span', '', 'problem');
  problem.setAttribute('role', 'alert');
  const take = (answered: Promise<string>) => {
    answered.then(
      (wrong) => {
        if (wrong) problem.textContent = wrong;
        else form.remove();
      },
      () => form.remove(),
    );
  };
  const give = (value: boolean) => take(answer(value, input.value));
  const refuse = element('button', no, 'quiet');
  refuse.type = 'button';
  refuse.onclick = () => give(false);
  if (yes) form.append(element('button', yes));
  if (other?.at) {
    const link = element('a', other.text, 'button');
    link.href = other.at;
    form.append(link);
  } else if (other?.press) {
    const { press } = other;
    const button = element('button', other.text, yes ? 'quiet' : '');
    button.type = 'button';
    button.onclick = () => take(press());
    form.append(button);
  }
  form.append(refuse, problem);
  form.onsubmit = (event) => {
    event.preventDefault();
    if (yes) give(true);
  };
  return form;
}

const lookEvery = 2000; // ms

/** Shows what the wallet's own app asks its customer, as long as it does. */
function showApp({ id: customer, name }: Customer, language: Language): void {
  const w = words[language];
  const tag = languageTag(language);
  const place = find('asks');
  const shown = new Map<string, HTMLElement>();
  const { searchParams } = new URL(location.href);
  const told = searchParams.get('tell') ?? searchParams.get('form');
  const look = async () => {
    const answer = await fetch(`/demo/app?customer=${encodeURIComponent(customer)}`);
    if (!answer.ok) return;
    const { asks, confirms, forms, cards } = (await answer.json()) as Shown;
    const open = new Set([...asks, ...confirms, ...forms, ...cards].map((one) => one.id));
    for (const [id, form] of shown) {
      if (open.has(id)) continue;
      form.remove();
      shown.delete(id);
      over(id);
    }
    for (const ask of asks) {
      if (shown.has(ask.id)) continue;
      const what = (w.acts[ask.act] ?? ask.act) + (ask.amount ? ` (${moneyText(ask.act === 'points_redeem' ? { ...ask.amount, currency: w.points } : ask.amount, tag)})` : '');
      const home = ask.passkey ? await homeOf(customer) : '';
      const other: OtherWay | undefined = !ask.passkey
        ? undefined
        : atHome(home)
          ? {
              text: passkeyWords[language].use,
              press: async () => {
                const wrong = await answerByPasskey(customer, ask.id, language);
                if (!wrong) over(ask.id);
                return wrong;
              },
            }
          : { text: passkeyWords[language].use, at: `${home}?${new URLSearchParams({ ask: ask.id, as: customer }).toString()}` };
      const form = question(
        w.askTitle(what),
        aboutText(ask.about, w.kinds, language),
        ask.about.kind === 'passkey' ? w.askOwn : w.askText,
        ask.yes ? w.askYes : '',
        w.askNo,
        ask.code ? w.askCode : '',
        async (yes, code) => {
          const { state } = await post<{ state: string }>('answer', { customer, id: ask.id, yes, code });
          if (state === 'pending') return ask.code ? w.wrongCode : w.notConfirmed;
          over(ask.id);
          return '';
        },
        other,
      );
      shown.set(ask.id, form);
      place.append(form);
    }
    for (const one of confirms) {
      if (shown.has(one.id)) continue;
      const form = question(w.confirmTitle(moneyText(one.amount, tag)), one.party, '', w.confirmYes, w.confirmNo, '', async (yes) => {
        await post('confirm', { customer, transaction: one.id, yes });
        setTimeout(() => void showFresh(customer, language), 1000);
        return '';
      });
      shown.set(one.id, form);
      place.append(form);
    }
    for (const one of forms) {
      if (shown.has(one.id)) continue;
      const form = declaration(one, { id: customer, name }, language, () => {
        form.remove();
        shown.delete(one.id);
        setTimeout(() => void showFresh(customer, language), 1000);
      });
      shown.set(one.id, form);
      place.append(form);
      if (one.id === told) form.querySelector('input')?.focus(); // from the help window's link
    }
    for (const one of cards) {
      if (shown.has(one.id)) continue;
      const form = adding(one, customer, language);
      shown.set(one.id, form);
      place.append(form);
      if (one.id === told) form.querySelector('input')?.focus();
    }
    place.hidden = place.childElementCount === 0;
  };
  asking.addEventListener('ask', () => {
    look()
      .then(() => place.querySelector<HTMLElement>('form:last-of-type button')?.focus())
      .catch(() => undefined); // the look after it comes by itself
  });
  const again = () => {
    look()
      .catch(() => undefined) // the next look may do better
      .finally(() => setTimeout(again, lookEvery));
  };
  again();
}

/** Lets whoever looks on make a payment, and choose what becomes of it. */
async function showTrying(customer: string, language: Language): Promise<void> {
  const w = words[language];
  const answer = await fetch('/demo/rails');
  if (!answer.ok) return;
  const rails = (await answer.json()) as { name: string; codes: Record<string, string> }[];
  const rail = find<HTMLSelectElement>('pay-rail');
  const fate = find<HTMLSelectElement>('pay-fate');
  const raw = find<HTMLSelectElement>('pay-raw');
  for (const r of rails) rail.add(new Option(w.rails[r.name] ?? r.name, r.name));
  for (const [kind, text] of Object.entries(w.fates)) fate.add(new Option(text, kind));
  const refresh = () => {
    const codes = Object.entries(rails.find((r) => r.name === rail.value)?.codes ?? {}).sort(([a], [b]) => a.localeCompare(b));
    raw.replaceChildren(...codes.map(([code, means]) => new Option(`${code} (${means})`, code)));
    find('pay-raw-line').hidden = !['refused', 'not_begun', 'after_debit', 'lost'].includes(fate.value);
  };
  rail.onchange = refresh;
  fate.onchange = refresh;
  refresh();
  let ref = crypto.randomUUID();
  find<HTMLFormElement>('pay').onsubmit = (event) => {
    event.preventDefault();
    const kind = fate.value === 'lost' ? 'hangs' : fate.value;
    const then = fate.value === 'lost' ? 'refused' : kind === 'hangs' ? 'fine' : '';
    const amount = find<HTMLInputElement>('pay-amount').value.trim();
    post<{ trace: string; state?: string }>('pay', {
      customer, ref, amount, rail: rail.value, to: 'Corner shop', fate: { kind, then, raw: find('pay-raw-line').hidden ? '' : raw.value },
    }).then(
      ({ trace, state }) => {
        ref = crypto.randomUUID();
        find('paid').textContent = w.tried(trace, w.states[state ?? 'failed'] ?? state ?? '');
        setTimeout(() => void showFresh(customer, language), 4000);
      },
      () => (find('paid').textContent = w.tryFailed),
    );
  };
  find<HTMLButtonElement>('stranger').onclick = () => {
    post('stranger', { customer }).then(
      () => (find('strange').textContent = w.strangerDone),
      () => (find('strange').textContent = w.strangerFailed),
    );
  };
  find<HTMLButtonElement>('prove').onclick = () => {
    (window as unknown as { kefu?: Kefu }).kefu?.('identify', () => token(customer, true));
    find('proven').textContent = w.proven;
  };
  find('try').hidden = false;
}

async function showFresh(customer: string, language: Language): Promise<void> {
  find('payments').replaceChildren();
  await showAccount(customer, language);
}

/** Who was chosen: by the link that opened this page, or in this tab. */
function chosenBefore(): string | null {
  const address = new URL(location.href);
  const named = address.searchParams.get('as');
  if (named !== null) {
    sessionStorage.setItem(key, named);
    address.searchParams.delete('as');
    history.replaceState(null, '', address); // or nobody else could be chosen here
  }
  return sessionStorage.getItem(key);
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
  const told = chosenBefore();
  const chosen = customers.find((c) => c.id === told);
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
  find('story').textContent = failed ? w.failed : chosen ? w.part(chosen.story[language] ?? '') : w.visitor;
  find('account').hidden = !chosen;
  find('holder').textContent = chosen?.name ?? '';
  find('number').textContent = chosen?.id ?? '';
  if (chosen) await showAccount(chosen.id, language).catch(() => (find('story').textContent = w.failed));
  embed(language, chosen?.id);
  if (!chosen) return;
  showPushes(chosen.id, language);
  showApp(chosen, language);
  await showPasskeys(chosen.id, chosen.name, language);
  await showTrying(chosen.id, language);
}

void main();
