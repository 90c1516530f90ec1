import { defineConfig } from 'vitest/config';

// The journeys follow one another in one browser; a test that hangs says so
// long before a person would look.
export default defineConfig({
  test: {
    dir: new URL('.', import.meta.url).pathname,
    include: ['*.e2e.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 40_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000, interval: 50 } },
    reporters: ['verbose'],
  },
});
