import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { entry, event, missed, setUp, welcome } from '../../kit/protocol/fake.ts';
import { MemoryStorage } from '../../kit/protocol/storage.ts';
import { Api, type Conversation, type Draft } from '../shell/api.ts';
import { Drafts } from './drafts.ts';
import { mentionsIn } from './suggest.ts';
import { Thread } from './thread.svelte.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(0);
const mei = welcome({ staff: { id: 'mei', name: 'Mei', role: 'agent' } });

/** A server that knows the conversation c, and a desk that may look at it and away again. */
async function house() {
  const { client, server, changes } = setUp({ role: 'desk' });
  client.start();
  await settle();
  server.last.receive(mei);
  const conversation: Conversation = {
    id: 'c', status: 'open', priority: 'normal', customer: { id: 'anna', name: 'Anna', evidence: 'verified', anonymous: false }, channel: 'chat', tags: [],
    preview: '', unread: 0, last_seq: 2, last_activity: 1, created_at: 1, reopened: 0,
  };
  const stored: { c: Draft } = { c: { text: '', note: false } };
  /** What the next answers are. */
  const at = { customer: 200, put: () => Promise.resolve(204) };
  const api = new Api((input, init) => {
    const path = String(input);
    if (path.endsWith('/draft') && init?.method === 'PUT') stored.c = JSON.parse(String(init.body)) as Draft;
    if (path.endsWith('/priority')) return at.put().then((status) => (status === 204 ? new Response(null, { status }) : Response.json({ code: 'forbidden' }, { status })));
    if (init?.method === 'PUT') return Promise.resolve(new Response(null, { status: 204 }));
    if (path.endsWith('/draft')) return Promise.resolve(Response.json(stored.c));
    if (path === '/v1/conversations/c') return Promise.resolve(Response.json(conversation));
    if (at.customer !== 200) return Promise.resolve(new Response(null, { status: at.customer }));
    return Promise.resolve(Response.json({ id: 'anna', anonymous: false, evidence: 'verified', handles: [], conversations: [] }));
  });
  const storage = new MemoryStorage();
  const look = async (drafts = new Drafts(storage, api)) => {
    drafts.open('mei');
    const thread = new Thread('c', api, client, drafts, () => undefined, () => undefined);
    server.last.receive(missed('c', [entry('c', 1), entry('c', 2)]));
    await settle();
    return thread;
  };
  const again = async () => {
    if (client.state === 'open') server.last.events.end('lost');
    await vi.advanceTimersByTimeAsync(5_000);
    server.last.receive(mei);
    await settle();
  };
  return { at, client, server, changes, conversation, look, again, storage, stored, api };
}

test('what became of it without a connection is read when there is one again', async () => {
  const { conversation, look, again } = await house();
  const thread = await look();
  conversation.assignee = { id: 'ben', name: 'Ben' };
  await again();
  expect(thread.conversation?.assignee?.name).toBe('Ben');
});

test('what was read without a connection is told when there is one again', async () => {
  const { conversation, look, again, server, client } = await house();
  const thread = await look();
  server.last.receive(event('c', 3, { author: { kind: 'customer' } }));
  conversation.unread = 1;
  await thread.read();
  server.last.events.end('lost');
  expect(client.state).not.toBe('open');
  thread.seen();
  expect(thread.conversation?.unread).toBe(1);
  await again();
  thread.seen();
  expect(server.last.of('read')).toMatchObject([{ conv: 'c', seq: 3 }]);
  expect(thread.conversation?.unread).toBe(0);
});

test('a conversation that was left leaves no log behind that would be read for ever', async () => {
  const { look, client } = await house();
  const thread = await look();
  thread.leave();
  thread.seen();
  expect(thread.top).toBe(0);
  expect(client.peek('c')).toBeUndefined();
});

const then = { name: 'resolved', doing: { status: 'resolved' as const } };

test('what a macro does waits until its answer is stored, and is not done when that is refused', async () => {
  const { look, server, changes } = await house();
  const thread = await look();
  const settled = () => changes.flatMap((c) => (c.what === 'settled' ? [[c.conv, c.message.after, c.message.seen]] : []));
  thread.typed('Done.');
  thread.follow(then);
  thread.send([]);
  const [sent] = server.last.of('send');
  expect(sent).not.toHaveProperty('after');
  server.last.receive({ t: 'error', code: 'conflict', field: 'unless_answered', ref: sent!.client_msg_id });
  expect(settled()).toEqual([]);
  // It goes with the answer wherever that goes.
  thread.sendAnyway(sent!.client_msg_id);
  server.last.receive({ t: 'stored', conv: 'c', client_msg_id: sent!.client_msg_id, seq: 3, at: 1 });
  expect(settled()).toEqual([['c', then, 2]]);
});

