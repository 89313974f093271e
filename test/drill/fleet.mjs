/**
 * `npm run drill:fleet`: two nodes behind nginx, two projects on Postgres servers of their own, a control database on a third,
 * Redis; reads and writes all the time, and in each phase something ends. Says what each caller saw; exits 1 where a request
 * failed that should not have. Needs nginx and redis-server.
 */
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Agent, request } from 'undici'
import { openDatabase, parseConnectionUrl } from '../../packages/server/dist/base/db/index.js'
import { silentLog } from '../../packages/server/dist/base/kernel/index.js'
import { openControlDatabase } from '../../packages/server/dist/host/control-plane/index.js'
import { startEmbeddedPostgres } from '../../packages/server/dist/host/node/index.js'

const command = resolve(import.meta.dirname, '../../packages/cli/bin/basalt.mjs')
const folder = mkdtempSync(join(tmpdir(), 'basalt-drill-fleet-'))
const masterKey = randomBytes(32)
const actor = { name: 'drill', address: null }
const pause = (ms) => new Promise((done) => setTimeout(done, ms))
const problems = []
const started = []

for (const program of ['nginx', 'redis-server'])
  if (spawnSync('which', [program]).status !== 0) {
    console.error(`${program} is not installed`)
    process.exit(2)
  }

class Server {
  constructor(name) {
    this.name = name
    this.dataDir = join(folder, name)
  }

  async start() {
    this.postgres = await startEmbeddedPostgres({
      dataDir: this.dataDir,
      ...(this.port === undefined ? {} : { port: this.port }),
      settings: { max_connections: '100' },
    })
    this.port = this.postgres.port
  }

  url(database) {
    const { user, password, port } = this.postgres
    return `postgres://${user}:${password}@127.0.0.1:${port}/${database}`
  }

  async script(database, ...statements) {
    const db = openDatabase({
      connection: parseConnectionUrl(this.url(database)),
      maxConnections: 1,
    })
    for (const text of statements)
      await db.execute({ name: 'drill', text, values: [] }, { prepare: false })
    await db.close()
  }

  stop() {
    return this.postgres.stop('immediate')
  }
}

class Node {
  constructor(name, port, adminPort) {
    Object.assign(this, { name, port, adminPort })
  }

  async start(environment) {
    this.environment ??= environment
    this.child = spawn(
      process.execPath,
      [command, 'serve', '--json', '--port', String(this.port)],
      {
        cwd: folder,
        stdio: ['ignore', 'pipe', process.env.DRILL_VERBOSE ? 'inherit' : 'ignore'],
        env: { ...this.environment, SUPABASE_BASALT_ADMIN_PORT: String(this.adminPort) },
      },
    )
    await new Promise((ready, reject) => {
      this.child.once('exit', (code) => reject(new Error(`${this.name} ended with ${code}`)))
      this.child.stdout.on('data', (chunk) => {
        if (String(chunk).includes('"event":"ready"')) ready()
        if (process.env.DRILL_VERBOSE) process.stderr.write(chunk)
      })
    })
    this.child.removeAllListeners('exit')
  }

  async end(signal) {
    this.child.kill(signal)
    await once(this.child, 'exit')
  }
}

/** One connection that asks all the time, reads and writes in turn. */
class Caller {
  constructor(url, project, dispatcher) {
    Object.assign(this, { url, project, dispatcher, seen: new Map(), isRunning: true, slowest: 0 })
    this.ended = this.run()
  }

  async run() {
    for (let each = 0; this.isRunning; each++) {
      const began = performance.now()
      const kind = each % 2 === 0 ? 'GET' : 'POST'
      const outcome = await this.ask(kind).catch((error) => error.code ?? error.message)
      const key = `${kind} ${outcome}`
      this.seen.set(key, (this.seen.get(key) ?? 0) + 1)
      this.slowest = Math.max(this.slowest, performance.now() - began)
      if (typeof outcome !== 'number' || outcome >= 400) await pause(50)
    }
  }

  async ask(method) {
    const { ref, key } = this.project
    const { statusCode, body } = await request(`${this.url}/rest/v1/words`, {
      method,
      dispatcher: this.dispatcher,
      headers: { 'x-project-ref': ref, apikey: key, 'content-type': 'application/json' },
      ...(method === 'POST' ? { body: '{"word":"w"}' } : { query: { limit: '5' } }),
    })
    await body.dump()
    return statusCode
  }

  take() {
    const { seen, slowest } = this
    this.seen = new Map()
    this.slowest = 0
    return { seen, slowest }
  }
}

