/**
 * Databases as GoTrue's own migrations make them are adopted, used, and given back: `npm run drill:adopt -- <migrations> [bin]`.
 * `STORAGE=<folder>` adds those of Storage (migrations/tenant), `STORAGE_UNTIL=0025` those up to that one; `REALTIME=<folder>` those of
 * Realtime (lib/realtime/tenants/repo/migrations), `REALTIME_UNTIL=20241108114728` likewise. `<migrations>` is the folder of that name in a checkout of GoTrue; `bin` the programs of an installed Postgres (else the embedded).
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  checkAdoption,
  freePort,
  loadConfig,
  openLocalPlatform,
  startEmbeddedPostgres,
} from '@basalt/server/node'
import { openSession, parseConnectionUrl } from '../../packages/server/dist/base/db/index.js'
import { follow } from './follow-realtime.mjs'
import { oldDatabases, password, realtimeMigrations, totpSecret } from './old-databases.mjs'
import { totp } from './totp.mjs'

const [folder, bin] = process.argv.slice(2)
if (folder === undefined) {
  console.error(
    'Usage: npm run drill:adopt -- <folder of GoTrue migrations> [folder of Postgres programs]',
  )
  process.exit(2)
}
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.up.sql'))
  .toSorted()
/** Two years before the newest one here, and the newest. */
const newest = files.at(-1).slice(0, 14)
const twoYearsBefore = `${Number(newest.slice(0, 4)) - 2}${newest.slice(4)}`
/** The first whose identities have their present shape: older ones are refused. */
const oldest = '20231117164230'

const root = mkdtempSync(join(tmpdir(), 'basalt-adopt-'))
const postgres = await startEmbeddedPostgres({
  dataDir: join(root, 'pgdata'),
  password: 'drill',
  settings: { fsync: 'off', wal_level: 'logical' },
  ...(bin === undefined ? {} : { binaries: bin }),
})
const url = (user, database) => `postgresql://${user}:drill@127.0.0.1:${postgres.port}/${database}`
const run = async (user, database, ...texts) => {
  const session = await openSession(parseConnectionUrl(url(user, database)))
  try {
    for (const text of texts) await session.script('drill', text)
  } finally {
    session.close()
  }
}
const rows = async (database, text) => {
  const session = await openSession(parseConnectionUrl(url(postgres.user, database)))
  try {
    return await session.rows({ name: 'drill', text, values: [] })
  } finally {
    session.close()
  }
}

const { makeOld, gotrue } = await oldDatabases({ run, superuser: postgres.user, folder })

const workdir = join(root, 'project')
mkdirSync(join(workdir, 'supabase'), { recursive: true })

async function open(database) {
  const { config } = loadConfig({
    workdir,
    flags: {
      'basalt.db_url': url(postgres.user, database),
      'api.port': await freePort(),
      'auth.mfa.totp.verify_enabled': true,
      'auth.mfa.totp.enroll_enabled': true,
    },
  })
  const warnings = []
  const local = await openLocalPlatform({
    workdir,
    config,
    onWarning: (text) => warnings.push(text),
  })
  const call = async (path, body, token) => {
    const response = await local.platform.fetch(`http://localhost/auth/v1${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        'content-type': 'application/json',
        apikey: local.platform.keys.anonKey ?? local.platform.keys.publishableKey,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer = await response.json()
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`)
    return answer
  }
  return { local, call, warnings }
}

const columns = (database) =>
  rows(
    database,
    `select table_name || '.' || column_name || ' ' || udt_name || ' ' || is_nullable as it from information_schema.columns where table_schema in ('auth', 'realtime')
    union all select conrelid::regclass || ' ' || conname from pg_constraint where connamespace = 'auth'::regnamespace and contype <> 'n'
    union all select enumtypid::regtype || ' ' || enumlabel from pg_enum join pg_type on pg_type.oid = enumtypid where typnamespace in (select oid from pg_namespace where nspname in ('auth', 'realtime'))
    union all select proname || '(' || oidvectortypes(proargtypes) || ') ' || prorettype::regtype from pg_proc
      where pronamespace = (select oid from pg_namespace where nspname = 'realtime')
    union all select indexname from pg_indexes where schemaname = 'auth' order by 1`,
  ).then((found) => found.map(({ it }) => it))

/** As a GoTrue of 2023 writes: without the columns it does not know. */
const oldWrites = `insert into auth.users (id, email) values ('${randomUUID()}', 'gotrue@example.com');
  insert into auth.flow_state (id, auth_code, code_challenge_method, code_challenge, provider_type, authentication_method)
  values ('${randomUUID()}', 'a', 's256', 'b', 'email', 'magiclink')`

