import { describe, expect, test } from 'vitest';
import { readings, scaleOf } from './amount.ts';

test.each([
  ['12.50', '', 'en', ['12.50']],
  ['12,50', '', 'en', ['12.50']],
  ['１２，５０', '', 'zh', ['12.50']],
  ['1 234,5', '', 'en', ['1234.5']],
  ['1.234,50', 'EUR', 'en', ['1234.50']],
  ['1,234.50', 'EUR', 'de', ['1234.50']],
  ['1.234.567', '', 'en', ['1234567']],
  ['12,34,567', 'INR', 'en', ['1234567']],
  ['0.125', '', 'en', ['0.125']],
  ['0,00000001', '', 'en', ['0.00000001']],
  ['12', '', 'en', ['12']],
  // Two decimals: a third figure groups. No decimals: all do.
  ['1.234', 'EUR', 'en', ['1234']],
  ['1,125', 'USD', 'en', ['1125']],
  ['1.234', 'JPY', 'en', ['1234']],
  // 2.50 with a nought, or two and a half thousand.
  ['2.500', 'USD', 'en', ['2.500', '2500']],
  ['2.500', 'EUR', 'de', ['2500', '2.500']],
  // Nothing settles it: the language says what is more likely.
  ['1.125', 'BTC', 'en', ['1.125', '1125']],
  ['1,125', 'BTC', 'en', ['1125', '1.125']],
  ['1,125', 'BTC', 'de', ['1.125', '1125']],
  ['1.234', '', 'en', ['1.234', '1234']],
  ['1.234', 'KWD', 'zh', ['1.234', '1234']],
  // A group has three figures.
  ['1234.567', 'BTC', 'en', ['1234.567']],
  ['0.125', 'EUR', 'en', ['0.125']],
  ['1.1250', 'BTC', 'en', ['1.1250']],
  ['三千五百', '', 'zh', ['3500']],
  ['两万五', '', 'zh', ['25000']],
  ['一百零五', '', 'zh', ['105']],
  ['一百二', '', 'zh', ['120']],
  ['十二点五', '', 'zh', ['12.5']],
  ['壹仟贰佰元', '', 'zh', ['1200']],
  ['一亿二千万', '', 'zh', ['120000000']],
  ['二〇二六', '', 'zh', ['2026']],
  ['3万', '', 'zh', ['30000']],
  ['1.5万', '', 'zh', ['15000']],
  ['100元', '', 'zh', ['100']],
  ['-3', '', 'en', []],
  ['about 5', '', 'en', []],
  ['1..2', '', 'en', []],
  ['1.23.4', '', 'en', []],
  ['1.123456789', '', 'en', []],
  ['1234567890123456', '', 'en', []],
  ['百', '', 'zh', []],
  ['一二百', '', 'zh', []],
  ['', '', 'en', []],
])('%s %s in %s is %j', (text, currency, lang, all) => expect(readings(text, currency, lang)).toEqual(all));

test('a coin’s decimals are not taken for two', () => {
  expect([scaleOf('eur'), scaleOf('ＪＰＹ'), scaleOf('KWD'), scaleOf('BTC'), scaleOf('')]).toEqual([2, 0, 3, undefined, undefined]);
});

/** Numbers that differ at each call and not from run to run. */
function random(seed: number) {
  return (n: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
}

describe('whatever the amount', () => {
  const languages = ['en', 'zh', 'de', 'fr', 'pt-BR', 'de-CH', 'en-IN'];
  const currencies = ['EUR', 'JPY', 'KWD', 'INR', 'BTC', ''];

  function each(check: (amount: string, written: string, currency: string, lang: string) => void) {
    const next = random(7);
    for (let i = 0; i < 4000; i++) {
      const lang = languages[next(languages.length)]!;
      const currency = currencies[next(currencies.length)]!;
      const scale = scaleOf(currency) ?? next(9);
      const whole = BigInt(next(10 ** (1 + next(9))));
      const decimals = scale > 0 ? String(next(10 ** scale)).padStart(scale, '0') : '';
      const amount = `${whole}${decimals && `.${decimals}`}`;
      const form = new Intl.NumberFormat(lang, { minimumFractionDigits: scale, maximumFractionDigits: scale });
      const written = form.formatToParts(amount as unknown as number).map((p) => p.value).join('');
      check(amount, written, currency, lang);
    }
  }

  test('as a language writes it, it is read, and first', () =>
    each((amount, written, currency, lang) => expect([written, currency, lang, readings(written, currency, lang)[0]]).toEqual([written, currency, lang, amount])));

  test('written in wide figures it is read alike', () =>
    each((_, written, currency, lang) => {
      const wide = written.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0));
      expect(readings(wide, currency, lang)).toEqual(readings(written, currency, lang));
    }));

  test('what is read is what the server takes, and one of two is chosen only where there are two', () =>
    each((_, written, currency, lang) => {
      const all = readings(written, currency, lang);
      for (const one of all) expect(one).toMatch(/^\d{1,15}(\.\d{1,8})?$/);
      expect(all.length).toBeLessThanOrEqual(2);
      expect(new Set(all).size).toBe(all.length);
    }));

  test('in Chinese numerals it is read', () => {
    const names = '零一二三四五六七八九';
    const section = (n: number): string => {
      let out = '';
      let nought = false;
      for (const [size, unit] of [[1000, '千'], [100, '百'], [10, '十'], [1, '']] as const) {
        const figure = Math.floor(n / size) % 10;
        if (figure === 0) nought = out !== '';
        else {
          out += (nought ? '零' : '') + names[figure] + unit;
          nought = false;
        }
      }
      return out;
    };
    const say = (n: number): string => {
      const [high, mid, low] = [Math.floor(n / 1e8), Math.floor(n / 1e4) % 1e4, n % 1e4];
      let out = high ? `${section(high)}亿` : '';
      if (mid) out += `${out && mid < 1000 ? '零' : ''}${section(mid)}万`;
      if (low) out += `${out && (low < 1000 || !mid) ? '零' : ''}${section(low)}`;
      return out || '零';
    };
    const next = random(11);
    for (let i = 0; i < 4000; i++) {
      const n = next(10 ** (1 + next(11)));
      expect([say(n), readings(say(n), '', 'zh')]).toEqual([say(n), [String(n)]]);
    }
  });
});
