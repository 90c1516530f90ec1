import { expect, test } from 'vitest';
import { mostFiles, Picks, type PicksOptions } from './picks.svelte.ts';
import { UploadRefused, type Upload } from './upload.ts';

const file = (name: string, size = 3) => new File(['x'.repeat(size)], name);
const stored = (name: string) => ({ id: name, name, type: 'image/png', size: 3 });
const settled = () => new Promise((resolve) => setTimeout(resolve));

function setUp(upload: Upload, options: Partial<PicksOptions> = {}) {
  const waited: number[] = [];
  const picks = new Picks({
    upload,
    online: () => true,
    limit: () => 100,
    wait: async (ms) => void waited.push(ms),
    ...options,
  });
  const states = () => picks.items.map((p) => `${p.name} ${p.state}${p.problem ? ` ${p.problem}` : ''}`);
  return { picks, waited, states };
}

test('files go one after another, each with its progress', async () => {
  const under: (() => void)[] = [];
  const { picks, states } = setUp((f, _, progress) => (progress(0.5), new Promise((resolve) => under.push(() => resolve(stored(f.name))))));
  picks.take([file('a'), file('b')]);
  await settled();
  expect(under).toHaveLength(1);
  expect(picks.items[0]!.part).toBe(0.5);
  expect(states()).toEqual(['a sending', 'b waiting']);
  under[0]!();
  await settled();
  expect(states()).toEqual(['a stored', 'b sending']);
  under[1]!();
  await settled();
  expect(picks.stored.map((a) => a.id)).toEqual(['a', 'b']);
  expect(picks.unfinished).toBe(false);
});

test('a server that wants time gets it', async () => {
  let refusals = 2;
  const { picks, waited, states } = setUp((f) => (refusals-- > 0 ? Promise.reject(new UploadRefused(429, refusals ? 4000 : 0)) : Promise.resolve(stored(f.name))));
  picks.take([file('a')]);
  await settled();
  expect(waited).toEqual([4000, 1000]);
  expect(states()).toEqual(['a stored']);
});

test('but not for ever', async () => {
  const { picks, waited, states } = setUp(() => Promise.reject(new UploadRefused(429, 0)));
  picks.take([file('a')]);
  await settled();
  expect(waited).toHaveLength(10);
  expect(states()).toEqual(['a failed failed']);
});

test('what would have to wait for long is given up at once, and the others go on', async () => {
  const { picks, waited, states } = setUp((f) => (f.name === 'a' ? Promise.reject(new UploadRefused(429, 60_000)) : Promise.resolve(stored(f.name))));
  picks.take([file('a'), file('b')]);
  await settled();
  expect(waited).toEqual([]);
  expect(states()).toEqual(['a failed full', 'b stored']);
  picks.drop(picks.items[0]!.key);
  expect(picks.unfinished).toBe(false);
});

test.each([
  [413, 'large'],
  [415, 'kind'],
  [500, 'failed'],
] as const)('%i is said as %s, and the others go on', async (status, problem) => {
  const { picks, states } = setUp((f) => (f.name === 'a' ? Promise.reject(new UploadRefused(status, 0)) : Promise.resolve(stored(f.name))));
  picks.take([file('a'), file('b')]);
  await settled();
  expect(states()).toEqual([`a failed ${problem}`, 'b stored']);
  expect(picks.failed && picks.unfinished).toBe(true);
  picks.drop(picks.items[0]!.key);
  expect(picks.unfinished).toBe(false);
});

test('a file that is too large is not sent, nor one without a connection, until it is back', async () => {
  let online = false;
  const sent: string[] = [];
  const { picks, states } = setUp((f) => (sent.push(f.name), Promise.resolve(stored(f.name))), { online: () => online });
  picks.take([file('big', 101), file('a')]);
  await settled();
  expect(states()).toEqual(['big failed large', 'a failed offline']);
  online = true;
  picks.resume();
  await settled();
  expect(sent).toEqual(['a']);
  expect(states()).toEqual(['big failed large', 'a stored']);
});

test('more files than go into a message are left out, and said so', async () => {
  const { picks } = setUp((f) => Promise.resolve(stored(f.name)));
  picks.take([file('one')]);
  picks.take(Array.from({ length: mostFiles + 1 }, (_, i) => file(String(i))));
  expect(picks.items).toHaveLength(mostFiles);
  expect(picks.leftOut).toBe(2);
  await settled();
});

test('what is removed while it is sent is broken off, and the next one goes', async () => {
  const aborted: string[] = [];
  const { picks, states } = setUp((f, signal) =>
    f.name === 'b' ? Promise.resolve(stored('b')) : new Promise((_, reject) => signal.addEventListener('abort', () => (aborted.push(f.name), reject(new Error())))),
  );
  picks.take([file('a'), file('b')]);
  await settled();
  picks.drop(picks.items[0]!.key);
  await settled();
  expect(aborted).toEqual(['a']);
  expect(states()).toEqual(['b stored']);
});
