/**
 * `npm run bench -- fleet`: one project against many on one node: requests/s, the wake-up of a cold project, what an idle one
 * weighs; and two workers against one. With a project for each caller no two requests share a connection, as with many in turn:
 * what more projects cost is the difference to that. All projects are databases of one embedded Postgres, so what differs is the node.
 * Beside each the same statements with nothing in front of Postgres (bare-databases.mjs): what of the difference is Postgres' own.
 * BENCH_PROJECTS (200), BENCH_SECONDS (4), BENCH_ROUNDS (5).
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  decodeRows,
  openDatabase,
  ownSession,
  parseConnectionUrl,
} from '../../packages/server/dist/base/db/index.js'
import { sessionStatement } from '../../packages/server/dist/base/db/session-statement.js'
import { silentLog } from '../../packages/server/dist/base/kernel/index.js'
import { openControlDatabase } from '../../packages/server/dist/host/control-plane/index.js'
import { startEmbeddedPostgres } from '../../packages/server/dist/host/node/index.js'
import { runBare } from './bare-databases.mjs'
import { cpuOf } from './cpu-time.mjs'
import { quantile } from './quantile.mjs'
import { runLoad } from './run-load.mjs'

const count = Number(process.env.BENCH_PROJECTS ?? 200)
const seconds = Number(process.env.BENCH_SECONDS ?? 4)
const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const connections = 16
const command = resolve(import.meta.dirname, '../../packages/cli/bin/basalt.mjs')
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

const folder = mkdtempSync(join(tmpdir(), 'basalt-bench-fleet-'))
const postgres = await startEmbeddedPostgres({
  dataDir: join(folder, 'pgdata'),
  settings: { max_connections: '3000', fsync: 'off' },
})
const urlOf = (database) =>
  `postgres://${postgres.user}:${postgres.password}@127.0.0.1:${postgres.port}/${database}`
const masterKey = randomBytes(32)

try {
  const projects = await prepare()
  await manyAgainstOne(projects)
  await workers(projects)
} finally {
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
}

function run(db, text) {
  return db.execute({ name: 'bench', text, values: [] }, { prepare: false })
}

/** A database with one row to read is made a project; the others are its copies. */
async function prepare() {
  const admin = openDatabase({
    connection: parseConnectionUrl(urlOf('postgres')),
    maxConnections: 1,
  })
  await run(admin, 'create database control')
  await run(admin, 'create database p0')
  const control = await openControlDatabase({ url: urlOf('control'), masterKey, log: silentLog })
  const actor = { name: 'bench', address: null }
  const create = async (at) =>
    (await control.projects.create({ ref: `p${at}-x`, databaseUrl: urlOf(`p${at}`) }, actor)).record
  const first = await create(0)
  const db = openDatabase({ connection: parseConnectionUrl(urlOf('p0')), maxConnections: 1 })
  await run(db, `create table public.items (id int primary key, name text)`)
  await run(db, `insert into public.items select i, 'item ' || i from generate_series(1, 1000) i`)
  await run(db, `grant select on public.items to anon`)
  await db.close()
  const began = performance.now()
  const records = [first]
  for (let at = 1; at < count; at++) {
    await run(admin, `create database p${at} template p0`)
    records.push(await create(at))
  }
  console.log(`${count} projects made in ${((performance.now() - began) / 1000).toFixed(0)} s`)
  await control.close()
  await admin.close()
  return records.map(({ ref, keys }) => ({ ref, key: keys.anonKey }))
}

async function manyAgainstOne(projects) {
  const node = await startNode(1)
  try {
    await ask(node.port, projects[0])
    const before = rssOf(node.pid)
    const waking = []
    for (const project of projects.slice(1)) waking.push(await ask(node.port, project))
    waking.sort((a, b) => a - b)
    console.log(
      `wake-up of a cold project: p50 ${quantile(waking, 0.5).toFixed(0)} ms, p99 ${quantile(waking, 0.99).toFixed(0)} ms`,
    )
    await settled()
    console.log(
      `an open project weighs ${((rssOf(node.pid) - before) / (projects.length - 1)).toFixed(2)} MB RSS (node: ${before.toFixed(0)} MB with one, ${rssOf(node.pid).toFixed(0)} MB with ${projects.length})`,
    )
    await ask(node.port, projects[0])
    const bare = await bareStatements()
    const widths = [1, connections, projects.length]
    const taken = { node: widths.map(() => []), bare: widths.map(() => []) }
    for (let round = 0; round < rounds; round++)
      for (const [at, width] of widths.entries()) {
        const asked = await loadMeasured(node, projects.slice(0, width))
        const alone = await bareMeasured(bare, width)
        taken.node[at].push(asked.rate)
        taken.bare[at].push(alone.rate)
        console.log(
          `round ${round + 1}, ${width} in turn: node ${asked.text}; bare Postgres ${alone.text}`,
        )
      }
    for (const [name, rates] of Object.entries(taken)) {
      const [one, each, many] = rates
      const share = (of) => median(many.map((rate, at) => rate / of[at])).toFixed(2)
      console.log(
        `${name}: ${projects.length} projects in turn: ${share(one)} of the requests/s of one, ${share(each)} of those of ${connections}`,
      )
    }
  } finally {
    await node.stop()
  }
}

