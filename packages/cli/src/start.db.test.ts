import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import { freePort } from '@basalt/server/node'
import { cloneDatabase, executeDirectly, makeTestFolder } from '@basalt/server/testing'

const repository = fileURLToPath(new URL('../../..', import.meta.url))
const command = fileURLToPath(new URL('../bin/basalt.mjs', import.meta.url))

interface Run {
  readonly child: ChildProcess
  out(): string
  err(): string
  readonly ended: Promise<number | null>
}

let workdir: string
let ports: { api: number; db: number; admin: number }
const children: ChildProcess[] = []

beforeEach(async () => {
  workdir = makeTestFolder()
  ports = { api: await freePort(), db: await freePort(), admin: await freePort() }
  prepare(workdir)
})
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  rmSync(workdir, { recursive: true, force: true })
})

function prepare(folder: string): void {
  write(
    folder,
    'config.toml',
    `[api]\nport = ${ports.api}\nmax_rows = 100000\n[db]\nport = ${ports.db}\n[basalt]\nadmin_port = ${ports.admin}\n`,
  )
  write(
    folder,
    'migrations/20260101000000_notes.sql',
    'create table notes (id int primary key, body text);\ngrant all on notes to service_role;\n',
  )
  write(folder, 'seed.sql', `insert into notes values (0, 'seed');`)
}

function write(folder: string, path: string, content: string): void {
  const file = join(folder, 'supabase', path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, content)
}

function basalt(args: string[], options: { workdir?: string; uid?: number } = {}): Run {
  const workdirOption = ['--workdir', options.workdir ?? workdir]
  const child = spawn(process.execPath, [command, ...args, ...workdirOption], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  })
  children.push(child)
  let out = ''
  let err = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return { child, out: () => out, err: () => err, ended }
}

interface Ready {
  readonly pid: number
  readonly url: string
  readonly status: Readonly<Record<string, string>>
}

async function ready(run: Run): Promise<Ready> {
  const ended = run.ended.then(() => Promise.reject(new Error(run.err())))
  const line = vi.waitFor(
    () => {
      expect(run.err()).toContain('Ready in')
      return run.out().split('\n')[0] ?? ''
    },
    { timeout: 40_000, interval: 20 },
  )
  return JSON.parse(await Promise.race([line, ended])) as Ready
}

async function notes({ url, status }: Ready, init: RequestInit = {}): Promise<unknown> {
  const key = status['SERVICE_ROLE_KEY'] ?? ''
  const response = await fetch(`${url}/rest/v1/notes?order=id`, {
    ...init,
    headers: { apikey: key, authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  })
  if (!response.ok) throw new Error(await response.text())
  return init.method === undefined ? await response.json() : null
}

const insert = (server: Ready, id: number): Promise<unknown> =>
  notes(server, { method: 'POST', body: JSON.stringify({ id, body: 'x' }) })

test('start serves the project, status describes it, stop ends it, and what was written is there next time', async () => {
  const first = basalt(['start', '--json'])
  const server = await ready(first)
  expect(server.status).toMatchObject({
    API_URL: `http://127.0.0.1:${ports.api}`,
    STUDIO_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    DB_URL: `postgresql://postgres:postgres@127.0.0.1:${ports.db}/postgres`,
  })
  expect(first.err()).toMatch(
    /Initialising Postgres 18\.4\.\.\.\n {2}done in .*Applying migration 20260101000000_notes\.sql\.\.\.\n.*Seeding data from supabase\/seed\.sql/s,
  )
  expect(await notes(server)).toEqual([{ id: 0, body: 'seed' }])
  await insert(server, 1)

  const second = basalt(['start'])
  expect(await second.ended).toBe(1)
  expect(second.err()).toContain(`as process ${first.child.pid}`)
  const status = basalt(['status', '-o', 'env'])
  expect(await status.ended).toBe(0)
  expect(status.out()).toContain(`API_URL="http://127.0.0.1:${ports.api}"\n`)
  const stop = basalt(['stop'])
  expect([await stop.ended, await first.ended]).toEqual([0, 0])
  expect(first.err()).toMatch(/Stopping\.\.\.\nStopped\.\n$/)
  expect(existsSync(join(workdir, 'supabase/.temp/pgdata/postmaster.pid'))).toBe(false)

  const again = await ready(basalt(['start', '--json']))
  expect(await notes(again)).toHaveLength(2)
})

test('after kill -9 under load every acknowledged write is there', async () => {
  const first = basalt(['start', '--json'])
  const server = await ready(first)
  const acknowledged: number[] = []
  let next = 1
  const writer = async (): Promise<void> => {
    for (;;) {
      const id = next++
      await insert(server, id)
      acknowledged.push(id)
    }
  }
  const writers = Array.from({ length: 8 }, () => writer().catch(() => {}))
  await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(200), { timeout: 10_000 })
  // everything at once, as when the machine loses power
  for (const pid of [...postgresProcesses(), first.child.pid ?? 0]) kill(pid)
  await Promise.all(writers)
  const again = await ready(basalt(['start', '--json']))
  const found = new Set(((await notes(again)) as { id: number }[]).map(({ id }) => id))
  expect(acknowledged.filter((id) => !found.has(id))).toEqual([])
})

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it ended with the one before
  }
}

