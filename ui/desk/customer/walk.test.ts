import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Change } from '../../kit/protocol/client.ts';
import type { Run, View } from '../../kit/flow/wire.ts';
import { words as flow } from '../../kit/flow/words.en.ts';
import { Problem, type Api } from '../shell/api.ts';
import { en } from '../messages/en.ts';
import { walkEn } from '../messages/walk.en.ts';
import { walkZh } from '../messages/walk.zh.ts';
import { Walks } from './walk.svelte.ts';
import WalkDialog from './WalkDialog.svelte';
import WalksPanel from './WalksPanel.svelte';

const run = (more: Partial<Run> = {}): Run => ({ id: 'r1', flow: 'FL7', title: 'Get a refund', state: 'asking', step: 'pick', revision: 1, conv: 'c1', ...more });
const act = (what: string) => ({ type: 'act', act: { id: 'a', act: what, state: 'proposed', hash: 'h1', proof: 2, four_eyes: false, reversible: false } });
const choice: View = { step: 'pick', kind: 'ask', type: 'choice', say: 'What happened?', options: [{ id: 'late', label: 'It did not come' }] };

type Answer = (method: string, path: string, body?: Record<string, unknown>) => unknown;

function walking(answer: Answer, lang = 'en', theirs = 'zh') {
  const call = vi.fn(async (method: string, path: string, body?: Record<string, unknown>) => {
    await Promise.resolve();
    if (path.startsWith('/v1/flows')) return { items: [{ id: 'FL7', title: 'Get a refund', about: 'Ask for a payment back' }] };
    return answer(method, path, body);
  });
  const walks = new Walks({ call } as unknown as Api, 'c1', lang, theirs);
  render(WalksPanel, { m: en, walks });
  render(WalkDialog, { m: en, tag: lang, walks, filing: { picks: () => Promise.resolve(undefined), limits: () => undefined, online: () => true, link: () => Promise.resolve('') } });
  return { walks, call };
}

beforeAll(() => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

test('a flow is begun about a payment, in the customer’s language, and shown in the reader’s', async () => {
  const { walks, call } = walking((method, path) => (path.includes('/runs?') && method === 'GET' ? { items: [] } : { run: run(), views: [choice] }));
  walks.choose('tx-1');
  await fireEvent.click(await screen.findByRole('button', { name: /Get a refund/ }));
  await screen.findByText('What happened?');
  expect(call).toHaveBeenCalledWith('POST', '/v1/conversations/c1/runs?lang=zh', { flow: 'FL7', payment: 'tx-1' });
  expect(call).toHaveBeenCalledWith('GET', '/v1/runs/r1?lang=en');
  await fireEvent.click(screen.getByRole('button', { name: 'It did not come' }));
  await waitFor(() => expect(call).toHaveBeenCalledWith('POST', '/v1/runs/r1/answers?lang=en', expect.objectContaining({ do: 'set', text: 'late', step: 'pick' })));
  walks.leave();
});

test('what is the customer’s to agree to is shown, and has no yes here', async () => {
  const { walks } = walking((_, path) => (path.endsWith('/runs?lang=en') ? { items: [run()] } : { run: run({ step: 'agree' }), views: [{ step: 'agree', kind: 'confirm', card: 'act', value: act('refund') }] }));
  await fireEvent.click(await screen.findByRole('button', { name: /Get a refund/ }));
  await screen.findByText(walkEn.theirsToAgree);
  expect(screen.getByText(flow.acts.refund!)).toBeVisible();
  expect(screen.queryByRole('button', { name: flow.yes })).toBeNull();
  walks.leave();
});

test('what only makes safe may be set going by staff', async () => {
  const { walks, call } = walking((_, path) => (path.endsWith('/runs?lang=en') ? { items: [] } : { run: run({ step: 'agree' }), views: [{ step: 'agree', kind: 'confirm', card: 'act', value: act('freeze') }] }));
  walks.show('r1');
  await fireEvent.click(await screen.findByRole('button', { name: flow.yes }));
  await waitFor(() => expect(call).toHaveBeenCalledWith('POST', '/v1/runs/r1/answers?lang=en', expect.objectContaining({ do: 'confirm', hash: 'h1' })));
  expect(screen.queryByText(walkEn.theirsToAgree)).toBeNull();
  walks.leave();
});

test('what the customer answers meanwhile is seen', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let answered = false;
  const { walks } = walking((_, path) => {
    if (path.endsWith('/runs?lang=en')) return { items: [] };
    return answered ? { run: run({ state: 'ended', outcome: 'submitted', revision: 2 }), views: [{ step: 'end', kind: 'end', say: 'It is on its way.' }] } : { run: run(), views: [choice] };
  });
  walks.show('r1');
  await vi.waitFor(() => screen.getByText('What happened?'));
  answered = true;
  await vi.advanceTimersByTimeAsync(4_100);
  await vi.waitFor(() => screen.getByText('It is on its way.'));
  expect(screen.queryByRole('button', { name: 'It did not come' })).toBeNull();
  walks.leave();
});

