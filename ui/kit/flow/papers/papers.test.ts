import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Picks } from '../../files/picks.svelte.ts';
import { UploadRefused, type Upload } from '../../files/upload.ts';
import type { Attachment } from '../../protocol/frames.ts';
import { isPicture } from '../../text/picture.ts';
import Step from '../Step.svelte';
import type { Answer, FileGiven, FilesView, Run, View } from '../wire.ts';
import { words as flow } from '../words.en.ts';
import type { Filing } from './gathering.svelte.ts';
import { heldOf, type Held } from './held.ts';
import { words as en } from './words.en.ts';
import { words as zh } from './words.zh.ts';

const run: Run = { id: 'r', flow: 'FL19', title: 'Dispute', state: 'asking', step: 'papers', revision: 1 };
const wants: FilesView['wants'] = [
  { id: 'receipt', label: 'Receipt', hint: 'Never a code', takes: ['image', 'pdf', 'text'], least: 1, most: 2 },
  { id: 'report', label: 'Report', takes: ['image', 'pdf'], least: 0, most: 2 },
];
const file = (name: string, type: string, size = 9) => new File(['x'.repeat(size)], name, { type });

beforeAll(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false }));
  URL.createObjectURL = () => 'blob:x';
  URL.revokeObjectURL = () => undefined;
});
afterEach(cleanup);

interface House {
  /** What the run does with an answer in place of taking it. */
  answer?: (a: Answer, view: View) => View | undefined;
  upload?: Upload;
  holds?: boolean;
  optional?: boolean;
  given?: FileGiven[];
  /** What the wallet takes at most. */
  bytes?: number;
  /** And what may be stored. */
  limit?: number;
  online?: () => boolean;
  /** What this device keeps, as a later page finds it. */
  held?: Held;
  /** Files can be chosen now. */
  there?: () => boolean;
}

/** A step on a page whose run takes what is given. */
async function open(house: House = {}) {
  let n = 0;
  const stored = new Map<string, Attachment>();
  const upload: Upload = house.upload ?? ((f) => Promise.resolve(keep(f)));
  const keep = (f: File): Attachment => {
    const a = { id: `f${++n}`, name: f.name, type: f.type, size: f.size };
    stored.set(a.id, a);
    return a;
  };
  const answers: Answer[] = [];
  let view: View = { step: 'papers', kind: 'files', say: 'Do you have a receipt?', type: 'files', optional: house.optional, files: { wants, given: house.given ?? [], least: 1, most: 3, bytes: house.bytes } };
  const part = render(Step, { view, run, asks: true, busy: false, m: flow, tag: 'en', filing: filing(), onanswer });
  function filing(): Filing {
    return {
      picks: () => Promise.resolve(house.there?.() === false ? undefined : new Picks({ upload, online: house.online ?? (() => true), limit: () => house.limit ?? 1000, most: Infinity, holds: house.holds ? (f) => isPicture(f.type) : undefined })),
      limits: () => ({ attachment_bytes: house.limit ?? 1000, attachment_types: ['image/png', 'image/jpeg', 'application/pdf', 'text/plain'] }),
      online: () => true,
      link: (id) => Promise.resolve(`https://files.example/${id}`),
      edit: () => undefined,
      held: house.held && (() => Promise.resolve(house.held)),
    };
  }
  async function onanswer(a: Answer) {
    answers.push(a);
    await part.rerender({ busy: true });
    const other = house.answer?.(a, view);
    if (other) view = other;
    else {
      const files = view.files!;
      const a1 = a.file ? stored.get(a.file) : undefined;
      const given = a.do === 'give' && a1 ? [...files.given, { ...a1, want: a.text! }] : files.given.filter((f) => a.do !== 'remove' || f.id !== a.text);
      view = { ...view, problem: undefined, files: { ...files, given } };
    }
    await part.rerender({ view, busy: false });
  }
  const receipt = await screen.findByRole('region', { name: 'Receipt' });
  const report = screen.getByRole('region', { name: 'Report' });
  const choose = (box: HTMLElement, ...files: File[]) => fireEvent.change(box.querySelector('input.chooser')!, { target: { files } });
  return { answers, receipt, report, choose, stored };
}