async function workers(projects) {
  const few = projects.slice(0, 8)
  const rates = { 1: [], 2: [] }
  for (let round = 0; round < rounds; round++)
    for (const workerCount of [1, 2]) {
      const node = await startNode(workerCount)
      try {
        for (const project of few) await ask(node.port, project)
        await load(node.port, few, 1)
        rates[workerCount].push((await load(node.port, few)).rate)
      } finally {
        await node.stop()
      }
    }
  console.log(
    `workers: 1 ${median(rates[1]).toFixed(0)}/s, 2 ${median(rates[2]).toFixed(0)}/s: ${(median(rates[2]) / median(rates[1])).toFixed(2)}`,
  )
}

async function loadMeasured(node, projects) {
  // connections that were closed meanwhile
  await load(node.port, projects, 1)
  const before = [cpuOf(node.pid).ownUs, cpuOf(postgres.pid).childrenUs]
  const { rate, p99, requests } = await load(node.port, projects)
  const [own, database] = [cpuOf(node.pid).ownUs, cpuOf(postgres.pid).childrenUs].map(
    (us, at) => (us - before[at]) / requests,
  )
  const text = `${rate.toFixed(0)}/s, p99 ${p99.toFixed(1)} ms, CPU ${own.toFixed(0)} µs node + ${database.toFixed(0)} µs Postgres`
  return { rate, text }
}

/** What the node last sent for a request, with a session as it makes them. */
async function bareStatements() {
  const db = openDatabase({ connection: parseConnectionUrl(urlOf('p0')), maxConnections: 1 })
  const [found] = await db.transaction(ownSession, [
    {
      name: 'bench.lastStatement',
      text: `select query from pg_stat_activity where usename = 'authenticator' and datname = 'p0'
        and query like '/* dataApi.%' and query like '%items%' order by query_start desc limit 1`,
      values: [],
    },
  ])
  await db.close()
  const session = sessionStatement({
    role: 'anon',
    readOnly: true,
    settings: [
      ['search_path', '"public", "public", "extensions"'],
      ['statement_timeout', '3s'],
      ['request.jwt.claims', '{"iss":"basalt","ref":"p0-x","role":"anon","iat":1790000000}'],
      ['app.user_id', ''],
      ['app.role', 'anon'],
      ['app.tenant_id', ''],
      ['request.method', 'GET'],
      ['request.path', '/items'],
      [
        'request.headers',
        JSON.stringify({ host: 'bench', apikey: 'x'.repeat(170), authorization: 'x'.repeat(177) }),
      ],
      ['request.cookies', '{}'],
    ],
  })
  const main = decodeRows(found)[0].query
  return [
    { ...session, variable: null },
    { text: main, values: ['1'], variable: 0 },
  ]
}

async function bareMeasured(statements, width) {
  const urls = Array.from({ length: width }, (_, at) => `${urlOf(`p${at}`)}?sslmode=disable`)
  const plan = { urls, callers: connections, seconds, postgres: postgres.pid, statements }
  const result = await runBare(plan)
  const rate = result.requests / result.seconds
  return {
    rate,
    text: `${rate.toFixed(0)}/s, CPU ${result.clientUs.toFixed(0)} µs client + ${result.postgresUs.toFixed(0)} µs Postgres`,
  }
}

async function load(port, projects, duration = seconds) {
  const requests = Array.from({ length: Math.max(projects.length, 100) }, (_, at) => {
    const { ref, key } = projects[at % projects.length]
    return `GET /rest/v1/items?id=eq.${1 + (at % 1000)}&select=id,name HTTP/1.1\r\nHost: 127.0.0.1\r\nx-project-ref: ${ref}\r\napikey: ${key}\r\nAuthorization: Bearer ${key}\r\n\r\n`
  })
  const result = await runLoad({
    host: '127.0.0.1',
    port,
    connections,
    seconds: duration,
    requests,
  })
  if (result.errors > 0) throw new Error(`${result.errors} of ${result.requests} requests failed`)
  return { rate: result.requests / result.seconds, p99: result.p99, requests: result.requests }
}

/** ms until the answer; rejects unless it is 200. */
function ask(port, { ref, key }) {
  const began = performance.now()
  return new Promise((done, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        path: '/rest/v1/items?id=eq.1',
        headers: { 'x-project-ref': ref, apikey: key },
      },
      (response) => {
        response.resume()
        response.on('end', () =>
          response.statusCode === 200
            ? done(performance.now() - began)
            : reject(new Error(`${ref}: ${response.statusCode}`)),
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end()
  })
}

async function startNode(workerCount) {
  const port = await freePort()
  const child = spawn(
    process.execPath,
    [command, 'serve', '--json', '--port', String(port), '--workers', String(workerCount)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        BASALT_CONTROL_DB_URL: urlOf('control'),
        BASALT_MASTER_KEY: masterKey.toString('base64'),
        SUPABASE_STORAGE_PATH: join(folder, 'storage'),
        SUPABASE_BASALT_RATE_LIMIT_ENABLED: 'false',
        SUPABASE_BASALT_LOG_REQUESTS: 'true',
        SUPABASE_BASALT_ADMIN_PORT: String(await freePort()),
      },
    },
  )
  await new Promise((ready, reject) => {
    child.once('exit', (code) => reject(new Error(`basalt serve ended with ${code}`)))
    child.stdout.on('data', (chunk) => {
      if (String(chunk).includes('"event":"ready"')) ready()
    })
  })
  return {
    pid: child.pid,
    port,
    stop: async () => {
      child.removeAllListeners('exit')
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** Connections that the wake-up needed are closed after 30 s. */
function settled() {
  return new Promise((done) => setTimeout(done, 35_000))
}

function rssOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
