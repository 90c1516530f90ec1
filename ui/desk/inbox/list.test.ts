import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import type { Conversation } from '../shell/api.ts';
import { en } from '../messages/en.ts';
import Row from './Row.svelte';

afterEach(cleanup);

test.each([
  ['an answer', { preview: 'On it.', preview_kind: 'message', preview_author: 'agent' }, 'Answered: On it.'],
  ['a note, which is no answer', { preview: 'Called back.', preview_kind: 'note', preview_author: 'agent' }, 'Note: Called back.'],
  ['what the customer wrote', { preview: 'Hello?', preview_kind: 'message', preview_author: 'customer' }, 'Hello?'],
  ['a message that was removed', { preview: '', preview_kind: 'message', preview_author: 'customer' }, en.message.gone],
  ['nothing', { preview: '' }, en.inbox.noText],
])('a line of the list shows %s', (_, preview: Partial<Conversation>, shown) => {
  const line = { id: 'c', status: 'open', customer: { id: 'anna', name: 'Anna', evidence: 'verified', anonymous: false }, tags: [], unread: 0, last_activity: 1, reopened: 0, ...preview };
  const nothing = () => undefined;
  const about = { current: false, cursor: false, chosen: false, choosing: false, mentioned: false, showsAssignee: false, showsStatus: false };
  render(Row, { c: line as unknown as Conversation, m: en, tag: 'en', ...about, onopen: nothing, onchoose: nothing, onfocus: nothing, onnear: nothing });
  expect(screen.getByText(shown, { exact: true })).toBeVisible();
});
