import { languageTag, type Language } from '../kit/language.ts';
import { moneyText, type Sum } from '../kit/text/money.ts';
import { dayAndTime } from '../kit/text/time.ts';
import { element, NotDone, post } from './parts.ts';

/** A deposit over a public network of which the law wants to know who sent it. */
export interface Form {
  id: string;
  amount: Sum;
  address: string;
  due_at: number; // microseconds
}

const words = {
  en: {
    title: (sum: string) => `Who sent you ${sum}?`,
    why: (when: string) => `The law wants Luma to know before it credits you. Answer by: ${when}. After that it may go back to the sender.`,
    from: (address: string) => `From ${address}`,
    own: 'I did, from another wallet or account of mine',
    other: 'Somebody else did',
    name: 'Their full name, or the name of the company',
    send: 'Tell Luma',
    nobody: 'Customer service is not told, and never asks you for it.',
    missing: 'Choose one of the two.',
    noName: 'Enter the name, as far as you know it.',
    over: 'This deposit no longer waits for an answer.',
    failed: 'That did not work. Nothing was sent; try again.',
  },
  zh: {
    title: (sum: string) => `${sum} 是谁转来的？`,
    why: (when: string) => `法律要求 Luma 在入账前了解付款人。请在此之前填写：${when}，逾期可能退回付款人。`,
    from: (address: string) => `来自 ${address}`,
    own: '我本人，从我的另一个钱包或账户转来',
    other: '其他人',
    name: '对方的姓名或公司名称',
    send: '提交给 Luma',
    nobody: '客服看不到这些内容，也绝不会向您索要。',
    missing: '请选择一项。',
    noName: '请填写您所知道的姓名或名称。',
    over: '这笔转账已不需要填写。',
    failed: '没有成功，内容未提交，请重试。',
  },
};

/** The beginning and the end of an address, as people compare them. */
const shortened = (address: string) => (address.length > 20 ? `${address.slice(0, 10)}…${address.slice(-8)}` : address);

/** Asks a customer who sent a deposit; done is called when it is told, or no longer asked. */
export function declaration(one: Form, customer: { id: string; name: string }, language: Language, done: () => void): HTMLFormElement {
  const w = words[language];
  const tag = languageTag(language);
  const form = document.createElement('form');
  form.className = 'declare';
  form.noValidate = true;
  const says = document.createElement('div');
  says.append(
    element('strong', w.title(moneyText(one.amount, tag, 6))),
    element('span', w.from(shortened(one.address)), 'about'),
    element('span', w.why(dayAndTime(one.due_at, tag))),
    element('span', w.nobody),
  );
  const choice = (value: string, text: string) => {
    const label = element('label', '');
    const input = document.createElement('input');
    input.type = 'radio';
    input.name = 'whose';
    input.value = value;
    label.append(input, element('span', text));
    return { label, input };
  };
  const own = choice('own', w.own);
  const other = choice('other', w.other);
  const name = document.createElement('input');
  name.maxLength = 140;
  name.autocomplete = 'off';
  const named = element('label', w.name);
  named.append(name);
  named.hidden = true;
  form.onchange = () => (named.hidden = !other.input.checked);
  const problem = element('span', '', 'problem');
  problem.setAttribute('role', 'alert');
  const send = element('button', w.send);
  form.append(says, own.label, other.label, named, send, problem);
  form.onsubmit = (event) => {
    event.preventDefault();
    problem.textContent = '';
    if (!own.input.checked && !other.input.checked) {
      problem.textContent = w.missing;
      own.input.focus();
      return;
    }
    if (other.input.checked && !name.value.trim()) {
      problem.textContent = w.noName;
      name.focus();
      return;
    }
    send.disabled = true;
    post('declare', { customer: customer.id, transaction: one.id, sender: own.input.checked ? customer.name : name.value, own: own.input.checked }).then(done, (error: unknown) => {
      send.disabled = false;
      const status = error instanceof NotDone ? error.status : 0;
      if (status === 409) {
        problem.textContent = w.over;
        setTimeout(done, 3000);
      } else problem.textContent = status === 400 || status === 422 ? w.noName : w.failed;
    });
  };
  return form;
}
