import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // vitest takes graphql's ES modules and its CommonJS ones for two packages, and their schemas do not mix.
    alias: [
      {
        find: /^graphql$/,
        replacement: fileURLToPath(new URL('node_modules/graphql/index.js', import.meta.url)),
      },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup/temporary-folder.ts', 'test/setup/build.ts', 'test/setup/postgres.ts'],
    reporters: ['default', './test/setup/tally.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // A worker imports the server once and not for each file, which took a quarter of the time. So a file must put
    // back what it changes of its process.
    isolate: false,
    // As src/inference/no-telemetry.ts says for the product.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    testTimeout: 20_000,
    // What a test waits for may take long on a busy machine: a test fails by its own limit, or here.
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
  },
});
