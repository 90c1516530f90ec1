/** An exact sum as Kefu is told it: never a number, which would round it. */
export interface Sum {
  amount: string;
  currency: string;
  scale: number;
}

/**
 * The decimals that are shown: all that the currency has, but of a long one only
 * those that say something. Where there is little room the rest is cut off, not
 * rounded, and a sign says so.
 */
function shownDecimals(fraction: string, most: number): string {
  if (fraction.length <= 4) return fraction;
  const said = fraction.replace(/0+$/, '').padEnd(2, '0');
  return said.length > most ? `${said.slice(0, most)}…` : said;
}

/**
 * "€1,234.50" as the reader's language writes it, exactly. Digits are grouped from
 * the text itself; Intl only says what stands where.
 */
export function moneyText({ amount, currency }: Sum, lang: string, most = Infinity): string {
  const negative = amount.startsWith('-');
  const [whole = '0', rest = ''] = amount.replace('-', '').split('.');
  const fraction = shownDecimals(rest, most);
  const digits = Math.min(fraction.length, 2);
  if (currency === 'PTS') currency = lang.startsWith('zh') ? '积分' : 'points'; // counted, and no money: what the demo's wallet keeps points under
  let parts: Intl.NumberFormatPart[];
  let after = '';
  try {
    const form = new Intl.NumberFormat(lang, {
      style: 'currency',
      currency,
      currencyDisplay: 'narrowSymbol',
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    parts = form.formatToParts(BigInt(whole));
  } catch {
    // No code of three letters: Intl does not know where to put it.
    const form = new Intl.NumberFormat(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    parts = form.formatToParts(BigInt(whole));
    after = `\u00a0${currency}`;
  }
  const text = parts.map((p) => (p.type === 'fraction' ? fraction : p.value)).join('');
  return `${negative ? '−' : ''}${text}${after}`;
}

/** With its sign: what came in, and what went out. */
export function signedText(sum: Sum, direction: string, lang: string, most = Infinity): string {
  return `${direction === 'in' ? '+' : '−'}${moneyText(sum, lang, most)}`;
}

/** Every decimal, for a title: "0.034500000000000000 ETH". */
export function exactMoney(sum: Sum): string {
  return `${sum.amount} ${sum.currency}`;
}