test('what a macro does is done when the answer turns out to be stored', async () => {
  const { look, server, changes, again } = await house();
  const thread = await look();
  thread.typed('Done.');
  thread.follow(then);
  thread.send([]);
  const id = server.last.of('send')[0]!.client_msg_id;
  await again();
  server.last.receive(missed('c', [entry('c', 3, { client_msg_id: id, author: { kind: 'agent', id: 'mei' } })]));
  expect(changes.filter((c) => c.what === 'settled')).toMatchObject([{ conv: 'c', message: { after: then } }]);
});

test('a refused answer comes back with its files and with what its macro does', async () => {
  const { look, server } = await house();
  const thread = await look();
  const file = { id: 'f1', name: 'receipt.pdf', type: 'application/pdf', size: 1 };
  thread.typed('Here it is.');
  thread.follow(then);
  thread.send([file]);
  const id = server.last.of('send')[0]!.client_msg_id;
  server.last.receive({ t: 'error', code: 'conflict', field: 'unless_answered', ref: id });
  expect(thread.then).toBeUndefined();
  expect(thread.rewrite(id)).toEqual([file]);
  expect([thread.draft, thread.then]).toEqual(['Here it is.', then]);
});

test('whom a note names, and what its macro does, outlives a look elsewhere and a reload', async () => {
  const { look, server, storage, stored } = await house();
  const first = await look();
  first.write(true);
  first.name({ id: 'ann', name: 'Ann' });
  first.typed('@Ann please look');
  first.follow(then);
  first.leave();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(stored.c).toEqual({ text: '@Ann please look', note: true });
  const second = await look();
  expect([second.draft, second.then]).toEqual(['@Ann please look', then]);
  second.send([], []);
  expect(server.last.of('send').at(-1)).toMatchObject({ note: true, mentions: ['ann'] });
  // What was sent leaves nothing.
  await vi.advanceTimersByTimeAsync(2_000);
  expect(storage.keys().filter((k) => k.startsWith('kefu.desk'))).toEqual([]);
});

test('whoever signs in after somebody else finds nothing of theirs, and whoever signs out leaves nothing', async () => {
  const { look, storage, api } = await house();
  const thread = await look();
  thread.typed('x');
  thread.follow(then);
  const along = () => storage.keys().filter((k) => k.startsWith('kefu.desk.along'));
  expect(along()).toHaveLength(1);
  new Drafts(storage, api).open('ben');
  expect(along()).toEqual([]);
  thread.follow(then);
  const drafts = new Drafts(storage, api);
  drafts.open('mei');
  drafts.clear();
  expect(along()).toEqual([]);
});

test('a note names those whose names stand in it', () => {
  const ann = { id: 'ann', name: 'Ann' };
  const anna = { id: 'anna', name: 'Anna Li' };
  const fang = { id: 'fang', name: '王芳' };
  const all = [ann, anna, fang, { id: 'ann2', name: 'Ann' }];
  const chosen = new Map([['ann', 'Ann']]);
  expect(mentionsIn('@Anna Li and 请@王芳看', new Map(), all)).toEqual(['anna', 'fang']);
  expect(mentionsIn('@Anna is a customer, mail a@Ann', new Map(), all)).toEqual([]);
  // Of two of one name whom its author chose; all of them where nobody knows.
  expect(mentionsIn('@Ann, look', chosen, all)).toEqual(['ann']);
  expect(mentionsIn('@Ann, look', new Map(), all)).toEqual(['ann', 'ann2']);
  // Somebody who is not among the colleagues any more was chosen all the same.
  expect(mentionsIn('@Ann', chosen, [])).toEqual(['ann']);
});

test('a customer who could not be read is read again, and it is told meanwhile', async () => {
  const { at, look } = await house();
  at.customer = 503;
  const thread = await look();
  expect([thread.customer, thread.customerProblem]).toEqual([undefined, 'unavailable']);
  at.customer = 200;
  await thread.read();
  await settle();
  expect([thread.customer?.id, thread.customerProblem]).toEqual(['anna', undefined]);
});

test('what was refused takes back its own guess, and not what was read meanwhile', async () => {
  const { at, look, conversation } = await house();
  const thread = await look();
  let refuse: (status: number) => void = () => undefined;
  at.put = () => new Promise((resolve) => (refuse = resolve));
  const done = thread.setPriority('urgent');
  expect(thread.conversation?.priority).toBe('urgent');
  conversation.assignee = { id: 'ben', name: 'Ben' };
  await thread.read();
  refuse(403);
  expect(await done).toBe(false);
  expect(thread.conversation).toMatchObject({ priority: 'normal', assignee: { name: 'Ben' } });
});