let failures = 0
async function check(what, work) {
  try {
    const said = await work()
    console.log(`ok   ${what}${said === undefined ? '' : `: ${said}`}`)
  } catch (error) {
    failures++
    console.log(`FAIL ${what}: ${error.message}`)
    if (process.env.DEBUG) console.log(error)
  }
}

await run(postgres.user, 'postgres', 'create database fresh')
const fresh = await open('fresh')
await fresh.local.close()
const ours = await columns('fresh')

const states = files.map((file) => file.slice(0, 14)).filter((version) => version >= oldest)
const wanted = process.env.ALL ? states : [oldest, twoYearsBefore, newest]
for (const [name, until] of wanted.map((version) => [`s${version}`, version])) {
  const before = files.filter((file) => file.slice(0, 14) <= until)
  console.log(
    `\n${name}: Postgres ${postgres.version}, GoTrue until ${before.at(-1)} (${before.length} migrations)`,
  )
  await makeOld(name, before)
  const given = await columns(name)
  const lacks = ours.filter((it) => !given.includes(it))
  console.log(
    `     it lacks ${lacks.length} of what is ours${process.env.DEBUG ? `:\n${lacks.join('\n')}` : ''}`,
  )
  await check('the check says what would change, and changes nothing', async () => {
    const report = await checkAdoption(url(postgres.user, name))
    if (report.blocks.length > 0) throw new Error(JSON.stringify(report.blocks))
    if ((await columns(name)).join() !== given.join()) throw new Error('it has changed something')
    return `${report.changes.length} changes, ${report.changes.filter((it) => it.includes(' auth.')).length} of them in auth`
  })
  let opened = null
  await check('basalt starts on it', async () => {
    opened = await open(name)
  })
  if (opened !== null) {
    const { call, local } = opened
    let token
    await check('an old bcrypt user signs in', async () => {
      const answer = await call('/token?grant_type=password', {
        email: 'old@example.com',
        password,
      })
      token = answer.access_token
    })
    await check('an old session is refreshed', async () => {
      await call('/token?grant_type=refresh_token', { refresh_token: 'oldtoken12ab' })
    })
    await check('an old second factor verifies', async () => {
      const { factors } = await call('/user', undefined, token)
      const { id } = await call(`/factors/${factors[0].id}/challenge`, {}, token)
      await call(
        `/factors/${factors[0].id}/verify`,
        { challenge_id: id, code: totp(totpSecret) },
        token,
      )
    })
    await check('everybody new signs up', async () => {
      await call('/signup', { email: 'new@example.com', password: 'new password 1' })
    })
    if (process.env.STORAGE !== undefined) {
      await check('an old bucket and its object are there', async () => {
        const response = await local.platform.fetch('http://localhost/storage/v1/object/list/old', {
          method: 'POST',
          headers: {
            authorization: `Bearer ${local.platform.keys.serviceRoleKey}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({ prefix: 'a' }),
        })
        const found = await response.json()
        if (found[0]?.name !== 'b.txt') throw new Error(JSON.stringify(found))
      })
    }
    if (realtimeMigrations.length > 0) {
      await check('a private channel of old and a table are followed', () =>
        follow(local, (...texts) => run(postgres.user, name, ...texts)),
      )
    }
    await local.close()
    const now = await columns(name)
    await check('nothing of ours is missing', () => {
      const missing = ours.filter((it) => !now.includes(it))
      if (missing.length > 0) throw new Error(missing.join(', '))
    })
    await check('starts again without a change', async () => {
      const again = await open(name)
      await again.local.close()
    })
  }
  if (realtimeMigrations.length > 0) {
    await check('Realtime finds nothing left to do', async () => {
      const known = await rows(name, 'select version::text from realtime.schema_migrations')
      const left = realtimeMigrations.filter(
        (migration) => !known.some(({ version }) => version === migration.version),
      )
      if (left.length > 0)
        throw new Error(`it would run ${left.map((it) => it.version).join(', ')}`)
    })
  }
  await check('GoTrue finds nothing left to do, and its tables', async () => {
    const known = await rows(name, 'select version from auth.schema_migrations')
    const left = files.filter(
      (file) => !known.some(({ version }) => version === file.split('_')[0]),
    )
    await gotrue(name, left)
    if (left.length > 0) throw new Error(`it would run ${left.join(', ')}`)
    // what an older one writes
    await run('supabase_auth_admin', name, oldWrites)
  })
}
await postgres.stop('immediate')
rmSync(root, { recursive: true, force: true })
process.exit(failures === 0 ? 0 : 1)
