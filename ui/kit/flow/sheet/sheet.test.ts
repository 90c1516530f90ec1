import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import Step from '../Step.svelte';
import { words as en } from '../words.en.ts';
import type { Answer, Run, View } from '../wire.ts';
import Sheet from './Sheet.svelte';
import { figureText, percentText, pieces, spanText } from './written.ts';

const eur = (amount: string) => ({ amount, currency: 'EUR', scale: 2 });
const run: Run = { id: 'r', flow: 'FL11', title: 'Fees', state: 'asking', step: 's', revision: 1 };

afterEach(cleanup);

test('a figure is written as its reader writes it', () => {
  expect(percentText('1.50', 'en')).toBe('1.50%');
  expect(percentText('0.35', 'de')).toBe('0,35\u00a0%');
  expect(percentText('2', 'zh-CN')).toBe('2%');
  expect([spanText(20, 'en'), spanText(61, 'en'), spanText(2 * 3600, 'en'), spanText(3 * 86_400, 'zh-CN')]).toEqual(['1 minute', '2 minutes', '2 hours', '3天']);
  expect(figureText({ at: '2027-01-15T00:00:00Z', day: true }, 'en')).toBe('January 15, 2027');
  expect(figureText({ count: 1234 }, 'en')).toBe('1,234');
  expect(figureText({ count: 0 }, 'en')).toBe('0');
  expect(figureText({ money: eur('1234.50') }, 'en')).toBe('€1,234.50');
  expect(figureText({ text: 'متجر' }, 'en')).toBe('متجر');
});

test('a place of a sentence without a figure stays empty, and names stand apart', () => {
  expect(pieces({ text: '{share} of {what}, at least {least}', figures: { share: { percent: '1.5' }, least: { money: eur('0.50') } } }, 'en')).toEqual([
    { text: '1.5%', figure: true },
    { text: ' of ', figure: false },
    { text: ', at least ', figure: false },
    { text: '€0.50', figure: true },
  ]);
});

test('rows are terms and what is said of them, under their headings', () => {
  render(Sheet, {
    tag: 'en',
    sheet: {
      heading: { text: 'What it costs' },
      parts: [
        { rows: [{ name: { text: 'You send' }, value: { money: eur('100.00') } }] },
        {
          heading: { text: 'Fees' },
          rows: [
            { name: { text: 'Transfer' }, value: { sentence: { text: '{share} of it', figures: { share: { percent: '1.5' } } } }, note: { text: 'Until {day}', figures: { day: { at: '2031-01-02T00:00:00Z', day: true } } } },
            { name: { text: 'Express' }, value: { sentence: { text: 'Dearer soon' }, status: true }, tone: 'warning' },
            { name: { text: 'Nothing else is charged' } },
          ],
        },
      ],
    },
  });
  expect(screen.getByRole('heading', { level: 3 })).toHaveTextContent('What it costs');
  expect(screen.getByRole('heading', { level: 4 })).toHaveTextContent('Fees');
  expect(screen.getAllByRole('term').map((t) => t.textContent)).toEqual(['You send', 'Transfer', 'Express', 'Nothing else is charged']);
  expect(screen.getAllByRole('definition').map((d) => d.textContent.trim())).toEqual(['€100.00', '1.5% of it', expect.stringMatching(/^Until .*2031/), 'Dearer soon']);
  expect(document.querySelector('.warning .status svg, .warning .mark svg')).not.toBeNull();
});

test('where a sheet has no heading of its own, those of its parts are the next below the flow', () => {
  render(Sheet, { tag: 'en', sheet: { parts: [{ heading: { text: 'Fees' }, rows: [{ name: { text: 'Transfer' } }] }] } });
  expect(screen.getByRole('heading', { level: 3 })).toHaveTextContent('Fees');
  expect(screen.queryByRole('heading', { level: 4 })).toBeNull();
});

test('a flow shows the card of a sheet, fetched when it is needed', async () => {
  const view: View = { step: 'tell', kind: 'show', card: 'sheet', value: { type: 'sheet', sheet: { parts: [{ rows: [{ name: { text: 'Fee' }, value: { money: eur('1.20') } }] }] } } };
  render(Step, { view, run, asks: true, busy: false, m: en, tag: 'en', onanswer: vi.fn() });
  expect(await screen.findByText('€1.20')).toBeVisible();
  expect(screen.getByRole('term')).toHaveTextContent('Fee');
});

test('entries are chosen like anything else, with what is beside and below them', () => {
  const onanswer = vi.fn<(a: Answer) => void>();
  const view: View = {
    step: 'pick',
    kind: 'choose',
    say: 'Which one?',
    type: 'entry',
    other: true,
    items: [
      { type: 'entry', entry: { id: 'e-1', name: { text: 'Transfer to {who}', figures: { who: { text: 'Anna' } } }, note: { text: 'By card' }, amount: eur('0.99') } },
      { type: 'entry', entry: { id: 'e-2', name: { text: 'Monthly fee' } } },
    ],
  };
  render(Step, { view, run, asks: true, busy: false, m: en, tag: 'en', onanswer });
  const [first, second, none] = screen.getAllByRole('button');
  expect(first!.textContent.replace(/[\u2068\u2069]/g, '').replace(/\s+/g, ' ').trim()).toBe('Transfer to Anna €0.99 By card');
  expect(second).toHaveTextContent('Monthly fee');
  first!.click();
  none!.click();
  expect(onanswer.mock.calls).toEqual([[{ do: 'set', text: 'e-1' }], [{ do: 'other' }]]);
});
