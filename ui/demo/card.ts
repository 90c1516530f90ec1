import { languageTag, type Language } from '../kit/language.ts';
import { dayAndTime } from '../kit/text/time.ts';
import { element, NotDone, post } from './parts.ts';

/** The wallet's own form in which a card is added. */
export interface Adding {
  id: string;
  tries_left: number;
  expires_at: number; // microseconds
}

const words = {
  en: {
    title: 'Add a card',
    why: (when: string) => `Its bank checks that it is yours. The form is good until ${when}.`,
    demo: 'The card is invented: four digits are enough, and you choose what its bank says.',
    left: (tries: number) => `The code was wrong. Tries left: ${tries}`,
    last4: 'Last four digits',
    expiry: 'Valid until (month and year)',
    says: 'What its bank says',
    answers: {
      '': 'It is yours',
      again: 'The code is wrong',
      declined: 'No',
      name_mismatch: 'It is in another name',
      linked_elsewhere: 'It is in another wallet',
      not_supported: 'It is a business or gift card',
    },
    send: 'Add it',
    wrong: 'Enter four digits, and a month in the future.',
    over: 'This form is over.',
    failed: 'That did not work. Try again.',
  },
  zh: {
    title: '添加银行卡',
    why: (when: string) => `发卡行会验证是您本人的卡。此页面在 ${when} 前有效。`,
    demo: '这张卡是虚构的：填四位数字即可，并选择银行的答复。',
    left: (tries: number) => `验证码不正确，剩余次数：${tries}`,
    last4: '卡号后四位',
    expiry: '有效期（月/年）',
    says: '银行的答复',
    answers: {
      '': '是本人的卡',
      again: '验证码不正确',
      declined: '未通过',
      name_mismatch: '户名不一致',
      linked_elsewhere: '已绑定在另一个钱包',
      not_supported: '是商务卡或礼品卡',
    },
    send: '添加',
    wrong: '请填写四位数字和未过期的月份。',
    over: '此页面已失效。',
    failed: '没有成功，请重试。',
  },
};

const allTries = 3;

function field(text: string, input: HTMLInputElement | HTMLSelectElement): HTMLLabelElement {
  const label = element('label', text);
  label.append(input);
  return label;
}

/** The form in which a customer adds a card; it goes when the wallet no longer shows it. */
export function adding(one: Adding, customer: string, language: Language): HTMLFormElement {
  const w = words[language];
  const form = document.createElement('form');
  form.className = 'declare';
  form.noValidate = true;
  const says = document.createElement('div');
  says.append(element('strong', w.title), element('span', w.why(dayAndTime(one.expires_at, languageTag(language)))), element('span', w.demo));
  if (one.tries_left < allTries) says.append(element('span', w.left(one.tries_left), 'problem'));
  const last4 = document.createElement('input');
  last4.inputMode = 'numeric';
  last4.maxLength = 4;
  last4.autocomplete = 'off';
  const expiry = document.createElement('input');
  expiry.type = 'month';
  expiry.value = `${new Date().getFullYear() + 3}-06`;
  const answer = document.createElement('select');
  for (const [value, text] of Object.entries(w.answers)) answer.add(new Option(text, value));
  const problem = element('span', '', 'problem');
  problem.setAttribute('role', 'alert');
  const send = element('button', w.send);
  form.append(says, field(w.last4, last4), field(w.expiry, expiry), field(w.says, answer), send, problem);
  form.onsubmit = (event) => {
    event.preventDefault();
    problem.textContent = '';
    if (!/^\d{4}$/.test(last4.value) || expiry.value < new Date().toISOString().slice(0, 7)) {
      problem.textContent = w.wrong;
      last4.focus();
      return;
    }
    send.disabled = true;
    post('card', { customer, form: one.id, last4: last4.value, expiry: expiry.value, says: answer.value }).catch((error: unknown) => {
      const status = error instanceof NotDone ? error.status : 0;
      send.disabled = status === 409;
      problem.textContent = status === 409 ? w.over : status === 400 || status === 422 ? w.wrong : w.failed;
    });
  };
  return form;
}