test('what is chosen is stored and given, and one goes on with it', async () => {
  const { answers, receipt, choose } = await open();
  expect(within(receipt).getByText(en.needed(1))).toBeVisible();
  await choose(receipt, file('a.pdf', 'application/pdf'));
  expect(await within(receipt).findByRole('button', { name: en.openFile('a.pdf', '1 kB') })).toBeVisible();
  expect(within(receipt).getByText(en.enough)).toBeVisible();
  await waitFor(() => expect(screen.getByRole('status')).toHaveTextContent(en.givenFile('a.pdf')));
  await fireEvent.click(screen.getByRole('button', { name: en.goOnWith(1) }));
  await waitFor(() => expect(answers).toEqual([{ do: 'give', text: 'receipt', file: 'f1' }, { do: 'go_on' }]));
});

test('a picture is held until it was looked at; going on adds it', async () => {
  const { answers, receipt, choose } = await open({ holds: true });
  await choose(receipt, file('a.png', 'image/png'));
  expect(await within(receipt).findByText(en.held)).toBeVisible();
  expect(within(receipt).getByRole('button', { name: en.coverFile('a.png') })).toBeVisible();
  expect(answers).toEqual([]);
  await fireEvent.click(screen.getByRole('button', { name: en.goOnWith(1) }));
  await waitFor(() => expect(answers.map((a) => a.do)).toEqual(['give', 'go_on']));
});

test('a picture that was held is there again after the page was read anew, until it is given', async () => {
  const rows = new Map<string, ReadonlyMap<string, File>>();
  const kept = {
    put: (run: string, files: ReadonlyMap<string, File>) => Promise.resolve(void rows.set(run, files)),
    get: (run: string) => Promise.resolve(rows.get(run) ?? new Map<string, File>()),
    remove: (run: string) => Promise.resolve(void rows.delete(run)),
    only: () => Promise.resolve(),
  };
  const onput = vi.fn();
  const first = await open({ holds: true, held: heldOf('r', onput, kept) });
  await first.choose(first.report, file('a.png', 'image/png'));
  await waitFor(() => expect([...(rows.get('r')?.values() ?? [])].map((f) => f.name)).toEqual(['a.png']));
  expect(onput).toHaveBeenCalled();
  cleanup();
  const again = await open({ holds: true, held: heldOf('r', onput, kept) });
  expect(await within(again.report).findByText(en.held)).toBeVisible();
  expect(rows.size).toBe(1);
  expect(again.answers).toEqual([]);
  await fireEvent.click(within(again.report).getByRole('button', { name: en.addFile('a.png') }));
  await waitFor(() => expect(again.answers.map((a) => [a.do, a.text])).toEqual([['give', 'report']]));
  await waitFor(() => expect(rows.size).toBe(0));
  cleanup();
  const other = await open({ holds: true, held: heldOf('s', onput, kept) });
  expect(within(other.report).queryByText(en.held)).toBeNull();
});

test('nobody goes on without what is needed, and is told what it is', async () => {
  const { answers } = await open();
  await fireEvent.click(screen.getByRole('button', { name: en.goOn }));
  expect(screen.getByRole('alert')).toHaveTextContent(en.lacking(['Receipt']));
  expect(answers).toEqual([]);
});

test('what is optional is skipped', async () => {
  const { answers } = await open({ optional: true });
  await fireEvent.click(screen.getByRole('button', { name: en.skip }));
  expect(answers).toEqual([{ do: 'skip' }]);
});

