// Amounts as people write them.

const mostWhole = 15;
const mostDecimals = 8;

/** How many decimals a currency has; undefined when it is none that the browser knows, a coin for instance. */
export function scaleOf(currency: string): number | undefined {
  const code = currency.normalize('NFKC').trim().toUpperCase();
  // Of a code that it does not know, Intl says two.
  if (!Intl.supportedValuesOf?.('currency').includes(code)) return undefined;
  return new Intl.NumberFormat('en', { style: 'currency', currency: code }).resolvedOptions().maximumFractionDigits;
}

/** What stands before the decimals in a language. */
function decimalMark(lang: string): string {
  return new Intl.NumberFormat(lang).formatToParts(1.5).find((p) => p.type === 'decimal')?.value ?? '.';
}

/**
 * What an amount can mean, as the server reads it: nothing, one, or two where one mark
 * may group figures or begin the decimals, and the currency's decimals do not settle
 * it. What the reader's language would mean comes first.
 */
export function readings(text: string, currency = '', lang = 'en'): string[] {
  const plain = text.normalize('NFKC').replace(/[\s'’\u00a0\u202f]/g, '');
  const spoken = chinese(plain);
  if (spoken !== undefined) return spoken.split('.')[0]!.length <= mostWhole && (spoken.split('.')[1] ?? '').length <= mostDecimals ? [spoken] : [];
  if (!/^\d+([.,]\d+)*$/.test(plain)) return [];
  const parts = plain.split(/[.,]/);
  const marks = [...plain.replace(/\d/g, '')];
  const last = parts.at(-1)!;
  const before = parts.slice(0, -1);
  const mixed = new Set(marks).size > 1;
  const found: string[] = [];
  const add = (whole: string, decimals?: string) => {
    if (whole.length <= mostWhole && (decimals ?? '').length <= mostDecimals) found.push(decimals === undefined ? whole : `${whole}.${decimals}`);
  };
  const scale = scaleOf(currency);
  const fits = scale === undefined || last.replace(/0+$/, '').length <= scale;
  const grouped = !mixed && marks.length > 0 && groups(parts);
  if (marks.length === 0) add(plain);
  else if (grouped && (marks.length > 1 || !fits)) add(parts.join(''));
  else if (grouped) {
    const [whole, decimal] = [() => add(parts.join('')), () => add(before.join(''), last)];
    for (const one of marks[0] === decimalMark(lang) ? [decimal, whole] : [whole, decimal]) one();
  } else if (marks.length === 1 || (new Set(marks.slice(0, -1)).size === 1 && mixed && marks.at(-1) !== marks[0] && groups(before))) add(before.join(''), last);
  return found;
}

/** Figures in threes; in the Indian way, in twos before the last three. */
function groups([first = '', ...rest]: string[]): boolean {
  if (rest.length === 0) return true;
  if (!/^[1-9]\d{0,2}$/.test(first) || rest.at(-1)!.length !== 3) return false;
  return rest.every((g) => g.length === 3) || (first.length <= 2 && rest.slice(0, -1).every((g) => g.length === 2));
}

const figures: Record<string, number> = {};
['零〇', '一壹', '二贰貳两兩', '三叁參', '四肆', '五伍', '六陆陸', '七柒', '八捌', '九玖'].forEach((all, n) => [...all].forEach((c) => (figures[c] = n)));
const units: Record<string, number> = { 十: 10, 拾: 10, 百: 100, 佰: 100, 千: 1000, 仟: 1000 };
const large: Record<string, number> = { 万: 4, 萬: 4, 亿: 8, 億: 8 };

/** An amount in Chinese numerals, or in figures with a Chinese unit: 三千五百, 两万五, 1.5万. Undefined for what is none. */
function chinese(text: string): string | undefined {
  const said = text.replace(/[元圆圓块塊]$/, '');
  const short = /^(\d+)(?:\.(\d+))?([十百千]?)([万萬亿億]?)$/.exec(said);
  if (short && (short[3] || short[4])) {
    const power = (short[3] ? String(units[short[3]]).length - 1 : 0) + (short[4] ? large[short[4]]! : 0);
    const [whole, decimals] = [short[1]!, short[2] ?? ''];
    const all = whole + decimals.padEnd(power, '0');
    const point = whole.length + power;
    const rest = all.slice(point);
    return trimmed(all.slice(0, point)) + (rest && `.${rest}`);
  }
  const [whole = '', decimals, ...more] = said.split(/[点點]/);
  if (more.length > 0 || whole === '' || !/^[^\d.,]+$/.test(whole)) return said !== text && /^\d+(\.\d+)?$/.test(said) ? said : undefined;
  const start = integer([...whole]);
  const rest = decimals === undefined ? '' : [...decimals].map((c) => figures[c]).join('');
  if (start === undefined || (decimals !== undefined && !/^\d+$/.test(rest)) || (decimals ?? '').length !== rest.length) return undefined;
  return `${start}${rest && `.${rest}`}`;
}

const trimmed = (digits: string) => digits.replace(/^0+(?=\d)/, '');

function integer(text: string[]): number | undefined {
  if (text.every((c) => c in figures)) return Number(text.map((c) => figures[c]).join(''));
  let [total, section, unit] = [0, 0, 0];
  let figure: number | undefined;
  let nought = false;
  for (const c of text) {
    if (c in figures) {
      if (figure !== undefined) return undefined;
      if (figures[c] === 0) nought = true;
      else figure = figures[c];
    } else if (c in units) {
      const next = units[c]!;
      // Within a section units go down; ten may stand alone.
      if ((section > 0 && unit < 10_000 && next >= unit) || (figure === undefined && next !== 10)) return undefined;
      section += (figure ?? 1) * next;
      [unit, figure, nought] = [next, undefined, false];
    } else if (c in large) {
      section += figure ?? 0;
      if (section === 0) return undefined;
      total = large[c] === 8 ? (total + section) * 1e8 : total + section * 1e4;
      [section, unit, figure, nought] = [0, 10 ** large[c]!, undefined, false];
    } else return undefined;
  }
  // "两万五" is 25,000: the last figure is of the next unit, unless a nought says otherwise.
  if (figure !== undefined) section += unit > 10 && !nought ? (figure * unit) / 10 : figure;
  return total + section;
}
