/**
 * How well a text fits what was typed: 0 not at all, 1 the same. The letters must
 * come in order; at the beginning of words, and side by side, they count for more.
 * Chinese is found by any part of it, as it has no gaps.
 */
export function matches(text: string, query: string): number {
  const t = text.toLowerCase();
  const q = query.trim().toLowerCase();
  if (q === '') return 0.1;
  if (t === q) return 1;
  if (t.startsWith(q)) return 0.9;
  const whole = t.indexOf(q);
  if (whole > 0) return /[\s\p{P}]/u.test(t[whole - 1]!) || /\p{Script=Han}/u.test(q) ? 0.8 : 0.6;
  // Every word of the query somewhere.
  const words = q.split(/\s+/);
  if (words.length > 1 && words.every((w) => t.includes(w))) return 0.55;
  // The letters in order.
  let at = 0;
  let score = 0;
  let last = -2;
  for (const letter of q.replace(/\s/g, '')) {
    const found = t.indexOf(letter, at);
    if (found < 0) return 0;
    const begins = found === 0 || /[\s\p{P}]/u.test(t[found - 1]!);
    score += found === last + 1 ? 1 : begins ? 0.8 : 0.2;
    last = found;
    at = found + 1;
  }
  const part = score / q.length;
  return part < 0.5 ? 0 : 0.5 * part;
}

// The first character of each letter in the order of pinyin. There are no words in i, u and v.
const firsts = [...'阿八嚓哒妸发旮哈讥咔垃妈拏噢妑七呥扨它穵夕丫帀'];
const letters = 'abcdefghjklmnopqrstwxyz';
const order = new Intl.Collator('zh-Hans-CN-u-co-pinyin');

/** The first letters of the pinyin of Chinese words, as people type them; nothing for a text without Chinese. */
export function initials(text: string): string {
  if (!/\p{Script=Han}/u.test(text)) return '';
  let out = '';
  for (const sign of text.toLowerCase()) {
    if (!/\p{Script=Han}/u.test(sign)) {
      out += sign;
      continue;
    }
    const at = firsts.findLastIndex((first) => order.compare(sign, first) >= 0);
    out += at < 0 ? sign : letters[at];
  }
  return out;
}

/** As matches, and Chinese by the first letters of its pinyin too. */
export function fits(text: string, query: string): number {
  const plain = matches(text, query);
  if (plain > 0.5 || !/^[a-z]+$/i.test(query.trim())) return plain;
  const typed = initials(text);
  return Math.max(plain, typed === '' ? 0 : 0.85 * matches(typed, query));
}