/** All processes that work in the data folder. */
function postgresProcesses(): number[] {
  const pidFile = join(workdir, 'supabase/.temp/pgdata/postmaster.pid')
  const postmaster = Number(readFileSync(pidFile, 'utf8').split('\n')[0])
  const children = readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === postmaster
      } catch {
        return false
      }
    })
  return [postmaster, ...children]
}

test('a second Ctrl-C does not wait for requests, and Postgres ends all the same', async () => {
  write(
    workdir,
    'migrations/20260101000001_slow.sql',
    'create function slow() returns void language sql as $$ select pg_sleep(60) $$;',
  )
  const run = basalt(['start', '--json'])
  const { url, status } = await ready(run)
  const apikey = status['SERVICE_ROLE_KEY'] ?? ''
  const slow = fetch(`${url}/rest/v1/rpc/slow`, { method: 'POST', headers: { apikey } }).catch(
    () => {},
  )
  await vi.waitFor(async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${ports.admin}/metrics`)).text()
    expect(metrics).toMatch(/database_connections_active\{[^}]*pool="api"[^}]*\} 1/)
  }, 5000)
  const [postmaster = 0] = postgresProcesses()
  await vi.waitFor(
    () => {
      run.child.kill('SIGINT')
      expect(run.child.exitCode).toBe(130)
    },
    { timeout: 5000, interval: 100 },
  )
  expect(run.err()).toContain('Stopping...\nEnded without waiting.\n')
  await slow
  await vi.waitFor(() => expect(existsSync(`/proc/${postmaster}/cwd`)).toBe(false), 5000)
})

test('a migration that fails ends the start with its place; mended, the start begins anew', async () => {
  write(workdir, 'migrations/20260101000001_bad.sql', 'select 1;\n\nselect nope;\n')
  const failing = basalt(['start'])
  expect(await failing.ended).toBe(1)
  expect(failing.err()).toContain(
    'supabase/migrations/20260101000001_bad.sql, line 3 (statement 2): column "nope" does not exist (SQLSTATE 42703)',
  )
  rmSync(join(workdir, 'supabase/migrations/20260101000001_bad.sql'))
  const mended = basalt(['start', '--json'])
  expect(await notes(await ready(mended))).toEqual([{ id: 0, body: 'seed' }])
  expect(mended.err()).toContain('the first start had not finished')
})

test('an occupied port is told before anything is created', async () => {
  const blocker = createServer().listen(ports.api, '127.0.0.1')
  await once(blocker, 'listening')
  const run = basalt(['start'])
  expect(await run.ended).toBe(1)
  expect(run.err()).toMatch(new RegExp(`^Port ${ports.api}, meant for the API, is already in use`))
  expect(existsSync(join(workdir, 'supabase/.temp/pgdata'))).toBe(false)
  blocker.close()
})

test('db reset rebuilds under a running server, migration up adds to it', async () => {
  const server = await ready(basalt(['start', '--json']))
  await insert(server, 7)
  write(workdir, 'migrations/20260102000000_more.sql', `insert into notes values (100, 'up');`)
  expect(await basalt(['migration', 'up']).ended).toBe(0)
  expect(await notes(server)).toHaveLength(3)
  // basalt status -o env > .env: what status prints is no option
  const lines = Object.entries(server.status).map(([name, value]) => `${name}="${value}"\n`)
  writeFileSync(join(workdir, '.env'), lines.join(''))
  expect(await basalt(['db', 'reset']).ended).toBe(0)
  expect(await notes(server)).toEqual([
    { id: 0, body: 'seed' },
    { id: 100, body: 'up' },
  ])
  const bad = 'migrations/20260103000000_bad.sql'
  write(workdir, bad, 'select nope;')
  const failing = basalt(['db', 'reset'])
  expect(await failing.ended).toBe(1)
  expect(failing.err()).toContain(`supabase/${bad}, line 1 (statement 1)`)
  const status = basalt(['status', '-o', 'env'])
  expect(await status.ended).toBe(0)
  expect(status.err()).toContain(`WARN: supabase/${bad}, line 1`)
  expect(status.out()).not.toContain('WARN')
  const list = basalt(['migration', 'list'])
  await list.ended
  expect(list.out()).toContain('20260102000000 | 20260102000000 | 2026-01-02 00:00:00')
})

test('a given database is used in place of the embedded one', async () => {
  const given = await cloneDatabase(inject('testServer').url, 'template0')
  try {
    const flags = ['--db-url', given.url, '--apply-migrations', '--seed']
    const run = basalt(['start', '--json', ...flags])
    const server = await ready(run)
    expect(server.status['DB_URL']).toBe(given.url)
    expect(await notes(server)).toEqual([{ id: 0, body: 'seed' }])
    expect(existsSync(join(workdir, 'supabase/.temp/pgdata'))).toBe(false)
    // a login trigger of the project's would run as the superuser whose URL this is
    await executeDirectly(
      given.url,
      `do $$ begin assert current_setting('event_triggers') = 'off'; end $$`,
    )
    run.child.kill('SIGTERM')
    expect(await run.ended).toBe(0)
  } finally {
    await given.drop()
  }
})

test('what a given database lacks is listed, what cannot be reached is named', async () => {
  const url = new URL(inject('testServer').url)
  await executeDirectly(url.href, `create role cli_test login password 'pw'`)
  try {
    Object.assign(url, { username: 'cli_test', password: 'pw' })
    const run = basalt(['start', '--db-url', url.href])
    expect(await run.ended).toBe(1)
    expect(run.err()).toMatch(/cannot be used; nothing was changed:\n {2}- .*cli_test/)
  } finally {
    await executeDirectly(inject('testServer').url, 'drop role cli_test')
  }
  const unreachable = basalt(['start', '--db-url', 'postgres://u:p@127.0.0.1:1/x'])
  expect(await unreachable.ended).toBe(1)
  expect(unreachable.err()).toContain('127.0.0.1:1')
})

test.runIf(process.geteuid?.() === 0)(
  'root starts a project in a folder only root can enter',
  async () => {
    const home = mkdtempSync(join(homedir(), '.basalt-test-'))
    try {
      prepare(home)
      const run = basalt(['start', '--json'], { workdir: home })
      expect(await notes(await ready(run))).toHaveLength(1)
      run.child.kill('SIGINT')
      expect(await run.ended).toBe(0)
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  },
)

/** Another user cannot run what lies below a home folder of ours. */
function isOpenToAll(path: string): boolean {
  const isOpen = (statSync(path).mode & 0o005) === 0o005
  return isOpen && (path === dirname(path) || isOpenToAll(dirname(path)))
}

const isRoot = process.geteuid?.() === 0

test.runIf(isRoot && isOpenToAll(repository))('an ordinary user starts a project', async () => {
  chmodSync(workdir, 0o755)
  for (const path of ['', 'supabase', 'supabase/migrations'])
    chownSync(join(workdir, path), 65534, 65534)
  const run = basalt(['start', '--json'], { uid: 65534 })
  expect(await notes(await ready(run))).toHaveLength(1)
})
