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
  // Points are counted, and no money; Intl has a place for what has three letters, and for nothing else.
  const unit = currency === 'PTS' ? (lang.startsWith('zh') ? '积分' : 'points') : currency;
  const code = /^[a-z]{3}$/i.test(unit);
  const text = new Intl.NumberFormat(lang, {
    ...(code && { style: 'currency', currency: unit, currencyDisplay: 'narrowSymbol' }),
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
    .formatToParts(BigInt(whole))
    .map((p) => (p.type === 'fraction' ? fraction : p.value))
    .join('');
  return `${negative ? '−' : ''}${text}${code ? '' : `\u00a0${unit}`}`;
}

/** With its sign: what came in, and what went out. */
export function signedText(sum: Sum, direction: string, lang: string, most = Infinity): string {
  return `${direction === 'in' ? '+' : '−'}${moneyText(sum, lang, most)}`;
}

/** Every decimal, for a title: "0.034500000000000000 ETH". */
export function exactMoney(sum: Sum): string {
  return `${sum.amount} ${sum.currency}`;
}
