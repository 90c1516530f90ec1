import { expect, test } from 'vitest';
import { aboutText, type About } from './about.ts';

test('what a proof is asked about is said in both languages', () => {
  const at = Date.UTC(2025, 2, 4, 12) * 1000;
  const sum = { amount: '12.50', currency: 'EUR', scale: 2 };
  const cases: [About, RegExp, RegExp][] = [
    [{ kind: 'instrument', of: 'card', name: 'Visa', last4: '4242' }, /^Visa •••• 4242$/, /^Visa •••• 4242$/],
    [{ kind: 'instrument', of: 'bank', last4: '0042' }, /^Bank account •••• 0042$/, /^银行账户 •••• 0042$/],
    [{ kind: 'device', name: 'Pixel 9 Android 16', at }, /^Pixel 9 Android 16, last seen .*Mar/, /^Pixel 9 Android 16，最近使用于 .*3月4日/],
    [{ kind: 'payment', name: 'Corner shop', amount: sum, at }, /^Corner shop · .*12\.50.* · .*Mar/, /^Corner shop · .*12\.50.* · .*3月4日/],
    [{ kind: 'payment', of: 'transfer', amount: sum, at }, /^Transfer · /, /^转账 · /],
    [{ kind: 'mandate', name: 'Gym', amount: sum }, /^Gym, .*12\.50.* each time$/, /^Gym，每次 .*12\.50/],
    [{ kind: 'reward', name: 'Coffee', amount: sum }, /^Coffee · .*12\.50/, /^Coffee · .*12\.50/],
    [{ kind: 'passkey', name: 'Laptop' }, /^Passkey: Laptop$/, /^通行密钥：Laptop$/],
    [{ kind: 'wallet' }, /^Your whole wallet$/, /^您的整个钱包$/],
    [{ kind: 'other', name: 'x-1' }, /^Number x-1$/, /^编号 x-1$/],
  ];
  for (const [about, en, zh] of cases) {
    expect(aboutText(about, { transfer: 'Transfer' }, 'en')).toMatch(en);
    expect(aboutText(about, { transfer: '转账' }, 'zh')).toMatch(zh);
  }
});
