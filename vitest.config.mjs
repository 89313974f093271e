import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { codeLayers } from './packages/code/layers.mjs'
import { docstoreLayers } from './packages/docstore/layers.mjs'

/**
 * Tests run the TypeScript sources: the `source` condition leads `#module` and `@basalt/*` to src/. The whole run
 * (`npm test`, which builds first) takes what is built of each: nothing but tests is transformed then, and a worker has the
 * server's modules in 2 s of processor time, not 8.
 */
const isBuilt = process.env.BASALT_TEST_BUILT === '1'
const conditions = ['source', 'node', 'import', 'default']
/** Node is given these too: with `import` among them it would lead `require` to modules. */
const nodeConditions = [...(isBuilt ? [] : ['source']), 'node', 'default']
const source = (path) => fileURLToPath(new URL(`packages/server/src/${path}`, import.meta.url))
const docstore = (path) => fileURLToPath(new URL(`packages/docstore/src/${path}`, import.meta.url))
const code = (path) => fileURLToPath(new URL(`packages/code/src/${path}`, import.meta.url))
const cli = (path) => fileURLToPath(new URL(`packages/cli/src/${path}`, import.meta.url))
const alias = [
  // the docstore's modules have names of their own
  {
    find: new RegExp(`^#(${Object.keys(docstoreLayers).join('|')})$`),
    replacement: docstore('$1/index.ts'),
  },
  { find: /^@basalt\/docstore$/, replacement: docstore('index.ts') },
  { find: /^@basalt\/docstore\/indexeddb$/, replacement: docstore('node/indexeddb.ts') },
  { find: /^@basalt\/docstore\/testing$/, replacement: docstore('engine/engine-suite.ts') },
  // and those of code intelligence
  {
    find: new RegExp(`^#(${Object.keys(codeLayers).join('|')})$`),
    replacement: code('$1/index.ts'),
  },
  { find: /^@basalt\/code$/, replacement: code('index.ts') },
  { find: /^@basalt\/code\/mcp$/, replacement: code('mcp/index.ts') },
  // and the commands
  {
    find: /^#(api-key-commands|backup-commands|code-commands|control-client|fleet-commands|function-commands|project|project-api|storage-commands|terminal)$/,
    replacement: cli('$1/index.ts'),
  },
  // globalSetup is loaded without regard to conditions
  { find: /^#(.+)$/, replacement: source('$1/index.ts') },
  { find: /^@basalt\/server$/, replacement: source('index.ts') },
  { find: /^@basalt\/server\/rest$/, replacement: source('host/node/start-rest.ts') },
  { find: /^@basalt\/server\/node$/, replacement: source('host/node/index.ts') },
  { find: /^@basalt\/server\/local$/, replacement: source('host/node/local.ts') },
  { find: /^@basalt\/server\/backup$/, replacement: source('host/node/backup/index.ts') },
  { find: /^@basalt\/server\/fleet$/, replacement: source('host/node/fleet/index.ts') },
  { find: /^@basalt\/server\/meta$/, replacement: source('services/meta/index.ts') },
  { find: /^@basalt\/server\/testing\/suites$/, replacement: source('testing/suites/index.ts') },
  { find: /^@basalt\/server\/(\w+)$/, replacement: source('$1/index.ts') },
]
const database = ['packages/*/src/**/*.db.test.ts', 'test/**/*.{scenario,test}.ts']

const unprivileged =
  'packages/server/src/host/node/postgres/embedded-postgres-unprivileged.db.test.ts'

/** Modules are loaded once a worker, not once a file: 36 s of processor time of 80 for the unit tests, 80 of 575 for the others. */
const shared = { isolate: false }

const project = (name, include, exclude, more = {}) => ({
  extends: true,
  test: {
    name,
    include,
    exclude,
    testTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 60_000,
    ...more,
  },
})

/** `packages/server/src/a/b.ts` → `packages/server/dist/a/b.js`, where there is one. */
function findBuilt(id) {
  const [, folder, path] =
    /^(.*\/packages\/(?:server|code|cli|docstore))\/src\/(.+)\.ts$/.exec(id) ?? []
  const built = `${folder}/dist/${path}.js`
  return path !== undefined && existsSync(built) ? built : null
}

const useBuilt = {
  name: 'use-built',
  enforce: 'pre',
  async resolveId(source, importer, options) {
    if (importer === undefined) return null
    const found = await this.resolve(source, importer, { ...options, skipSelf: true })
    return found === null ? null : (findBuilt(found.id) ?? found)
  },
}

export default defineConfig({
  plugins: isBuilt ? [useBuilt] : [],
  resolve: { conditions, alias },
  ssr: { resolve: { conditions: nodeConditions } },
  test: {
    pool: 'forks',
    // loaded by Node as they are
    server: { deps: { external: [/\/packages\/\w+\/dist\//] } },
    // on two processors: half of the time tests wait
    maxWorkers: 4,
    // one of 6,000 tests may meet a machine that stands still; who needs the second try is named at the end
    retry: isBuilt ? 1 : 0,
    reporters: ['default', './tools/closing-line.mjs'],
    projects: [
      project(
        'unit',
        ['packages/{server,cli,code}/src/**/*.test.ts', 'tools/**/*.test.ts'],
        database,
        shared,
      ),
      // files and processes, no Postgres
      project(
        'docstore',
        [
          'packages/docstore/src/**/*.test.ts',
          'examples/embedded/*.test.ts',
          'test/drill/*.spec.ts',
        ],
        [],
        shared,
      ),
      // it gives up root, and with it its process
      project('unprivileged', [unprivileged], []),
      // one Postgres for all of them, a clone of a prepared database for each file
      project('database', database, [unprivileged, 'test/studio/**'], {
        globalSetup: ['test/global-setup.ts'],
        setupFiles: ['test/use-test-server.ts'],
        ...shared,
      }),
    ],
  },
})
