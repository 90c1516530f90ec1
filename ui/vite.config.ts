import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { UserConfig } from 'vite';
import { defineConfig } from 'vitest/config';
import { lean, onlyStyles } from './lean.ts';

// One page per build, so that each gets its own base path and its own hashed
// assets; nothing is inlined, because the pages run under `script-src 'self';
// style-src 'self'`.
const here = (path: string) => new URL(path, import.meta.url).pathname;

function page(root: string, base: string, outDir: string): UserConfig {
  return {
    root: here(root),
    base,
    plugins: [svelte()],
    build: {
      outDir: here(outDir),
      emptyOutDir: true,
      target: 'es2022',
      cssTarget: ['chrome100', 'firefox100', 'safari15.4'],
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: true,
    },
  };
}

// What several parts of the window share, and is so little that it weighs less with
// its like than by itself.
const together = {
  includeDependenciesRecursively: false,
  groups: [
    { name: 'figures', test: /icons\/check\.m?js|kit\/text\/money\.ts/ },
    { name: 'choosing', test: /icons\/(camera|crop|rotate-cw)\.m?js|kit\/(files\/accept|text\/picture)\.ts/ },
  ],
};

const loader: UserConfig = {
  root: here('widget/loader'),
  build: {
    outDir: here('dist/widget'),
    // The frame is built into the same folder.
    emptyOutDir: false,
    target: 'es2020',
    lib: { entry: here('widget/loader/loader.ts'), formats: ['iife'], name: 'kefuLoader', fileName: () => 'loader.js' },
  },
};

const test: UserConfig = {
  plugins: [svelte()],
  resolve: { conditions: ['browser'] },
};

const dev = { server: { proxy: { '/v1': 'http://localhost:8080', '/rt': { target: 'http://localhost:8080', ws: true } } } };

export default defineConfig(({ mode }) => {
  switch (mode) {
    case 'loader':
      return loader;
    case 'frame':
      {
      const frame = page('widget/frame', '/frame/', 'dist/widget/frame');
      const build = { ...frame.build, modulePreload: { polyfill: false, resolveDependencies: onlyStyles }, rolldownOptions: { output: { codeSplitting: together } } };
      return { ...frame, plugins: [lean(), ...frame.plugins!], build, ...dev };
    }
    case 'desk':
      return { ...page('desk', '/desk/', 'dist/desk'), ...dev };
    case 'demo':
      return page('demo', '/', 'dist/demo');
    default:
      return { ...test, test: { environment: 'jsdom', include: ['{kit,widget,desk,demo,test}/**/*.test.ts'], setupFiles: ['test/setup.ts'], testTimeout: 20_000 } };
  }
});