test('what the wallet does not take is never uploaded, and the least bound is named', async () => {
  const upload = vi.fn<Upload>();
  const { answers, receipt, choose } = await open({ limit: 9000, bytes: 2000, upload });
  expect(within(receipt).getByText(en.takes(['image', 'pdf', 'text'], 2, '2 kB'))).toBeVisible();
  await choose(receipt, file('between.pdf', 'application/pdf', 5000));
  expect(await within(receipt).findByText(`${en.problems.large} ${en.max('2 kB')}`)).toBeVisible();
  expect(upload).not.toHaveBeenCalled();
  expect(answers).toEqual([]);
});

test('what is too large, of another sort or too much says what to do, and loses nothing', async () => {
  const { answers, receipt, report, choose } = await open();
  await choose(receipt, file('huge.pdf', 'application/pdf', 2000));
  expect(await within(receipt).findByText(`${en.problems.large} ${en.max('1 kB')}`)).toBeVisible();
  await choose(report, file('words.txt', 'text/plain'));
  expect(within(report).getByRole('alert')).toHaveTextContent(en.odd(['words.txt'], ['image', 'pdf']));
  await choose(report, file('1.pdf', 'application/pdf'), file('2.pdf', 'application/pdf'), file('3.pdf', 'application/pdf'));
  expect(await within(report).findByText(en.leftOut(1))).toBeVisible();
  await waitFor(() => expect(within(report).getAllByText(/Added/)).toHaveLength(2));
  await fireEvent.click(screen.getByRole('button', { name: en.goOnWith(2) }));
  expect(screen.getByText(en.stuck)).toBeVisible();
  expect(answers.map((a) => a.do)).toEqual(['give', 'give']);
  await fireEvent.click(within(receipt).getByRole('button', { name: en.removeFile('huge.pdf') }));
  expect(screen.queryByText(en.stuck)).toBeNull();
});

test('what the run does not take says why at the file, and what was given stays', async () => {
  const { receipt, choose } = await open({ answer: (a, view) => (a.file === 'f2' ? { ...view, problem: 'same_file' } : undefined) });
  await choose(receipt, file('a.pdf', 'application/pdf'));
  await within(receipt).findByText(/Added/);
  await choose(receipt, file('again.pdf', 'application/pdf'));
  expect(await within(receipt).findByText(en.problems.same_file!)).toBeVisible();
  expect(within(receipt).getByRole('button', { name: en.openFile('a.pdf', '1 kB') })).toBeVisible();
});

test('what was given while no answer came is given once, when somebody tries again', async () => {
  let lost = true;
  const { answers, receipt, choose } = await open({ answer: (_, view) => (lost ? view : undefined) });
  await choose(receipt, file('a.pdf', 'application/pdf'));
  expect(await within(receipt).findByText(en.problems.no_answer!)).toBeVisible();
  expect(answers).toHaveLength(1);
  lost = false;
  await fireEvent.click(within(receipt).getByRole('button', { name: en.retryFile('a.pdf') }));
  expect(await within(receipt).findByText(/Added/)).toBeVisible();
  expect(answers).toEqual([{ do: 'give', text: 'receipt', file: 'f1' }, { do: 'give', text: 'receipt', file: 'f1' }]);
});

test('an upload that fails is tried again', async () => {
  let fails = true;
  const upload = vi.fn<Upload>((f) => (fails ? Promise.reject(new UploadRefused(415, 0)) : Promise.resolve({ id: 'f1', name: f.name, type: f.type, size: f.size })));
  const { receipt, choose } = await open({ upload });
  await choose(receipt, file('a.pdf', 'application/pdf'));
  expect(await within(receipt).findByText(en.problems.kind!)).toBeVisible();
  expect(within(receipt).queryByRole('button', { name: en.retryFile('a.pdf') })).toBeNull();
  fails = false;
  await fireEvent.click(within(receipt).getByRole('button', { name: en.removeFile('a.pdf') }));
  expect(within(receipt).queryByText('a.pdf')).toBeNull();
});

