import { expect, test, vi } from 'vitest';
import { Toasts } from '../../kit/toasts.svelte.ts';
import { en } from '../messages/en.ts';
import type { Change, ChangeResult, Conversation } from '../shell/api.ts';
import { Problem } from '../shell/api.ts';
import { Undo } from '../shell/undo.svelte.ts';
import { change, guess, inverse, type ChangingOptions } from './changing.ts';

const line = (id: string, more: Partial<Conversation> = {}): Conversation => ({
  id,
  status: 'open',
  priority: 'normal',
  customer: { id: `customer ${id}`, evidence: 'verified', anonymous: false },
  channel: 'chat',
  tags: ['a'],
  preview: '',
  unread: 0,
  last_seq: 3,
  last_activity: 1,
  created_at: 0,
  reopened: 0,
  ...more,
});

function options(answer: (changes: Change[]) => ChangeResult[]) {
  const shown: Conversation[] = [];
  const asked: Change[][] = [];
  const failed = vi.fn();
  const toasts = new Toasts();
  const o: ChangingOptions = {
    api: {
      change: (changes) => {
        asked.push(changes);
        return Promise.resolve().then(() => answer(changes));
      },
    },
    undo: new Undo(toasts, () => en.undo),
    m: () => en,
    show: (c) => shown.push(c),
    reread: () => undefined,
    failed,
    staff: (id) => ({ id, name: 'Bo' }),
  };
  return { o, shown, asked, failed, toasts };
}
const fine = (changes: Change[]) => changes.map(({ id }) => ({ id }));

test('what is done shows at once, and is taken back by undoing', async () => {
  const { o, shown, asked } = options(fine);
  const before = [line('x', { priority: 'low' }), line('y', { assignee: { id: 'mei', name: 'Mei' } })];
  const doing = change(o, before, { priority: 'urgent', assignee: 'bo', add_tags: ['vip'] }, 'done');
  expect(shown.map((c) => [c.priority, c.assignee?.name, c.tags])).toEqual([
    ['urgent', 'Bo', ['a', 'vip']],
    ['urgent', 'Bo', ['a', 'vip']],
  ]);
  await doing;
  expect(o.undo.run()).toBe(true);
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  expect(asked[1]).toEqual([
    { id: 'x', assignee: '', priority: 'low', remove_tags: ['vip'] },
    { id: 'y', assignee: 'mei', priority: 'normal', remove_tags: ['vip'] },
  ]);
  expect(shown.slice(-2)).toEqual(before);
  expect(o.undo.run()).toBe(false);
});

test('what was refused is shown as it is, told, and not undone', async () => {
  const { o, shown, asked, toasts } = options((changes) => changes.map(({ id }) => (id === 'y' ? { id, code: 'conflict', field: 'seen' } : { id })));
  await change(o, [line('x'), line('y')], { status: 'resolved' }, 'done');
  expect(shown.at(-1)).toMatchObject({ id: 'y', status: 'open' });
  expect(toasts.list.map((t) => t.text)).toEqual([en.many.refused(1, 2, en.error.unseen), 'done']);
  o.undo.run();
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  expect(asked[1]!.map((c) => c.id)).toEqual(['x']);
});

test('without a connection everything is as it was', async () => {
  const { o, shown, failed, toasts } = options(() => {
    throw new Problem(0, 'offline');
  });
  await change(o, [line('x')], { priority: 'high' }, 'done');
  expect(shown.at(-1)).toEqual(line('x'));
  expect(failed).toHaveBeenCalledWith('offline');
  expect(toasts.list).toEqual([]);
});

test('a snooze that would be over is undone to open', () => {
  const snoozed = line('x', { status: 'snoozed', snoozed_until: 5_000_000 });
  expect(inverse(snoozed, { status: 'resolved' }, 4_000)).toEqual({ id: 'x', status: 'snoozed', until: 5_000_000, undo: true });
  expect(inverse(snoozed, { status: 'resolved' }, 6_000)).toEqual({ id: 'x', status: 'open', undo: true });
  expect(inverse(line('x'), { add_tags: ['a'] })).toBeUndefined();
  expect(guess(line('x'), { remove_tags: ['a'], assignee: '' }, () => undefined)).toMatchObject({ tags: [], assignee: undefined });
});

test('handing over shows the team at once, and undoing gives back who had it', () => {
  const before = line('x', { status: 'waiting', team: 'old', assignee: { id: 'mei', name: 'Mei' } });
  const toTeam = { hand_over: { team_id: 'new', note: 'she was called' } };
  expect(guess(before, toTeam, () => undefined)).toMatchObject({ team: 'new', assignee: undefined, status: 'open' });
  expect(inverse(before, toTeam)).toEqual({ id: 'x', assignee: 'mei', team: 'old', status: 'waiting' });
  const toBo = { hand_over: { staff_id: 'bo' } };
  expect(guess(before, toBo, (id) => ({ id, name: 'Bo' }))).toMatchObject({ team: 'old', assignee: { id: 'bo', name: 'Bo' }, status: 'waiting' });
  expect(inverse(before, toBo)).toEqual({ id: 'x', assignee: 'mei' });
});

test('a skill is added beside what a colleague asks for, and undoing takes only it away', async () => {
  const { o, shown, asked } = options(fine);
  await change(o, [line('x', { skills: ['tax', 'fraud'] })], { add_skills: ['cards', 'tax'], remove_skills: ['fraud', 'never'] }, 'done');
  expect(shown[0]!.skills).toEqual(['cards', 'tax']);
  o.undo.run();
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  expect(asked[1]).toEqual([{ id: 'x', remove_skills: ['cards'], add_skills: ['fraud'] }]);
});

test('what could not be done is read again: something newer may have come meanwhile', async () => {
  const { o } = options(() => {
    throw new Problem(0, 'offline');
  });
  const reread = vi.fn();
  await change({ ...o, reread }, [line('x')], { priority: 'high' }, 'done');
  expect(reread).toHaveBeenCalledWith('x');
});
