// A fleet on this machine: a control database and two projects, each with a database of its own, all on the embedded Postgres.
// What stays is in .temp beside this file; delete it to begin anew.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startEmbeddedPostgres } from '@basalt/server/node'

const folder = fileURLToPath(new URL('.temp', import.meta.url))
const cli = fileURLToPath(new URL('../../packages/cli/bin/basalt.mjs', import.meta.url))
const port = process.argv[2] ?? '54400'
const projects = ['shop', 'blog']

mkdirSync(folder, { recursive: true })
const postgres = await startEmbeddedPostgres({
  dataDir: `${folder}/pgdata`,
  settings: { wal_level: 'logical', max_connections: '200' },
})
const urlOf = (database) =>
  `postgres://${postgres.user}:${postgres.password}@127.0.0.1:${postgres.port}/${database}`

const environment = {
  ...process.env,
  BASALT_CONTROL_DB_URL: urlOf('control'),
  BASALT_MASTER_KEY: masterKey(),
}

try {
  for (const database of ['control', ...projects]) await createDatabase(database)
  const known = JSON.parse(await basalt('projects', 'list', '-o', 'json')).map(({ ref }) => ref)
  for (const ref of projects) {
    // the port of the embedded Postgres is another one with each start
    const command = known.includes(ref) ? 'update' : 'create'
    await basalt('projects', command, ref, '--db-url', urlOf(ref))
    const keys = JSON.parse(await basalt('projects', 'keys', ref, '-o', 'json'))
    console.log(
      `${ref}\n  http://${ref}.localhost:${port}\n  publishable key  ${keys.publishable_key}\n  secret key       ${keys.secret_key}\n`,
    )
  }
  console.log(
    `Try:\n  curl http://127.0.0.1:${port}/auth/v1/settings -H 'x-project-ref: shop' -H 'apikey: <publishable key>'\n`,
  )
  await serve()
} finally {
  await postgres.stop()
}

function serve() {
  const args = ['serve', '--port', port, '--base-domain', 'localhost', '--config', 'node.toml']
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: environment,
    stdio: 'inherit',
  })
  // both get a Ctrl-C of the terminal; a signal for us alone is handed on
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise((resolve) => child.once('exit', resolve))
}

/** A command's output. */
function basalt(...args) {
  const child = spawn(process.execPath, [cli, ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  return new Promise((resolve, reject) =>
    child.once('close', (code) =>
      code === 0
        ? resolve(output)
        : reject(new Error(`basalt ${args.slice(0, 2).join(' ')} has failed`)),
    ),
  )
}

async function createDatabase(name) {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: urlOf('postgres') })
  await client.connect()
  const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
  if (rowCount === 0) await client.query(`create database "${name}"`)
  await client.end()
}

function masterKey() {
  const file = `${folder}/master-key`
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600 })
  return readFileSync(file, 'utf8')
}
