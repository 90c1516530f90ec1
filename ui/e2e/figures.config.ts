import { defineConfig } from 'vitest/config';

// What a browser measures is printed, not judged: docs/measurements.md keeps it.
export default defineConfig({
  test: {
    dir: new URL('.', import.meta.url).pathname,
    include: ['*.figures.ts'],
    environment: 'node',
    fileParallelism: false,
    disableConsoleIntercept: true,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    reporters: ['dot'],
  },
});
