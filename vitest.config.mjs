import { defineConfig } from 'vitest/config'

/** Tests run the TypeScript sources: the `source` condition leads `#module` and `@basalt/*` to src/. */
export default defineConfig({
  resolve: { conditions: ['source', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['source', 'node', 'import', 'default'] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'test/**/*.{scenario,test}.ts',
      'tools/**/*.test.{ts,mjs}',
    ],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
