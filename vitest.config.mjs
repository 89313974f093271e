import { defineConfig } from 'vitest/config'

/** Tests run the TypeScript sources: the `source` condition leads `#module` and `@basalt/*` to src/. */
const conditions = ['source', 'node', 'import', 'default']
const database = ['packages/*/src/**/*.db.test.ts', 'test/**/*.{scenario,test}.ts']

const project = (name, include, exclude, more = {}) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { name, include, exclude, testTimeout: 20_000, hookTimeout: 60_000, ...more },
})

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['default', './tools/closing-line.mjs'],
    projects: [
      project('unit', ['packages/*/src/**/*.test.ts', 'tools/**/*.test.ts'], database),
      // one Postgres for all of them, a clone of a prepared database for each file
      project('database', database, [], { globalSetup: ['test/global-setup.ts'] }),
    ],
  },
})
