import { expect, test, vi } from 'vitest';
import { setUp as client, welcome } from '../protocol/fake.ts';
import { MemoryStorage } from '../protocol/storage.ts';
import type { Attempts } from './attempt.ts';
import { Carrier } from './carrier.ts';
import type { Kept } from './kept.ts';
import { UploadRefused, type Upload } from './upload.ts';

/** What outlives a reload, as a browser's database does. */
class Memory implements Kept {
  rows = new Map<string, ReadonlyMap<string, File>>();
  full = false;
  put(message: string, files: ReadonlyMap<string, File>): Promise<void> {
    if (this.full) return Promise.reject(new Error('no room'));
    this.rows.set(message, files);
    return Promise.resolve();
  }
  get(message: string): Promise<ReadonlyMap<string, File>> {
    return Promise.resolve(this.rows.get(message) ?? new Map());
  }
  remove(message: string): Promise<void> {
    this.rows.delete(message);
    return Promise.resolve();
  }
  only(messages: ReadonlySet<string>): Promise<void> {
    for (const key of this.rows.keys()) if (!messages.has(key)) this.rows.delete(key);
    return Promise.resolve();
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve));
const stores: Upload = (file) => Promise.resolve({ id: `id-${file.name}`, name: file.name, type: file.type, size: file.size });
const photo = new File(['abc'], 'a.png', { type: 'image/png' });
const pending = { key: 'k', name: 'a.png', type: 'image/png', size: 3 };

async function setUp({ kept = new Memory(), storage = new MemoryStorage(), upload = stores, ...options }: { kept?: Memory; storage?: MemoryStorage; upload?: Upload } & Partial<Attempts> = {}) {
  const all = client({ storage });
  all.client.start();
  await vi.waitFor(() => expect(all.server.connections).toHaveLength(1));
  all.server.last.receive(welcome());
  const carrier = new Carrier({ outbox: all.client.outbox, put: (m) => all.client.put(m), kept, upload, online: () => true, limit: () => 100, wait: () => Promise.resolve(), ...options });
  const sends = () => all.server.last.of('send').map((f) => f.body);
  return { ...all, carrier, kept, storage, sends };
}

test('a message goes when its files are stored, and what was said after it waits', async () => {
  let store!: () => void;
  const { client, carrier, server, kept, sends } = await setUp({ upload: (file) => new Promise((done) => (store = () => done({ id: 'id', name: file.name, type: '', size: 3 }))) });
  const id = client.send({ conv: 'c', text: 'look', files: [pending] });
  carrier.take(id, new Map([['k', photo]]));
  const next = client.send({ conv: 'c', text: 'and more' });
  client.send({ conv: 'd', text: 'elsewhere' });
  await settled();
  expect(sends()).toEqual([{ type: 'text', text: 'elsewhere' }]);
  expect([...kept.rows.keys()]).toEqual([id]);
  store();
  await settled();
  expect(sends()[1]).toEqual({ type: 'attachments', attachment_ids: ['id'], text: 'look' });
  expect(kept.rows.size).toBe(0);
  server.last.receive({ t: 'stored', client_msg_id: id, conv: 'c', seq: 1, at: 1 });
  expect(server.last.of('send').at(-1)!.client_msg_id).toBe(next);
});

test('what was written without a connection is sent when it is back, after a reload too', async () => {
  let online = false;
  const before = await setUp({ online: () => online });
  const id = before.client.send({ conv: 'c', text: 'look', files: [pending] });
  before.carrier.take(id, new Map([['k', photo]]));
  await settled();
  expect(before.sends()).toEqual([]);
  before.client.stop();
  online = true;
  const after = await setUp({ kept: before.kept, storage: before.storage as MemoryStorage });
  await after.carrier.run();
  expect(after.sends()).toEqual([{ type: 'attachments', attachment_ids: ['id-a.png'], text: 'look' }]);
});

