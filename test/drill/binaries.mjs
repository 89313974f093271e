/**
 * Real extensions of an installed Postgres under the managed one, as far as they are there: `npm run drill:binaries -- <bin>`
 * (default: the newest of /usr/lib/postgresql). Debian: postgresql-17-cron -pgvector -postgis-3 -pgtap -http. Takes 70 s.
 */
import { createServer } from 'node:http'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, loadConfig, openLocalPlatform } from '@basalt/server/node'
import { openSession, parseConnectionUrl } from '../../packages/server/dist/base/db/index.js'

const debian = '/usr/lib/postgresql'
const newest = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => b - a)[0] : 'none'
const binaries = process.argv[2] ?? join(debian, newest, 'bin')
const workdir = mkdtempSync(join(tmpdir(), 'basalt-binaries-'))
mkdirSync(join(workdir, 'supabase'))
const flags = { 'basalt.db.binaries': binaries, 'db.port': await freePort() }
const begun = performance.now()
const local = await openLocalPlatform({ workdir, config: loadConfig({ workdir, flags }).config })
const url = new URL(local.databaseUrl)
url.username = 'supabase_admin'
url.password = readFileSync(join(workdir, 'supabase/.temp/pgdata/pgsql_tmp.superuser.key'), 'utf8')
const session = await openSession(parseConnectionUrl(url.href))
const rows = (text) => session.rows({ name: 'drill', text, values: [] })
const one = async (text) => Object.values((await rows(text))[0] ?? {})[0]

console.log(
  `${String(await one('select version()'))}\nfirst start ${((performance.now() - begun) / 1000).toFixed(2)} s`,
)
let failures = 0
async function check(name, work) {
  const [found] = await rows(
    `select default_version, comment from pg_available_extensions where name = '${name}'`,
  )
  const isReal =
    found !== undefined &&
    existsSync(
      join(
        await one(`select setting from pg_config where name = 'SHAREDIR'`),
        'extension',
        `${name}.control`,
      ),
    )
  if (
    !isReal ||
    /^a name:|^vectors with exact search$|^SQL at given times$/.test(found.comment ?? '')
  ) {
    return console.log(`skip ${name}: not installed for this Postgres`)
  }
  try {
    await session.script('drill', `create extension if not exists ${name} cascade`)
    console.log(`ok   ${name} ${String(found.default_version)}: ${String(await work())}`)
  } catch (error) {
    failures++
    console.log(`FAIL ${name}: ${error.message}`)
  }
}
const expect = (found, wanted) => {
  if (String(found) !== String(wanted)) throw new Error(`expected ${wanted}, found ${found}`)
}

await check('vector', async () => {
  await session.script(
    'drill',
    `create table docs (id int, e vector(3)); create index on docs using hnsw (e vector_cosine_ops);
    insert into docs select n, array[n, 1, 0]::real[]::vector from generate_series(1, 1000) n; set enable_seqscan = off`,
  )
  expect(await one(`select id from docs order by e <=> '[7,1,0]' limit 1`), 7)
  const plan = await rows(`explain select id from docs order by e <=> '[7,1,0]' limit 1`)
  expect(/Index Scan/.test(JSON.stringify(plan)), true)
  return 'hnsw index used'
})
await check('postgis', async () => {
  expect(
    await one(`select round(ST_Distance('POINT(0 0)'::geography, 'POINT(0 1)'::geography))`),
    110574,
  )
  return 'a degree of latitude is 110574 m'
})
await check('pgtap', async () => {
  await one('select no_plan()')
  expect(await one('select pass()'), 'ok 1')
  return 'pass() passes'
})
await check('http', async () => {
  const server = createServer((_, response) => response.end('hello'))
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  expect(
    await one(`select content from http_get('http://127.0.0.1:${server.address().port}/')`),
    'hello',
  )
  server.close()
  return 'a call inside a statement is answered'
})
await check('pg_cron', async () => {
  await session.script('drill', 'create table ran (who text, at timestamptz)')
  await one(
    `select cron.schedule('every minute', '* * * * *', 'insert into ran values (session_user, now())')`,
  )
  for (let tries = 0; tries < 140 && (await rows('select from ran')).length === 0; tries++)
    await new Promise((done) => setTimeout(done, 500))
  const runs = await rows('select who from ran')
  expect(runs.length, 1)
  // ours would have run it a second time, and holds a lock where it works
  expect(await one(`select count(*) from pg_locks where locktype = 'advisory'`), 0)
  return `ran once, as ${String(runs[0].who)}; our worker stood aside`
})

session.close()
await local.close()
rmSync(workdir, { recursive: true, force: true })
process.exit(failures === 0 ? 0 : 1)
