import { describe, expect, test } from 'vitest';
import { composing, sends } from './keys.ts';
import { linkify } from './linkify.ts';
import { plainText, textPieces } from './pieces.ts';
import { richPieces } from './rich.ts';
import { fileSize } from './size.ts';
import { clockTime, dayAndTime, dayName, shortTime } from './time.ts';

describe('linkify', () => {
  const links = (text: string) => linkify(text).flatMap((p) => p.href ?? []);

  test.each([
    ['see https://example.com/a.', ['https://example.com/a']],
    ['请看https://example.com/帮助。谢谢', ['https://example.com/%E5%B8%AE%E5%8A%A9']],
    ['(https://example.com/a)', ['https://example.com/a']],
    ['https://en.example.org/wiki/Kefu_(word)', ['https://en.example.org/wiki/Kefu_(word)']],
    ['HTTP://EXAMPLE.COM', ['http://example.com/']],
    ['a https://a.example b https://b.example?x=1&y=2', ['https://a.example/', 'https://b.example/?x=1&y=2']],
  ])('%s', (text, expected) => expect(links(text)).toEqual(expected));

  test.each([
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'ftp://example.com',
    'https://',
    'https://bank.example@evil.example/',
    'www.example.com',
  ])('no link in %s', (text) => expect(links(text)).toEqual([]));

  test('the text stays what it was, and a link’s text is its address', () => {
    const text = 'a <b>https://x.example/"onclick=</b>\n二';
    expect(linkify(text).map((p) => p.text).join('')).toBe(text);
    for (const piece of linkify(text)) if (piece.href) expect(piece.href).toBe(new URL(piece.text).href);
  });
});

describe('the place of a secret', () => {
  const say = (secret: string, last4?: string) => `[${secret}${last4 ?? ''}]`;
  test.each([
    ['card ‹pan ••••1111› ok', 'card [pan1111] ok'],
    ['‹otp›‹password›', '[otp][password]'],
    ['‹unknown› ‹pan', '‹unknown› ‹pan'],
  ])('%s', (text, said) => {
    expect(plainText(text, say)).toBe(said);
    expect(textPieces(text).map((p) => ('secret' in p ? say(p.secret, p.last4) : p.text)).join('')).toBe(said);
  });
  test('links beside it stay links', () => {
    expect(textPieces('https://a.example ‹cvv›')).toEqual([{ text: 'https://a.example', href: 'https://a.example/' }, { text: ' ' }, { secret: 'cvv' }]);
  });
});

describe('Enter', () => {
  const key = (init: KeyboardEventInit) => new KeyboardEvent('keydown', { key: 'Enter', ...init });
  test('sends', () => expect(sends(key({}))).toBe(true));
  test('with Shift begins a line', () => expect(sends(key({ shiftKey: true }))).toBe(false));
  test('while composing only confirms the word', () => {
    expect(sends(key({ isComposing: true }))).toBe(false);
    expect(sends(key({ keyCode: 229 }))).toBe(false);
    expect(composing(key({ isComposing: true }))).toBe(true);
    expect(composing(new KeyboardEvent('keydown', { key: 'Escape', keyCode: 229 }))).toBe(true);
    expect(composing(new KeyboardEvent('keydown', { key: 'Escape' }))).toBe(false);
  });
});

describe('time', () => {
  const now = new Date(2026, 10, 22, 15, 0).getTime();
  const at = (...a: [number, number, number, number, number]) => new Date(...a).getTime() * 1000;

  test.each([
    [at(2026, 10, 22, 14, 2), 'today 14:02', '今天 14:02', '14:02'],
    [at(2026, 10, 21, 0, 5), 'yesterday 00:05', '昨天 00:05', 'Sat'],
    [at(2026, 10, 18, 9, 0), 'Wednesday 09:00', '星期三 09:00', 'Wed'],
    [at(2026, 9, 3, 9, 0), '3 October 09:00', '10月3日 09:00', '3 Oct'],
    [at(2025, 9, 3, 9, 0), '3 October 2025 09:00', '2025年10月3日 09:00', '3 Oct 25'],
  ])('%i', (time, english, chinese, short) => {
    expect(dayAndTime(time, 'en-GB', now)).toBe(english);
    expect(dayAndTime(time, 'zh-CN', now)).toBe(chinese);
    expect(shortTime(time, 'en-GB', now)).toBe(short);
  });

  test('midnight is 00:00, and a clock that is ahead is still today', () => {
    expect(clockTime(at(2026, 10, 22, 0, 0), 'en-GB')).toBe('00:00');
    expect(dayName(at(2026, 10, 22, 23, 59), 'en-GB', now)).toBe('today');
  });
});

test.each([
  [1, '1 kB'],
  [340_000, '340 kB'],
  [2_140_000, '2.1 MB'],
])('%i bytes', (bytes, text) => expect(fileSize(bytes, 'en-GB')).toBe(text));

describe('what staff write', () => {
  const shown = (text: string) => richPieces(text).map((p) => ('secret' in p ? `[${p.secret}]` : `${p.look || (p.href ? 'a' : '')}:${p.text}`));
  test.each([
    ['no marks', 'plain 2*3*4 = 24, a * b * c', [':plain 2*3*4 = 24, a * b * c']],
    ['bold between Chinese', '请**不要**转账', [':请', 'b:不要', ':转账']],
    ['italic and code', '*now* or `a*b*c`', ['i:now', ': or ', 'code:a*b*c']],
    ['a list', '- one\n* two\n-three', [':• one\n• two\n-three']],
    ['a mark that does not end', '**never ends', [':**never ends']],
    ['a link shows itself', '[bank](https://evil.example/)', [':[bank](', 'a:https://evil.example/', ':)']],
    ['a bold link', '**https://a.example/x**', ['b:https://a.example/x']],
    ['HTML is words', '**<img src=x onerror=alert(1)>**', ['b:<img src=x onerror=alert(1)>']],
    ['a secret in bold', '**‹pan ••••1111›**', ['[pan]']],
  ])('%s', (_, text, want) => expect(shown(text)).toEqual(want));
  test('nothing is lost but the marks', () => {
    const text = 'a **b** c *d*\n`e` https://x.example/ **';
    expect(richPieces(text).map((p) => ('text' in p ? p.text : '')).join('')).toBe('a b c d\ne https://x.example/ **');
  });
});