test('with a connection the desk is told, and does not ask by itself', async () => {
  let answered = 0;
  const ears = new Set<(change: Change) => void>();
  const client = { state: 'open' as const, on: (ear: (change: Change) => void) => (ears.add(ear), () => ears.delete(ear)) };
  const call = vi.fn(async (_method: string, path: string) => {
    await Promise.resolve();
    if (path.startsWith('/v1/flows')) return { items: [] };
    if (path.includes('/runs?')) return { items: [run()] };
    return { run: run({ revision: 1 + answered, state: answered ? 'waiting' : 'asking' }), views: [choice] };
  });
  const asked = (path: string) => call.mock.calls.filter(([, p]) => p.startsWith(path)).length;
  const walks = new Walks({ call } as unknown as Api, 'c1', 'en', 'en', client);
  walks.show('r1');
  await vi.waitFor(() => expect(walks.walk?.run.revision).toBe(1));
  const tell = (more: Partial<Change & { what: 'run' }> = {}) => ears.forEach((ear) => ear({ what: 'run', conv: 'c1', run: 'r1', state: 'waiting', revision: 2, ...more }));
  tell({ conv: 'another' });
  tell({ revision: 1, state: 'asking' });
  expect(asked('/v1/runs/r1')).toBe(1);
  answered = 1;
  tell();
  await vi.waitFor(() => expect(walks.walk?.run.state).toBe('waiting'));
  expect(walks.runs?.[0]?.state).toBe('waiting');
  expect([asked('/v1/runs/r1'), asked('/v1/conversations')]).toEqual([2, 1]);
  tell({ run: 'r2', revision: 1, state: 'asking' });
  await vi.waitFor(() => expect(asked('/v1/conversations')).toBe(2));
  walks.leave();
  expect(ears.size).toBe(0);
});

test('an answer that came too late is no error, and one that did not get through is tried again as the same', async () => {
  let fails: Problem | undefined = new Problem(409, 'conflict');
  const { walks, call } = walking((_, path) => {
    if (path.endsWith('/runs?lang=en')) return { items: [] };
    if (path.includes('/answers') && fails) throw fails;
    return { run: run({ revision: path.includes('/answers') ? 3 : 1 }), views: [choice] };
  });
  walks.show('r1');
  await fireEvent.click(await screen.findByRole('button', { name: 'It did not come' }));
  await waitFor(() => expect(call.mock.calls.filter(([, path]) => path === '/v1/runs/r1?lang=en')).toHaveLength(2));
  expect(screen.queryByRole('alert')).toBeNull();
  await waitFor(() => expect(screen.getByRole('button', { name: 'It did not come' })).toBeEnabled());
  fails = new Problem(503, 'unavailable');
  await fireEvent.click(screen.getByRole('button', { name: 'It did not come' }));
  await screen.findByRole('alert');
  fails = undefined;
  await fireEvent.click(screen.getByRole('button', { name: en.tryAgain }));
  await waitFor(() => expect(screen.queryByRole('alert')).toBeNull());
  const ops = call.mock.calls.filter(([, path]) => path.includes('/answers')).map(([, , body]) => body!.op);
  expect(ops).toHaveLength(3);
  expect(ops[2]).toBe(ops[1]);
  expect(ops[0]).not.toBe(ops[1]);
  walks.leave();
});

test('open runs are listed with how far they are, those that are over last', async () => {
  const { walks } = walking(() => ({ items: [run({ id: 'r0', title: 'Where is my money?', state: 'ended', outcome: 'informed' }), run({ state: 'waiting' })] }));
  const lines = await screen.findAllByRole('button', { name: /refund|money/ });
  expect(lines.map((l) => l.textContent!.replace(/\s+/g, ' ').trim())).toEqual(['Get a refund Waits', 'Where is my money? Done']);
  walks.leave();
});

test('who has not the conversation is told to take it over', async () => {
  const { walks } = walking(() => {
    throw new Problem(403, 'forbidden');
  });
  await screen.findByText(walkEn.notYours);
  walks.leave();
});

test('both languages have the same words', () => {
  const keys = (o: object): string[] => Object.entries(o).flatMap(([k, v]) => (typeof v === 'object' && v !== null ? keys(v as object).map((x) => `${k}.${x}`) : [k]));
  expect(keys(walkZh)).toEqual(keys(walkEn));
});