test('what is removed can be put back by who has it, and is asked about by who has not', async () => {
  const elsewhere: FileGiven = { id: 'old', want: 'receipt', name: 'old.png', type: 'image/png', size: 2000 };
  const { answers, receipt, choose } = await open({ given: [elsewhere] });
  await fireEvent.click(within(receipt).getByRole('button', { name: en.removeFile('old.png') }));
  expect(within(receipt).getByText(en.forGood)).toBeVisible();
  expect(answers).toEqual([]);
  await fireEvent.click(within(receipt).getByRole('button', { name: en.keep }));
  expect(within(receipt).queryByText(en.forGood)).toBeNull();
  await choose(receipt, file('new.pdf', 'application/pdf'));
  await fireEvent.click(await within(receipt).findByRole('button', { name: en.removeFile('new.pdf') }));
  await fireEvent.click(await within(receipt).findByRole('button', { name: en.undo }));
  expect(await within(receipt).findByRole('button', { name: en.openFile('new.pdf', '1 kB') })).toBeVisible();
  expect(answers.map((a) => a.do)).toEqual(['give', 'remove', 'give']);
});

test('what is pasted goes where such a file is wanted', async () => {
  const { answers, receipt } = await open();
  const files = [file('screen.png', 'image/png')];
  await fireEvent.paste(window, { clipboardData: { files } });
  expect(await within(receipt).findByText(/Added/)).toBeVisible();
  expect(answers).toEqual([{ do: 'give', text: 'receipt', file: 'f1' }]);
});

test('files that are pasted together first are all given, and none beside the step', async () => {
  const { answers, receipt, report, stored } = await open();
  await fireEvent.paste(window, { clipboardData: { files: [file('1.png', 'image/png'), file('2.png', 'image/png'), file('3.png', 'image/png')] } });
  await waitFor(() => expect(answers).toHaveLength(3));
  expect(await within(receipt).findAllByText(/Added/)).toHaveLength(2);
  expect(await within(report).findAllByText(/Added/)).toHaveLength(1);
  expect(answers.map((a) => [a.text, a.file])).toEqual([...stored.keys()].map((id, i) => [i < 2 ? 'receipt' : 'report', id]));
});

test('what is pasted after the first could not be had is asked for anew', async () => {
  let there = false;
  const { receipt, stored } = await open({ there: () => there });
  await fireEvent.paste(window, { clipboardData: { files: [file('1.png', 'image/png')] } });
  there = true;
  await fireEvent.paste(window, { clipboardData: { files: [file('2.png', 'image/png')] } });
  expect(await within(receipt).findByText(/Added/)).toBeVisible();
  expect(stored.size).toBe(1);
});

test('a skip that nobody answers loses nothing of what was chosen', async () => {
  let lost = true;
  const { answers, report, choose } = await open({ optional: true, holds: true, answer: (a, view) => (a.do === 'skip' && lost ? { ...view } : undefined) });
  await choose(report, file('a.png', 'image/png'));
  await within(report).findByText(en.held);
  await fireEvent.click(screen.getByRole('button', { name: en.skip }));
  await waitFor(() => expect(answers).toEqual([{ do: 'skip' }]));
  expect(within(report).getByText(en.held)).toBeVisible();
  lost = false;
  await fireEvent.click(within(report).getByRole('button', { name: en.addFile('a.png') }));
  expect(await within(report).findByText(/Added/)).toBeVisible();
});

test('what is dropped on a thing is for that thing', async () => {
  const { answers, report } = await open();
  await fireEvent.drop(report, { dataTransfer: { types: ['Files'], files: [file('r.pdf', 'application/pdf')] } });
  expect(await within(report).findByText(/Added/)).toBeVisible();
  expect(answers).toEqual([{ do: 'give', text: 'report', file: 'f1' }]);
});

test('both languages have the same words, and one for every problem', () => {
  const keys = (o: object): string[] => Object.entries(o).flatMap(([k, v]) => (typeof v === 'object' && v !== null ? Object.keys(v as object).map((x) => `${k}.${x}`) : [k]));
  expect(keys(zh).sort()).toEqual(keys(en).sort());
});
