import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Run, View, Walk } from '../../../kit/flow/wire.ts';
import type { Change } from '../../../kit/protocol/client.ts';
import type { Chat } from '../chat.svelte.ts';
import { Running } from './running.svelte.ts';

const run = (part: Partial<Run> = {}): Run => ({ id: 'r1', flow: 'FL2', title: 'Why did my payment fail?', state: 'asking', step: 'what', revision: 1, ...part });
const ask: View = { step: 'what', kind: 'ask', type: 'choice', say: 'What now?', options: [{ id: 'clear', label: 'That answers it' }], back: true };
const end: View = { step: 'solved', kind: 'end', say: 'Good.' };

interface Sent {
  path: string;
  body?: { op?: string; do?: string; flow?: string; given?: unknown };
}

/** A server that answers in turn, and remembers what it was asked. */
function serve(...answers: (Walk | number | 'lost')[]): Sent[] {
  const sent: Sent[] = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    sent.push({ path, body: init.body ? (JSON.parse(init.body as string) as Sent['body']) : undefined });
    const next = answers.shift();
    if (next === undefined || next === 'lost') return Promise.reject(new TypeError('network'));
    if (typeof next === 'number') return Promise.resolve(new Response('{}', { status: next }));
    return Promise.resolve(new Response(JSON.stringify(next), { status: 200 }));
  });
  return sent;
}

const fill = vi.fn();
const ears = new Set<(change: Change) => void>();
const tell = (change: Change) => ears.forEach((ear) => ear(change));
const news = (revision: number, id = 'r1'): Change => ({ what: 'run', run: id, state: 'asking', revision });
const client = { session: 's', on: (ear: (change: Change) => void) => (ears.add(ear), () => ears.delete(ear)) };
const chat = (part: Partial<Chat> = {}) => ({ client, parts: { language: 'en' }, shown: true, fill, ...part }) as unknown as Chat;
const settled = async (r: Running) => vi.waitFor(() => expect(r.busy).toBe(false));

