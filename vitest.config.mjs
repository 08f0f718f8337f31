import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { hornbeam: fileURLToPath(new URL('./ts/index.ts', import.meta.url)) } },
  test: {
    include: ['__test__/**/*.test.ts'],
    pool: 'forks',
    setupFiles: ['__test__/setup.ts'],
    // A limit for hangs, not a measurement.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
