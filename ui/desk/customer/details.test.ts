import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import type { Conversation } from '../shell/api.ts';
import type { Desk } from '../shell/desk.svelte.ts';
import Details from './Details.svelte';
import { en } from '../messages/en.ts';
import { Teams } from '../teams/teams.svelte.ts';
import type { Thread } from '../thread/thread.svelte.ts';

const line = (id: string, more: Partial<Conversation> = {}): Conversation => ({
  id,
  status: 'open',
  priority: 'normal',
  customer: { id: 'anna', evidence: 'verified', anonymous: false },
  channel: 'chat',
  tags: [],
  preview: `words of ${id}`,
  unread: 0,
  last_seq: 1,
  last_activity: 1,
  created_at: 1,
  reopened: 0,
  ...more,
});

function shown(own: Partial<Conversation> = {}, others = [line('two'), line('gone', { status: 'merged' })], about: object = {}, reader: object = {}) {
  const thread = {
    id: 'one',
    conversation: line('one', own),
    customer: {
      id: 'anna',
      evidence: 'verified',
      anonymous: false,
      handles: [
        { id: 'h1', kind: 'wallet', masked: '••••1234', evidence: 'verified' },
        { id: 'h2', kind: 'phone', masked: '••••4567', evidence: 'claimed' },
        { id: 'h3', kind: 'phone', masked: '••••4567', evidence: 'inferred' },
      ],
      conversations: [line('one'), ...others],
    },
    addHandle: vi.fn(() => Promise.resolve(true)),
    forgetHandle: vi.fn((_id: string) => Promise.resolve(false)),
    setTopic: vi.fn(() => Promise.resolve(true)),
    mergeInto: vi.fn(() => Promise.resolve(true)),
    read: vi.fn(() => Promise.resolve()),
    ...about,
  };
  const api = { call: () => new Promise<never>(() => undefined) };
  const desk = { tag: 'en', api, teams: new Teams(api), open: vi.fn(), change: vi.fn(() => Promise.resolve([{ id: 'one' }])), toasts: { say: vi.fn() }, ...reader };
  render(Details, { desk: desk as unknown as Desk, m: en, thread: thread as unknown as Thread });
  return { desk, thread };
}

afterEach(cleanup);

test('the topic is written where it stands, and what was refused is shown as it was', async () => {
  const { thread } = shown({ topic: 'Card lost' });
  const box = screen.getByRole('textbox', { name: en.details.topic });
  expect(box).toHaveValue('Card lost');
  await fireEvent.change(box, { target: { value: 'Card found' } });
  expect(thread.setTopic).toHaveBeenCalledWith('Card found');
  thread.setTopic.mockResolvedValueOnce(false);
  await fireEvent.change(box, { target: { value: 'x'.repeat(200) } });
  await vi.waitFor(() => expect(box).toHaveValue('Card lost'));
});

test('another conversation without words is told apart by when it was begun', () => {
  const { thread } = shown();
  expect(thread.customer.conversations).toHaveLength(3);
  expect(screen.getByRole('button', { name: /words of two/ })).toBeVisible();
  cleanup();
  shown({}, [line('two', { preview: '' })]);
  expect(screen.getByRole('button', { name: /^Begun / })).toBeVisible();
});

test('two numbers that look the same are two, and what the wallet verified stays', async () => {
  const { thread } = shown();
  const removals = screen.getAllByRole('button', { name: en.details.forgetHandle('••••4567') });
  expect(removals).toHaveLength(2);
  expect(screen.queryByRole('button', { name: en.details.forgetHandle('••••1234') })).toBeNull();
  await fireEvent.click(removals[1]!);
  expect(thread.forgetHandle).toHaveBeenCalledWith('h3');
});

