type Rgb = [number, number, number];

const parse = (hex: string): Rgb => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255) as Rgb;
const hex = (c: Rgb): string => `#${c.map((v) => Math.round(255 * Math.min(Math.max(v, 0), 1)).toString(16).padStart(2, '0')).join('')}`;
const mix = (a: Rgb, b: Rgb, part: number): Rgb => a.map((v, i) => v + part * (b[i]! - v)) as Rgb;

/** The relative luminance of WCAG 2.2. */
function luminance(c: Rgb): number {
  const [r, g, b] = c.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(parse(a)), luminance(parse(b))];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const light = { surface: '#ffffff', ink: '#1a1d21', bubble: '#eceef0' };
const dark = { surface: '#16191d', ink: '#eceef0', bubble: '#272c32' };
const darkInk = '#0c1b2b';

function towards(from: string, end: string, on: string): string {
  for (let part = 0; part <= 1; part += 0.02) {
    const moved = hex(mix(parse(from), parse(end), part));
    if (contrast(moved, on) >= 4.5) return moved;
  }
  return end;
}

/** What the server makes of an accent (internal/domain/look), to show it before it is saved. */
export function shades(accent: string, on: 'light' | 'dark') {
  if (!/^#[0-9a-f]{6}$/i.test(accent)) accent = '#0b5cad';
  if (on === 'dark') return { ...dark, accent: towards(towards(accent, '#ffffff', dark.surface), '#ffffff', darkInk), on: darkInk };
  const shade = towards(accent, '#000000', light.surface);
  return { ...light, accent: shade, on: contrast('#ffffff', shade) >= contrast(darkInk, shade) ? '#ffffff' : darkInk };
}
