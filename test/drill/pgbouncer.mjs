/**
 * `npm run drill:pgbouncer`: the tests of the whole system with every platform behind pgbouncer in transaction mode and
 * `basalt.db.direct_url` past it (6 minutes). Nothing is prepared; `-- preparing` prepares statements, which pgbouncer
 * keeps from 1.21 on. `BASALT_TEST_PGBOUNCER` names another program.
 */
import { spawnSync } from 'node:child_process'

const [kind = 'plain'] = process.argv.slice(2)
const program = process.env.BASALT_TEST_PGBOUNCER ?? 'pgbouncer'
const version = spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout
if (version === null) {
  console.error('there is no pgbouncer')
  process.exit(1)
}
console.log(`${version.split('\n')[0]}, ${kind}`)
const services = ['data-api', 'auth', 'storage', 'functions', 'extensions', 'realtime']
const { status } = spawnSync(
  'npx',
  [
    'vitest',
    'run',
    '--project=database',
    'test/wire',
    'test/conformance',
    'packages/server/src/host',
    ...services.map((name) => `packages/server/src/services/${name}`),
  ],
  { stdio: 'inherit', env: { ...process.env, BASALT_TEST_POOLER: kind } },
)
process.exit(status ?? 1)
