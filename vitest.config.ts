import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests that need no server: they run first and fast, and on their own with `--project static`. */
const serverless = [
  'test/static/**/*.test.ts',
  'test/{kernel,model,dsl,cql,planner,analysis,assess,runner}/**/*.test.ts',
];

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: { name: 'static', include: serverless, testTimeout: 60_000, hookTimeout: 60_000 },
      },
      {
        test: {
          name: 'cassandra',
          include: ['test/**/*.test.ts'],
          exclude: [...serverless, 'test/fixtures/**', 'test/corpus/**', '**/node_modules/**'],
          // Programs that tests start from the sources are compiled once, not once each.
          env: { NODE_COMPILE_CACHE: resolve(import.meta.dirname, '.cqlform/compile-cache') },
          globalSetup: ['test/support/built.ts', 'test/support/start-cassandra.ts'],
          testTimeout: 60_000,
          hookTimeout: 180_000,
          // One after another within a file, two files at once: a node on two cores has no more to give.
          maxWorkers: 2,
        },
      },
    ],
  },
});
