import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Inbox } from '../inbox/inbox.svelte.ts';
import { en } from '../messages/en.ts';
import Palette from '../palette/Palette.svelte';
import SkillsField from '../teams/SkillsField.svelte';
import CodePick from '../thread/CodePick.svelte';
import type { Api, Conversation } from './api.ts';
import type { Desk } from './desk.svelte.ts';
import { shortcut } from './shortcuts.ts';
import TopBar from './TopBar.svelte';

beforeAll(() => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
  Element.prototype.scrollIntoView = () => undefined;
});
afterEach(cleanup);

/** Enter as Safari tells of it when it only commits a word: the composition is over, and the key code says so. */
const committing = { key: 'Enter', keyCode: 229 };
const line: Conversation = {
  id: 'c', status: 'open', priority: 'normal', customer: { id: 'anna', name: 'Anna', evidence: 'verified', anonymous: false }, channel: 'chat', tags: [],
  preview: 'card ‹pan ••••1111› lost', unread: 0, last_seq: 1, last_activity: 1, created_at: 1, reopened: 0,
};

function desk() {
  const inbox = new Inbox({} as Api, () => 'mei', () => undefined, () => []);
  inbox.items = [line];
  return {
    me: { id: 'mei', name: 'Mei', role: 'agent' }, mayFind: true, hasInbox: true, page: 'inbox', keys: true, online: true, connection: 'open', language: 'en', theme: 'system', tag: 'en',
    search: { query: '退款' }, searchFor: vi.fn(), endSearch: vi.fn(), look: vi.fn(), visit: vi.fn(), addressOf: (page: string) => `#${page}`, go: vi.fn(), open: vi.fn(),
    offers: { presence: undefined, offer: undefined as object | undefined }, notify: { supported: false },
    paletteOpen: true, doers: {}, views: { saved: [] }, inbox, teams: { all: [] }, staff: [], macros: { all: [], load: () => Promise.resolve() },
  };
}

test('the box of the search', async () => {
  const d = desk();
  render(TopBar, { desk: d as unknown as Desk, m: en });
  const box = screen.getByRole('searchbox');
  await fireEvent.keyDown(box, committing);
  await fireEvent.keyDown(box, { ...committing, key: 'Escape' });
  expect([d.searchFor.mock.calls, d.endSearch.mock.calls]).toEqual([[], []]);
  await fireEvent.keyDown(box, { key: 'Enter' });
  expect(d.searchFor).toHaveBeenCalledWith('退款');
});

test('the palette', async () => {
  const d = desk();
  render(Palette, { desk: d as unknown as Desk, m: en });
  const box = screen.getByRole('combobox', { name: en.palette.title });
  await fireEvent.input(box, { target: { value: 'Anna' } });
  await fireEvent.keyDown(box, committing);
  expect(d.open).not.toHaveBeenCalled();
  await fireEvent.keyDown(box, { key: 'Enter' });
  await vi.waitFor(() => expect(d.open).toHaveBeenCalledWith('c'));
});

test('a removed secret is said in the palette as it is everywhere', async () => {
  render(Palette, { desk: desk() as unknown as Desk, m: en });
  await fireEvent.input(screen.getByRole('combobox', { name: en.palette.title }), { target: { value: 'Anna' } });
  expect(screen.getAllByRole('option', { name: /Anna/ })[0]).toHaveTextContent(en.message.removedHere('pan', '1111'));
});

test('the code of a resolution', async () => {
  const onpick = vi.fn();
  const codes = [{ id: 'refunded', revision: 1, value: { name: 'Refunded' } }];
  render(CodePick, { m: en, language: 'en', codes, chosen: '', required: false, onenter: vi.fn(), onpick });
  const box = screen.getByRole('combobox');
  await fireEvent.input(box, { target: { value: 'Ref' } });
  await fireEvent.keyDown(box, committing);
  expect(onpick).not.toHaveBeenCalled();
  await fireEvent.keyDown(box, { key: 'Enter' });
  expect(onpick).toHaveBeenCalledOnce();
});

test('a skill', async () => {
  render(SkillsField, { m: en, value: [], known: [] });
  const box = screen.getByRole('textbox', { name: en.duties.skills });
  await fireEvent.input(box, { target: { value: '退款' } });
  await fireEvent.keyDown(box, committing);
  expect(box).toHaveValue('退款');
  await fireEvent.keyDown(box, { key: 'Enter' });
  expect(box).toHaveValue('');
});

test('a command of one key', () => {
  expect(shortcut(new KeyboardEvent('keydown', { key: 'Escape', keyCode: 229 }))).toBeUndefined();
  expect(shortcut(new KeyboardEvent('keydown', { key: 'Escape' }))).toBe('escape');
});
