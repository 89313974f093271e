/** What a drill of several nodes stands on: a Postgres and a Redis that can be killed, and nodes started by the real command. */
import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { freePort, startEmbeddedPostgres } from '@basalt/server/node'
import { openSession, parseConnectionUrl } from '../../packages/server/dist/base/db/index.js'

const command = resolve(import.meta.dirname, '../../packages/cli/bin/basalt.mjs')
const jwtSecret = 'super-secret-jwt-token-with-at-least-32-characters-long'

export function userToken(sub, role = 'authenticated') {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + 7200
  const head = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ role, sub, exp })}`
  return `${head}.${createHmac('sha256', jwtSecret).update(head).digest('base64url')}`
}

export async function openGround() {
  const root = mkdtempSync(join(tmpdir(), 'basalt-nodes-'))
  const dataDir = join(root, 'pgdata')
  const port = await freePort()
  const start = () =>
    startEmbeddedPostgres({
      dataDir,
      port,
      password: 'drill',
      settings: { max_connections: '150' },
    })
  let postgres = await start()
  const url = (name) =>
    `postgresql://${postgres.user}:drill@127.0.0.1:${port}/postgres?application_name=${name}`
  const redis = await startRedis(root)
  return {
    root,
    url,
    redis,
    killPostgres: async () => {
      process.kill(postgres.pid, 'SIGKILL')
      await postgres.exited
    },
    startPostgres: async () => {
      postgres = await start()
    },
    rows: async (text) => {
      const session = await openSession(parseConnectionUrl(url('drill')))
      try {
        return await session.rows({ name: 'drill', text, values: [] })
      } finally {
        session.close()
      }
    },
    script: async (text) => {
      const session = await openSession(parseConnectionUrl(url('drill')))
      try {
        await session.script('drill', text)
      } finally {
        session.close()
      }
    },
    connect: () => openSession(parseConnectionUrl(url('writer'))),
    close: async () => {
      await redis.kill()
      await postgres.stop('immediate')
      rmSync(root, { recursive: true, force: true })
    },
  }
}

async function startRedis(root) {
  const port = await freePort()
  const program = process.env.BASALT_TEST_REDIS ?? 'redis-server'
  let child = null
  const start = async () => {
    child = spawn(program, [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--dir',
      root,
    ])
    await new Promise((ready, failed) => {
      child.once('error', failed)
      child.once('exit', () => failed(new Error(`${program} did not start`)))
      child.stdout.on('data', (line) => /Ready to accept/.test(line) && ready())
    })
  }
  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** A node of the ground's database, in a folder of its own; alone it knows no Redis. `settings` end its config.toml. */
export async function createNode(ground, name, { isAlone = false, settings = '' } = {}) {
  const workdir = join(ground.root, name)
  mkdirSync(join(workdir, 'supabase'), { recursive: true })
  const [api, admin] = [await freePort(), await freePort()]
  writeFileSync(
    join(workdir, 'supabase/config.toml'),
    `project_id = "drill"
[api]
port = ${api}
[inbucket]
enabled = false
[realtime]
max_concurrent_users = 10000
max_joins_per_second = 10000
[basalt]
admin_port = ${admin}
log_requests = false
${settings}`,
  )
  let child = null
  const node = { name, url: `http://127.0.0.1:${api}`, said: '' }
  Object.defineProperty(node, 'pid', { get: () => child.pid })
  node.start = async () => {
    const bus = isAlone ? [] : ['--redis-url', ground.redis.url]
    const flags = ['--db-url', ground.url(name), ...bus, '--json']
    child = spawn(process.execPath, [command, '--workdir', workdir, 'start', ...flags])
    child.stderr.on('data', (chunk) => (node.said += chunk))
    await new Promise((ready, failed) => {
      child.once('exit', () => failed(new Error(`${name} did not start: ${node.said}`)))
      child.stdout.on('data', (chunk) => {
        node.said += chunk
        if (String(chunk).includes('"event":"ready"')) ready()
      })
    })
  }
  node.kill = async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  node.stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGINT')
    await once(child, 'exit')
  }
  node.metrics = async () => (await fetch(`http://127.0.0.1:${admin}/metrics`)).text()
  await node.start()
  return node
}

/** The name of the node that reads the log; null while none does. */
export async function findLeader(ground) {
  const found = await ground
    .rows(`select application_name as name from pg_stat_activity where backend_type = 'walsender'`)
    .catch(() => [])
  return found[0]?.name.replace(/ realtime$/, '') ?? null
}

export const pause = (ms) => new Promise((resolve_) => setTimeout(resolve_, ms))

export async function until(what, condition, ms = 30_000) {
  const end = performance.now() + ms
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`)
    await pause(20)
  }
}