test('who removes a number by keyboard stands at the next one, and then where one is added', async () => {
  const { thread } = shown();
  const { handles } = thread.customer;
  thread.forgetHandle.mockImplementation(async (id: string) => {
    await Promise.resolve();
    document.querySelectorAll('.value')[handles.findIndex((h) => h.id === id)]?.closest('li')?.remove();
    return true;
  });
  const removals = screen.getAllByRole('button', { name: en.details.forgetHandle('••••4567') });
  removals[0]!.focus();
  await fireEvent.click(removals[0]!);
  await vi.waitFor(() => expect(removals[1]).toHaveFocus());
  thread.forgetHandle.mockImplementation(async () => {
    await Promise.resolve();
    removals[1]!.closest('li')!.remove();
    return true;
  });
  await fireEvent.click(removals[1]!);
  await vi.waitFor(() => expect(screen.getByRole('textbox', { name: en.details.addHandle })).toHaveFocus());
});

test('whoever sees only what they were given is not told of a wallet and of others', () => {
  shown({}, [line('two')], {}, { outside: true });
  expect(screen.queryByText(en.details.others)).toBeNull();
  expect(screen.getByRole('textbox', { name: en.details.topic })).toBeVisible();
});

test('a number that was refused stays in its box', async () => {
  const { thread } = shown();
  const box = screen.getByRole('textbox', { name: en.details.addHandle });
  const add = async (value: string) => {
    await fireEvent.input(box, { target: { value } });
    await fireEvent.submit(box);
  };
  await add(' +49 170 1 ');
  expect(thread.addHandle).toHaveBeenCalledWith('phone', '+49 170 1');
  await vi.waitFor(() => expect(box).toHaveValue(''));
  thread.addHandle.mockResolvedValueOnce(false);
  await add('4111 1111 1111 1111');
  await vi.waitFor(() => expect(box).toHaveValue('4111 1111 1111 1111'));
});

test('a conversation goes on in another one that can take it, and the desk follows', async () => {
  const { desk, thread } = shown();
  const join = screen.getAllByTitle(en.details.joinHint);
  expect(join).toHaveLength(1);
  await fireEvent.click(join[0]!);
  expect(thread.mergeInto).toHaveBeenCalledWith('two');
  await vi.waitFor(() => expect(desk.open).toHaveBeenCalledWith('two'));
});

test('what is merged is not merged again', () => {
  shown({ status: 'merged', merged_into: 'two' });
  expect(screen.queryByTitle(en.details.joinHint)).toBeNull();
});

test('a tag comes and goes by itself: what a colleague set meanwhile stays', async () => {
  const { desk, thread } = shown({ tags: ['vip'] });
  await fireEvent.click(screen.getByRole('button', { name: en.details.removeTag('vip') }));
  expect(desk.change).toHaveBeenLastCalledWith([thread.conversation], { remove_tags: ['vip'] }, en.details.untagged);
  const box = screen.getByRole('textbox', { name: en.details.addTag });
  await fireEvent.input(box, { target: { value: 'card' } });
  await fireEvent.submit(box);
  expect(desk.change).toHaveBeenLastCalledWith([thread.conversation], { add_tags: ['card'] }, en.details.tagged);
  const skill = screen.getByRole('textbox', { name: en.duties.skills });
  await fireEvent.input(skill, { target: { value: 'tax' } });
  await fireEvent.keyDown(skill, { key: 'Enter' });
  expect(desk.change).toHaveBeenLastCalledWith([thread.conversation], { add_skills: ['tax'] }, en.details.skillsSet);
});

test('that there are no other conversations is said only when that is known', async () => {
  shown({}, [], { customer: undefined });
  expect(screen.queryByText(en.details.noOthers)).toBeNull();
  cleanup();
  const { thread } = shown({}, [], { customer: undefined, customerProblem: 'offline' });
  expect(screen.queryByText(en.details.noOthers)).toBeNull();
  await fireEvent.click(screen.getByRole('button', { name: en.tryAgain }));
  expect(thread.read).toHaveBeenCalled();
  cleanup();
  shown({}, []);
  expect(screen.getByText(en.details.noOthers)).toBeVisible();
});
