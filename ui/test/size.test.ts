// @vitest-environment node
import { gzipSync } from 'node:zlib';
import { build, type Rollup } from 'vite';
import { beforeAll, describe, expect, test } from 'vitest';

const configFile = new URL('../vite.config.ts', import.meta.url).pathname;

interface Built {
  files: Map<string, string>;
  /** Of each piece of code: what it always brings with it, code and styles. */
  always: Map<string, string[]>;
  entry: string;
  /** The pieces that are fetched when they are needed, by the name of what was asked for. */
  onDemand: Map<string, string>;
}

async function built(mode: string): Promise<Built> {
  const result = (await build({ configFile, mode, logLevel: 'error', build: { write: false } })) as Rollup.RollupOutput | Rollup.RollupOutput[];
  const all: Built = { files: new Map(), always: new Map(), entry: '', onDemand: new Map() };
  for (const output of [result].flat().flatMap((r) => r.output)) {
    all.files.set(output.fileName, output.type === 'chunk' ? output.code : Buffer.from(output.source).toString());
    if (output.type !== 'chunk') continue;
    const css = (output as { viteMetadata?: { importedCss: Set<string> } }).viteMetadata?.importedCss ?? [];
    all.always.set(output.fileName, [...output.imports, ...css]);
    if (output.isEntry) all.entry = output.fileName;
    if (output.isDynamicEntry) all.onDemand.set(output.facadeModuleId!.replace(/.*\/ui\//, ''), output.fileName);
  }
  return all;
}

const zipped = (text: string) => gzipSync(text).length;
const weight = (files: Iterable<string>) => [...files].reduce((sum, text) => sum + zipped(text), 0);

/** A file with everything that the browser must have before it runs. */
function closure({ always }: Built, ...from: string[]): Set<string> {
  const seen = new Set(from);
  for (const name of seen) for (const next of always.get(name) ?? []) seen.add(next);
  return seen;
}

// What a customer's browser fetches later, if ever, and how heavy that may be beyond the first screen.
const later: Record<string, number> = {
  'widget/frame/ConversationList.svelte': 2_400,
  'widget/frame/files/index.ts': 5_500,
  'widget/frame/intake/index.ts': 12_000,
  'widget/frame/editor/index.ts': 6_000,
  'widget/frame/after/index.ts': 3_000,
  'widget/frame/flow/index.ts': 13_000,
  'kit/flow/sheet/Sheet.svelte': 15_200,
  'kit/flow/standing/Standing.svelte': 14_800, // each with the part above, which is there when it is fetched
  'kit/flow/standing/words.en.ts': 1_000,
  'kit/flow/standing/words.zh.ts': 1_000,
  'kit/flow/papers/Papers.svelte': 20_400,
  'kit/flow/papers/words.en.ts': 1_500,
  'kit/flow/papers/words.zh.ts': 1_500,
  'kit/flow/words.en.ts': 3_400,
  'kit/flow/words.zh.ts': 3_400,
  'widget/frame/consent/index.ts': 8_000,
  'widget/frame/cases/index.ts': 12_000,
  'widget/frame/trust/index.ts': 5_000,
  'widget/frame/looks/Looks.svelte': 3_000,
  'widget/frame/preview/index.ts': 4_000,
  'kit/protocol/stream.ts': 1_500,
};
// Their words; each at most so heavy.
const words = /^widget\/frame\/messages\/(\w+\.)?(en|zh)\.ts$/;
const heaviestWords = 1_500;

describe('what is sent to a customer', () => {
  let loader: Built;
  let frame: Built;
  const part = (path: string) => frame.onDemand.get(path)!;
  const opening = (language: string) => closure(frame, 'index.html', frame.entry, part(`widget/frame/messages/${language}.ts`));
  const sizeOf = (names: Iterable<string>) => weight([...names].map((name) => frame.files.get(name)!));
  beforeAll(async () => {
    // Tests run as "test"; what is weighed is what is shipped.
    process.env.NODE_ENV = 'production';
    loader = await built('loader');
    frame = await built('frame');
  }, 120_000);

  test('the loader is one file of at most 3 kB', () => {
    expect([...loader.files.keys()]).toEqual(['loader.js']);
    expect(weight(loader.files.values())).toBeLessThanOrEqual(3_000);
  });

  test.each(['en', 'zh'])('the window with styles and %s is at most 45 kB when it is first opened', (language) => {
    expect(sizeOf(opening(language))).toBeLessThanOrEqual(45_000);
  });

  test('what is fetched on demand is just what is meant to be, and is not part of the opening', () => {
    const asked = [...frame.onDemand.keys()].filter((path) => !words.test(path));
    expect(asked.sort()).toEqual(Object.keys(later).sort());
    for (const path of asked) expect(opening('en')).not.toContain(part(path));
  });

  test.each(Object.entries(later))('%s weighs at most %d bytes more', (path, most) => {
    const first = opening('en');
    expect(sizeOf([...closure(frame, part(path))].filter((name) => !first.has(name)))).toBeLessThanOrEqual(most);
  });

  test('no words of a later part are heavy, and each part has them in both languages', () => {
    const parts = [...frame.onDemand.keys()].filter((path) => words.test(path) && !/messages\/(en|zh)\.ts/.test(path));
    expect(parts.length).toBeGreaterThan(0);
    for (const path of parts) {
      expect(sizeOf([part(path)])).toBeLessThanOrEqual(heaviestWords);
      expect(parts).toContain(path.replace(/\.(en|zh)\.ts$/, (_, l) => `.${l === 'en' ? 'zh' : 'en'}.ts`));
    }
  });

  test('the page holds no inline script, style or data address', () => {
    const html = frame.files.get('index.html')!;
    expect(html).not.toMatch(/<style|style=|<script(?![^>]* src=)|data:/);
    expect([...frame.files].filter(([name]) => name.endsWith('.css')).map(([, css]) => css).join('')).not.toMatch(/url\(/);
  });

  test('nothing is evaluated from text', () => {
    for (const code of [...loader.files.values(), ...frame.files.values()]) expect(code).not.toMatch(/\beval\(|new Function\(/);
  });
});

describe('what is sent to staff', () => {
  let desk: Rollup.RollupOutput['output'];
  beforeAll(async () => {
    process.env.NODE_ENV = 'production';
    const result = (await build({ configFile, mode: 'desk', logLevel: 'error', build: { write: false } })) as Rollup.RollupOutput;
    desk = result.output;
  }, 120_000);
  const text = (file: Rollup.OutputAsset | Rollup.OutputChunk) => (file.type === 'chunk' ? file.code : Buffer.from(file.source).toString());

  /** The page, its script, all that the script imports at once, and one language. */
  function first(language: string): string[] {
    const wanted = new Set(['index.html']);
    const add = (name: string) => {
      if (wanted.has(name)) return;
      wanted.add(name);
      const file = desk.find((f) => f.fileName === name);
      if (file?.type !== 'chunk') return;
      file.viteMetadata?.importedCss.forEach((css) => wanted.add(css));
      file.imports.forEach(add);
    };
    for (const file of desk) if (file.type === 'chunk' && (file.isEntry || file.fileName.includes(`/${language}-`))) add(file.fileName);
    return desk.filter((f) => wanted.has(f.fileName)).map(text);
  }

  test.each(['en', 'zh'])('what the desk begins with, in %s, is at most 250 kB', (language) => {
    const files = first(language);
    expect(files.length).toBeGreaterThanOrEqual(4); // page, script, style, language
    expect(weight(files)).toBeLessThanOrEqual(250_000);
  });

  test('all of the desk is at most 900 kB, every page in a piece of its own', () => {
    expect(weight(desk.map(text))).toBeLessThanOrEqual(900_000);
    const pages = desk.filter((f) => f.type === 'chunk' && f.isDynamicEntry && f.facadeModuleId?.endsWith('Page.svelte'));
    expect(pages.length).toBeGreaterThanOrEqual(1);
  });

  test('its page holds no inline script and no style', () => {
    expect(text(desk.find((f) => f.fileName === 'index.html')!)).not.toMatch(/<style|style=|<script(?![^>]* src=)/);
  });
});
