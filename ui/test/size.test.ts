// @vitest-environment node
import { gzipSync } from 'node:zlib';
import { build, type Rollup } from 'vite';
import { beforeAll, describe, expect, test } from 'vitest';

const configFile = new URL('../vite.config.ts', import.meta.url).pathname;

async function built(mode: string): Promise<Map<string, string>> {
  const result = (await build({ configFile, mode, logLevel: 'error', build: { write: false } })) as Rollup.RollupOutput | Rollup.RollupOutput[];
  const files = new Map<string, string>();
  for (const output of [result].flat().flatMap((r) => r.output)) {
    files.set(output.fileName, output.type === 'chunk' ? output.code : Buffer.from(output.source).toString());
  }
  return files;
}

const weight = (files: Iterable<string>) => [...files].reduce((sum, text) => sum + gzipSync(text).length, 0);
const not = (files: Map<string, string>, part: string) => [...files].filter(([name]) => !name.includes(part)).map(([, text]) => text);

describe('what is sent to a customer', () => {
  let loader: Map<string, string>;
  let frame: Map<string, string>;
  beforeAll(async () => {
    // Tests run as "test"; what is weighed is what is shipped.
    process.env.NODE_ENV = 'production';
    loader = await built('loader');
    frame = await built('frame');
  }, 120_000);

  test('the loader is one file of at most 3 kB', () => {
    expect([...loader.keys()]).toEqual(['loader.js']);
    expect(weight(loader.values())).toBeLessThanOrEqual(3_000);
  });

  test.each(['en-', 'zh-'])('the window with styles and without %s is at most 45 kB', (other) => {
    expect([...frame.keys()].some((name) => name.includes(other))).toBe(true);
    expect(weight(not(frame, other))).toBeLessThanOrEqual(45_000);
  });

  test('the page holds no inline script, style or data address', () => {
    const html = frame.get('index.html')!;
    expect(html).not.toMatch(/<style|style=|<script(?![^>]* src=)|data:/);
    expect([...frame].filter(([name]) => name.endsWith('.css')).map(([, css]) => css).join('')).not.toMatch(/url\(/);
  });

  test('nothing is evaluated from text', () => {
    for (const code of [...loader.values(), ...frame.values()]) expect(code).not.toMatch(/\beval\(|new Function\(/);
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