beforeEach(() => {
  fill.mockClear();
  ears.clear();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('an answer moves up, and the next step is shown', async () => {
  const sent = serve({ run: run(), views: [ask] }, { run: run({ state: 'ended', step: 'solved', revision: 2, outcome: 'solved' }), views: [end] });
  const r = new Running(chat(), { flow: 'FL2', given: { payment: 'tx-1' } });
  await settled(r);
  expect(sent[0]).toMatchObject({ path: '/rt/runs?lang=en', body: { flow: 'FL2', given: { payment: 'tx-1' } } });
  r.answer({ do: 'set', text: 'clear' }, 'That answers it');
  await settled(r);
  expect(sent[1]!.body).toMatchObject({ do: 'set', text: 'clear' });
  expect(r.passed.map((p) => p.said)).toEqual(['That answers it']);
  expect(r.views).toEqual([end]);
});

test('a press that was lost is sent again as the same one', async () => {
  const sent = serve({ run: run(), views: [ask] }, 'lost', { run: run({ revision: 2 }), views: [end] });
  const r = new Running(chat(), { flow: 'FL2' });
  await settled(r);
  r.answer({ do: 'set', text: 'clear' });
  await settled(r);
  expect(r.failed).toBe(true);
  expect(r.views).toEqual([ask]);
  r.tryAgain();
  await vi.waitFor(() => expect(r.views).toEqual([end]));
  expect(sent[2]!.body!.op).toBe(sent[1]!.body!.op);
  expect(r.failed).toBe(false);
});

test('whoever comes second sees what the other device did', async () => {
  const sent = serve({ run: run(), views: [ask] }, 409, { run: run({ revision: 5, step: 'solved', state: 'ended' }), views: [end] });
  const r = new Running(chat(), { flow: 'FL2' });
  await settled(r);
  r.answer({ do: 'set', text: 'clear' }, 'That answers it');
  await settled(r);
  expect(sent[2]!.path).toBe('/rt/runs/r1?lang=en');
  expect(r.views).toEqual([end]);
  expect(r.passed).toEqual([]);
});

test('the card of a payment stands where one is now, and what was agreed to stays', async () => {
  const value = { type: 'payment', payment: { id: 'tx-1', kind: 'payment', direction: 'out' as const, state: 'late', amount: { amount: '1', currency: 'EUR', scale: 2 }, where: 'late' } };
  const act = { type: 'act', act: { id: 'a', act: 'refund', state: 'proposed', hash: 'h', proof: 2, four_eyes: false, reversible: false } };
  const tells: View = { step: 'tell', kind: 'show', card: 'payment', value, say: 'It is late.' };
  const agree: View = { step: 'agree', kind: 'confirm', card: 'act', value: act };
  serve({ run: run(), views: [tells, agree] }, { run: run({ revision: 2, state: 'waiting' }), views: [{ step: 'wait', kind: 'wait', card: 'payment', value }, { step: 'prove', kind: 'step_up', card: 'act', value: act }] });
  const r = new Running(chat(), { flow: 'FL2' });
  await settled(r);
  r.answer({ do: 'confirm', hash: 'h' }, 'Yes');
  await settled(r);
  expect(r.passed[0]!.views.map((v) => [v.say, v.value?.type])).toEqual([
    ['It is late.', undefined],
    [undefined, 'act'],
  ]);
  expect(r.views[0]!.value).toEqual(value);
});

test('a question that comes again with a problem was not answered', async () => {
  serve({ run: run(), views: [ask] }, { run: run({ revision: 2 }), views: [{ ...ask, problem: 'no_option' }] });
  const r = new Running(chat(), { flow: 'FL2' });
  await settled(r);
  r.answer({ do: 'set', text: 'nonsense' }, 'nonsense');
  await settled(r);
  expect(r.passed).toEqual([]);
  expect(r.views[0]!.problem).toBe('no_option');
});

test('where there is no such flow, the form is asked; without one it says so', async () => {
  serve(404, 403);
  const form = { id: 'refund', revision: 1, title: 'A refund', fields: [] };
  new Running(chat(), { flow: 'FL7' }, form);
  await vi.waitFor(() => expect(fill).toHaveBeenCalledWith(form));
  const alone = new Running(chat(), { flow: 'FL7' });
  await settled(alone);
  expect(alone.gone).toBe(true);
});

test('what changed is asked for when the connection says so, and nothing before', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const waiting = { run: run({ state: 'waiting' as const }), views: [] };
  const sent = serve(waiting, { run: run({ revision: 2, state: 'ended', outcome: 'submitted' }), views: [end] });
  const r = new Running(chat(), { flow: 'FL2' });
  await vi.advanceTimersByTimeAsync(50_000);
  tell(news(1));
  tell(news(9, 'another'));
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toHaveLength(1);
  tell(news(2));
  await vi.advanceTimersByTimeAsync(0);
  expect(sent[1]!.path).toBe('/rt/runs/r1?lang=en');
  expect(r.views).toEqual([end]);
});

test('what is told while it is being asked is asked for once more, and no oftener', async () => {
  const sent = serve({ run: run({ state: 'waiting' }), views: [] }, { run: run({ revision: 2, state: 'waiting' }), views: [] }, { run: run({ revision: 4 }), views: [ask] });
  const r = new Running(chat(), { flow: 'FL2' });
  await settled(r);
  tell(news(2));
  tell(news(3));
  tell(news(4));
  await vi.waitFor(() => expect(r.views).toEqual([ask]));
  expect(sent).toHaveLength(3);
});

test('another device that answers moves this one on', async () => {
  serve({ run: run(), views: [ask] }, { run: run({ revision: 2, state: 'ended', outcome: 'informed' }), views: [end] });
  const r = new Running(chat(), { flow: 'FL2' });
  await settled(r);
  tell(news(2));
  await vi.waitFor(() => expect(r.views).toEqual([end]));
});

test('nobody looks at what is not in view; whoever comes back sees what is so now', async () => {
  const c = chat({ shown: false });
  const sent = serve({ run: run({ state: 'waiting' }), views: [] }, { run: run({ revision: 2 }), views: [ask] });
  const r = new Running(c, { flow: 'FL2' });
  await settled(r);
  tell(news(2));
  expect(sent).toHaveLength(1);
  c.shown = true;
  await r.look();
  expect(r.views).toEqual([ask]);
});

test('a hint that was lost is made good by the next welcome, and by the minute', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const waiting = { run: run({ state: 'working' as const }), views: [] };
  const sent = serve(waiting, waiting, waiting, waiting, waiting);
  const r = new Running(chat(), { flow: 'FL2' });
  await vi.advanceTimersByTimeAsync(0);
  tell({ what: 'welcome' } as Change);
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent).toHaveLength(3);
  r.leave();
  tell(news(7));
  await vi.advanceTimersByTimeAsync(600_000);
  expect(sent).toHaveLength(3);
  expect(ears.size).toBe(0);
});

test('the payment that the page asked about is given to the flow, once', async () => {
  const sent = serve({ run: run(), views: [ask] });
  const c = chat({ about: 'tx-9' } as Partial<Chat>);
  const r = new Running(c, { flow: 'FL6' });
  await settled(r);
  expect(sent[0]!.body!.given).toEqual({ payment: 'tx-9' });
  expect(c.about).toBeUndefined();
});

test('what is not kept any more stands on the screen no more', async () => {
  const typed: View = { step: 'by_id', kind: 'ask', type: 'text', say: 'Which one?' };
  serve({ run: run(), views: [ask] }, { run: run({ revision: 2 }), views: [typed] }, { run: run({ revision: 3 }), views: [ask] }, { run: run({ revision: 4 }), views: [{ ...ask, step: 'leaked', forgets: true }] });
  const r = new Running(chat(), { flow: 'FL17' });
  await settled(r);
  for (const said of ['Where is it?', '4c0883a6', 'That was a key']) {
    r.answer({ do: 'set', text: said }, said);
    await settled(r);
  }
  expect(r.passed.map((p) => p.said)).toEqual(['Where is it?', undefined, 'That was a key']);
});
