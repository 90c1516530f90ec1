import { languageTag, type Language } from '../kit/language.ts';
import { moneyText, type Sum } from '../kit/text/money.ts';
import { dayAndTime } from '../kit/text/time.ts';

/** What is to be done something to, as the wallet's books have it. */
export interface About {
  kind: string;
  of?: string;
  name?: string;
  last4?: string;
  amount?: Sum;
  at?: number;
}

const words = {
  en: {
    wallet: 'Your whole wallet',
    account: (name: string) => `Account: ${name}`,
    seen: (name: string, when: string) => `${name}, last seen ${when}`,
    each: (name: string, sum: string) => `${name}, ${sum} each time`,
    passkey: (name: string) => `Passkey: ${name}`,
    other: (id: string) => `Number ${id}`,
    types: { card: 'Card', bank: 'Bank account', mobile_money: 'Mobile money', crypto_address: 'Crypto address', network_token: 'Card' } as Record<string, string>,
  },
  zh: {
    wallet: '您的整个钱包',
    account: (name: string) => `账户：${name}`,
    seen: (name: string, when: string) => `${name}，最近使用于 ${when}`,
    each: (name: string, sum: string) => `${name}，每次 ${sum}`,
    passkey: (name: string) => `通行密钥：${name}`,
    other: (id: string) => `编号 ${id}`,
    types: { card: '银行卡', bank: '银行账户', mobile_money: '移动钱包', crypto_address: '数字货币地址', network_token: '银行卡' } as Record<string, string>,
  },
};

/** What a customer is asked for a proof about, in their words; kinds are those of payments. */
export function aboutText(about: About, kinds: Record<string, string>, language: Language): string {
  const w = words[language];
  const tag = languageTag(language);
  const name = about.name ?? '';
  const sum = about.amount ? moneyText(about.amount, tag, 6) : '';
  const when = about.at ? dayAndTime(about.at, tag) : '';
  switch (about.kind) {
    case 'wallet':
      return w.wallet;
    case 'account':
      return w.account(name);
    case 'payment':
      return [name || (kinds[about.of ?? ''] ?? about.of), sum, when].filter(Boolean).join(' · ');
    case 'instrument':
      return `${name || (w.types[about.of ?? ''] ?? about.of)} •••• ${about.last4}`;
    case 'device':
      return when ? w.seen(name, when) : name;
    case 'passkey':
      return w.passkey(name);
    case 'reward':
      return sum ? `${name} · ${sum}` : name;
    case 'mandate':
      return sum ? w.each(name, sum) : name;
    default:
      return w.other(name);
  }
}