function report(phase, callers, mustNotFail) {
  console.log(phase)
  for (const ref of new Set(callers.map(({ project }) => project.ref))) {
    const counts = new Map()
    let slowest = 0
    for (const caller of callers.filter(({ project }) => project.ref === ref)) {
      const taken = caller.take()
      slowest = Math.max(slowest, taken.slowest)
      for (const [key, count] of taken.seen) counts.set(key, (counts.get(key) ?? 0) + count)
    }
    const failed = [...counts].filter(([key]) => !/ 20[01]$/.test(key))
    const text = [...counts].map(([key, count]) => `${key} × ${count}`).join(', ')
    console.log(`  ${ref}: ${text}; slowest ${slowest.toFixed(0)} ms`)
    if (mustNotFail.includes(ref) && failed.length > 0)
      problems.push(
        `${phase}: ${ref}: ${failed.map(([key, count]) => `${key} × ${count}`).join(', ')}`,
      )
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** A node that has just begun knows no project without the control database. */
async function opened(node, project) {
  const { body } = await request(`http://127.0.0.1:${node.port}/rest/v1/words?limit=1`, {
    headers: { 'x-project-ref': project.ref, apikey: project.key },
  })
  await body.dump()
}

async function startNginx(nodes, port) {
  const place = join(folder, 'nginx')
  mkdirSync(place)
  writeFileSync(
    join(place, 'nginx.conf'),
    `daemon off; pid ${place}/pid; error_log ${place}/error.log; worker_processes 1;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${place}/body; proxy_temp_path ${place}/proxy;
  fastcgi_temp_path ${place}/f; uwsgi_temp_path ${place}/u; scgi_temp_path ${place}/s;
  upstream nodes {
    ${nodes.map((node) => `server 127.0.0.1:${node.port} max_fails=1 fail_timeout=1s;`).join(' ')}
    keepalive 32;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://nodes;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_next_upstream error timeout;
    }
  }
}`,
  )
  const child = spawn('nginx', ['-p', place, '-c', join(place, 'nginx.conf')], { stdio: 'inherit' })
  started.push(() => child.kill('SIGTERM'))
}

async function startRedis(port) {
  const child = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', ''],
    {
      stdio: 'ignore',
    },
  )
  started.push(() => child.kill('SIGKILL'))
  return child
}

const [central, first, second] = ['central', 'first', 'second'].map((name) => new Server(name))
let callers = []
try {
  await Promise.all([central, first, second].map((server) => server.start()))
  await central.script('postgres', 'create database control')
  const control = await openControlDatabase({
    url: central.url('control'),
    masterKey,
    log: silentLog,
  })
  const projects = []
  for (const [ref, server] of [
    ['alpha', first],
    ['beta', second],
  ]) {
    const { record } = await control.projects.create(
      { ref, databaseUrl: server.url('postgres') },
      actor,
    )
    await server.script(
      'postgres',
      'create table public.words (word text)',
      'grant all on public.words to anon',
    )
    projects.push({ ref, key: record.keys.publishableKey })
  }
  const redisPort = await freePort()
  let redis = await startRedis(redisPort)
  const nodes = []
  for (const name of ['one', 'two']) nodes.push(new Node(name, await freePort(), await freePort()))
  const environment = {
    ...process.env,
    BASALT_CONTROL_DB_URL: central.url('control'),
    BASALT_REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    BASALT_MASTER_KEY: masterKey.toString('base64'),
    SUPABASE_STORAGE_PATH: join(folder, 'storage'),
    SUPABASE_BASALT_RATE_LIMIT_ANONYMOUS: '1000000',
    SUPABASE_BASALT_LOG_REQUESTS: 'false',
  }
  await Promise.all(nodes.map((node) => node.start(environment)))
  const port = await freePort()
  await startNginx(nodes, port)
  await pause(500)
  const url = `http://127.0.0.1:${port}`
  callers = projects.flatMap((project) =>
    Array.from({ length: 4 }, () => new Caller(url, project, new Agent({ connections: 1 }))),
  )
  await pause(2_000)
  report('opened', callers, ['alpha', 'beta'])
  await pause(3_000)
  report('nothing happens for 3 s', callers, ['alpha', 'beta'])

  for (const node of nodes) {
    await node.end('SIGTERM')
    await pause(500)
    await node.start()
    for (const project of projects) await opened(node, project)
  }
  report('both nodes were restarted, one after the other', callers, ['alpha', 'beta'])

  await central.stop()
  await pause(4_000)
  report('the control database was away for 4 s', callers, ['alpha', 'beta'])
  await central.start()

  await second.stop()
  await pause(4_000)
  report("beta's database was away for 4 s", callers, ['alpha'])
  await second.start()
  await pause(3_000)
  callers.forEach((caller) => caller.take())
  await pause(1_000)
  report('and is there again', callers, ['alpha', 'beta'])

  redis.kill('SIGKILL')
  await pause(3_000)
  report('Redis was away for 3 s', callers, ['alpha', 'beta'])
  redis = await startRedis(redisPort)

  await nodes[0].end('SIGKILL')
  await pause(3_000)
  report('a node was killed', callers, [])
  await nodes[0].start()
  await pause(1_000)
  callers.forEach((caller) => caller.take())

  await control.projects.rotateKeys('alpha', { graceMs: 60_000 }, actor)
  await pause(2_000)
  report("alpha's keys were rotated, with a grace period", callers, ['alpha', 'beta'])

  await control.projects.remove('beta', actor)
  await pause(1_000)
  report('beta was deleted', callers, ['alpha'])
  await pause(1_000)
  report('a second later', callers, ['alpha'])
  for (const caller of callers) caller.isRunning = false
  await Promise.all(callers.map(({ ended }) => ended))
  await Promise.all(nodes.map((node) => node.end('SIGTERM')))
  await control.close()
} finally {
  for (const caller of callers) caller.isRunning = false
  for (const stop of started) stop()
  await Promise.allSettled(
    [central, first, second].map((server) => server.postgres?.stop('immediate')),
  )
  await pause(200)
  rmSync(folder, { recursive: true, force: true })
}
for (const problem of problems) console.log(`FAILED ${problem}`)
process.exit(problems.length > 0 ? 1 : 0)