test('what this browser cannot keep is said, and is sent from memory', async () => {
  const kept = new Memory();
  kept.full = true;
  let online = false;
  const { client, carrier, sends, storage } = await setUp({ kept, online: () => online });
  const id = client.send({ conv: 'c', files: [pending] });
  carrier.take(id, new Map([['k', photo]]));
  await settled();
  expect(client.outbox.get(id)).toMatchObject({ unkept: true });
  const reloaded = await setUp({ kept, storage: storage as MemoryStorage });
  await reloaded.carrier.run();
  expect(reloaded.client.outbox.get(id)).toMatchObject({ failed: 'file_gone' });
  online = true;
  await carrier.run();
  expect(sends()).toEqual([{ type: 'attachments', attachment_ids: ['id-a.png'] }]);
  expect(client.outbox.get(id)!.unkept).toBeUndefined();
});

test.each([
  [413, 'file_large'],
  [415, 'file_kind'],
  [500, 'file_failed'],
] as const)('a file refused with %i marks its message as %s, and the rest passes', async (status, failed) => {
  const { client, carrier, sends } = await setUp({ upload: () => Promise.reject(new UploadRefused(status, 0)) });
  const id = client.send({ conv: 'c', text: 'look', files: [pending] });
  carrier.take(id, new Map([['k', photo]]));
  client.send({ conv: 'c', text: 'and more' });
  await settled();
  expect(client.outbox.get(id)).toMatchObject({ failed, files: [pending] });
  expect(sends()).toEqual([{ type: 'text', text: 'and more' }]);
});

test('an upload that broke off with the network is tried again', async () => {
  const broken = [new Error('lost'), new UploadRefused(503, 0)];
  const waited: number[] = [];
  const { client, carrier, sends } = await setUp({
    upload: (file, ...rest) => (broken.length > 0 ? Promise.reject(broken.shift()!) : stores(file, ...rest)),
    wait: async (ms) => void waited.push(ms),
  });
  const id = client.send({ conv: 'c', files: [pending] });
  carrier.take(id, new Map([['k', photo]]));
  await settled();
  expect(waited).toEqual([1000, 2000]);
  expect(sends()).toEqual([{ type: 'attachments', attachment_ids: ['id-a.png'] }]);
});

test('the file of a form answers its question', async () => {
  const { client, carrier, sends } = await setUp();
  const body = { type: 'form' as const, form: 'f', revision: 1, answers: { photo: { files: ['was'] }, more: { text: 'x' } } };
  const id = client.send({ conv: 'c', form: { body, shown: { form: 'f', revision: 1, title: '', answers: [] } }, files: [{ ...pending, field: 'photo' }] });
  carrier.take(id, new Map([['k', photo]]));
  await settled();
  expect(sends()).toMatchObject([{ answers: { photo: { files: ['was', 'id-a.png'] }, more: { text: 'x' } } }]);
});

test('what was discarded is neither sent nor kept', async () => {
  const { client, carrier, kept, sends } = await setUp({ upload: (_, signal) => new Promise((_done, fail) => signal.addEventListener('abort', () => fail(new Error('given up')))) });
  const id = client.send({ conv: 'c', text: 'look', files: [pending] });
  carrier.take(id, new Map([['k', photo]]));
  await settled();
  client.discard(id);
  carrier.drop(id);
  await settled();
  expect([kept.rows.size, sends()]).toEqual([0, []]);
});

test('when somebody else speaks, nothing of the one before is kept or sent', async () => {
  let store!: () => void;
  const { client, carrier, kept, sends } = await setUp({ upload: (file) => new Promise((done) => (store = () => done({ id: 'id', name: file.name, type: '', size: 3 }))) });
  const id = client.send({ conv: 'c', text: 'look', files: [pending] });
  carrier.take(id, new Map([['k', photo]]));
  await settled();
  client.outbox.open('customer:li');
  client.outbox.dropOthers();
  carrier.sweep();
  store();
  await settled();
  expect([kept.rows.size, sends()]).toEqual([0, []]);
});
