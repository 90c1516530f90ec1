import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { UserConfig } from 'vite';
import { defineConfig } from 'vitest/config';
import { lean } from './lean.ts';

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
      return { ...frame, plugins: [lean(), ...frame.plugins!], ...dev };
    }
    case 'desk':
      return { ...page('desk', '/desk/', 'dist/desk'), ...dev };
    case 'demo':
      return page('demo', '/', 'dist/demo');
    default:
      return { ...test, test: { environment: 'jsdom', include: ['{kit,widget,desk,demo,test}/**/*.test.ts'], setupFiles: ['test/setup.ts'], testTimeout: 20_000 } };
  }
});
