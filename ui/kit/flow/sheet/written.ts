import { moneyText } from '../../text/money.ts';
import { when } from '../say.ts';
import type { SheetFigure, SheetSentence } from '../wire.ts';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** How long something takes, as roughly as one says it: "5 minutes". */
export function spanText(seconds: number, tag: string): string {
  const [n, unit] = seconds >= 2 * day ? [Math.round(seconds / day), 'day'] : seconds >= 2 * hour ? [Math.round(seconds / hour), 'hour'] : [Math.max(1, Math.ceil(seconds / minute)), 'minute'];
  return new Intl.NumberFormat(tag, { style: 'unit', unit: unit as string, unitDisplay: 'long' }).format(n as number);
}

/** A day of a calendar, which is the same one everywhere. */
export function dayText(at: string, tag: string): string {
  return new Intl.DateTimeFormat(tag, { dateStyle: 'long', timeZone: 'UTC' }).format(Date.parse(at));
}

/** A share of a hundred, with the decimals that it is told with and no others. */
export function percentText(percent: string, tag: string): string {
  const digits = percent.split('.')[1]?.length ?? 0;
  return new Intl.NumberFormat(tag, { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }).format(Number(percent) / 100);
}

/** A figure as its reader writes it; "" for one that says nothing. */
export function figureText(f: SheetFigure, tag: string): string {
  if (f.money) return moneyText(f.money, tag);
  if (f.at) return f.day ? dayText(f.at, tag) : when(f.at, tag);
  if (f.count !== undefined) return new Intl.NumberFormat(tag).format(f.count);
  if (f.percent) return percentText(f.percent, tag);
  return f.seconds ? spanText(f.seconds, tag) : (f.text ?? '');
}

/** The stretches of a sentence; what is a figure stands apart, so that no name turns the line around. */
export function pieces(s: SheetSentence, tag: string): { text: string; figure: boolean }[] {
  return s.text
    .split(/\{([\w.]+)\}/)
    .map((part, i) => (i % 2 === 0 ? { text: part, figure: false } : { text: s.figures?.[part] ? figureText(s.figures[part], tag) : '', figure: true }))
    .filter((p) => p.text !== '');
}
