import { execFileSync, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { makeTestFolder } from '#testing'
import { openDatabase, ownSession, parseConnectionUrl } from '#base/db'
import type { EmbeddedPostgres } from './embedded-postgres.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { freePort } from './free-port.ts'
import { isAlive } from '#host/node/core'
import { isPostgresOf, readPostmasterPid } from './running-postmaster.ts'

const launcher = `
const [module, dataDir] = process.argv.slice(1)
const { startEmbeddedPostgres } = await import(module)
const postgres = await startEmbeddedPostgres({ dataDir, password: 'secret' })
process.stdout.write(JSON.stringify({ pid: process.pid, postgresPid: postgres.pid }) + '\\n')
`
/** As it was built: a process of its own cannot run the sources. */
const built = fileURLToPath(
  new URL('../../../../dist/host/node/postgres/embedded-postgres.js', import.meta.url),
)

/** A data folder that was started and stopped: initdb takes a second, its copy nothing. */
let made: string
let folder: string
let dataDir: string
const running: EmbeddedPostgres[] = []

beforeAll(async () => {
  made = makeTestFolder()
  const first = await startEmbeddedPostgres({ dataDir: join(made, 'pgdata'), password: 'secret' })
  await first.stop()
})
afterAll(() => rmSync(made, { recursive: true, force: true }))

beforeEach(() => {
  folder = makeTestFolder()
  dataDir = join(folder, 'pgdata')
})

afterEach(async () => {
  for (const postgres of running.splice(0)) await postgres.stop('immediate')
  rmSync(folder, { recursive: true, force: true })
})

async function start(options: Partial<Parameters<typeof startEmbeddedPostgres>[0]> = {}) {
  const postgres = await startEmbeddedPostgres({ dataDir, password: 'secret', ...options })
  running.push(postgres)
  return postgres
}

/** For tests that are not about making it. With its owner, whom Postgres runs as. */
function copyMade(): void {
  execFileSync('cp', ['-a', join(made, 'pgdata'), dataDir])
}

test('the first start creates the data folder, later ones find what was committed', async () => {
  const first = await start()
  expect(first).toMatchObject({
    created: true,
    version: '18.4',
    user: 'supabase_admin',
    host: '127.0.0.1',
  })
  const socketDir = first.socketDir ?? ''
  expect(existsSync(join(socketDir, `.s.PGSQL.${first.port}`))).toBe(true)
  await first.stop()
  expect(await first.exited).toEqual({ code: 0, signal: null })
  expect(existsSync(join(dataDir, 'postmaster.pid'))).toBe(false)
  expect(existsSync(socketDir)).toBe(false)
  expect(readdirSync(folder)).toEqual(['pgdata'])

  const begun = performance.now()
  const second = await start()
  expect(performance.now() - begun).toBeLessThan(2000)
  expect(second.created).toBe(false)
})

test('after kill -9 of the postmaster the next start recovers', async () => {
  copyMade()
  const first = await start()
  process.kill(first.pid, 'SIGKILL')
  expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' })
  expect(existsSync(join(dataDir, 'postmaster.pid'))).toBe(true)
  const second = await start()
  expect(readPostmasterPid(dataDir)).toMatchObject({ pid: second.pid, status: 'ready' })
})

test('a second start on the same folder is refused and names the first', async () => {
  copyMade()
  await start()
  await expect(start()).rejects.toMatchObject({
    failure: 'already-running',
    message: expect.stringContaining(`process ${process.pid}`),
  })
})

test('of two simultaneous starts on a new folder one wins', async () => {
  const outcomes = await Promise.allSettled([start(), start()])
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
})

test('an occupied port is named together with the remedy, and nothing is left running or locked', async () => {
  copyMade()
  const port = await freePort()
  const server = createServer().listen(port, '127.0.0.1')
  await vi.waitFor(() => expect(server.listening).toBe(true))
  await expect(start({ port })).rejects.toMatchObject({
    failure: 'port-in-use',
    message: expect.stringMatching(new RegExp(`Port ${port}.*already in use.*db\\.port`)),
  })
  await new Promise((resolve) => server.close(resolve))
  expect(existsSync(`${dataDir}.lock`)).toBe(false)
  expect((await start({ port })).port).toBe(port)
})

test('when the parent is killed with -9 Postgres ends, and the next start finds the folder free', async () => {
  copyMade()
  const child = await launchInChild(dataDir)
  process.kill(child.pid, 'SIGKILL')
  await vi.waitFor(() => expect(isPostgresOf(child.postgresPid, dataDir)).toBe(false), 5000)
  await start()
})

test('a Postgres that a dead owner left running is stopped, and the folder taken over', async () => {
  copyMade()
  const child = await launchInChild(dataDir)
  // stopped, it cannot notice the death of its parent
  process.kill(child.postgresPid, 'SIGSTOP')
  process.kill(child.pid, 'SIGKILL')
  await vi.waitFor(() => expect(isAlive(child.pid)).toBe(false), 5000)
  expect(isPostgresOf(child.postgresPid, dataDir)).toBe(true)
  process.kill(child.postgresPid, 'SIGCONT')
  const postgres = await start()
  expect(isPostgresOf(child.postgresPid, dataDir)).toBe(false)
  expect(postgres.pid).not.toBe(child.postgresPid)
})

test('a postmaster.pid that names some other living process is stale, and that process is left alone', async () => {
  copyMade()
  const first = await start()
  await first.stop()
  const bystander = spawn('sleep', ['60'])
  writeFileSync(
    join(dataDir, 'postmaster.pid'),
    [bystander.pid, dataDir, 1, first.port, '/tmp', '127.0.0.1', '0 0', 'ready', ''].join('\n'),
  )
  await start()
  expect(isAlive(bystander.pid ?? 0)).toBe(true)
  bystander.kill()
})

test('the password that initdb reads is where the next start finds it, not in the folder for temporary files', async () => {
  const temporary = join(folder, 'temporary')
  mkdirSync(temporary, { mode: 0o755 })
  vi.stubEnv('TMPDIR', temporary)
  const seen = new Set<string>()
  const looking = setInterval(() => {
    for (const name of [...readdirSync(folder), ...readdirSync(temporary)]) seen.add(name)
  }, 5)
  await start()
  clearInterval(looking)
  vi.unstubAllEnvs()
  expect(seen).toContain(`pgdata.init-${process.pid}.password`)
  expect([...seen].filter((name) => /^basalt-\w{6}$/.test(name))).toEqual([])
  expect(readdirSync(folder).toSorted()).toEqual(['pgdata', 'pgdata.lock', 'temporary'])
})

test('an interrupted initdb leaves nothing that disturbs the next start', async () => {
  mkdirSync(`${dataDir}.init-99999`)
  writeFileSync(join(`${dataDir}.init-99999`, 'PG_VERSION'), '18')
  writeFileSync(`${dataDir}.init-99999.password`, 'secret')
  expect((await start()).created).toBe(true)
  expect(readdirSync(folder).toSorted()).toEqual(['pgdata', 'pgdata.lock'])
})

test('a folder of another version or with other things in it is refused, not touched', async () => {
  mkdirSync(dataDir)
  writeFileSync(join(dataDir, 'PG_VERSION'), '15\n')
  await expect(start()).rejects.toMatchObject({ failure: 'wrong-version' })
  writeFileSync(join(dataDir, 'notes.txt'), 'mine')
  rmSync(join(dataDir, 'PG_VERSION'))
  await expect(start()).rejects.toMatchObject({ failure: 'not-a-data-folder' })
  expect(readFileSync(join(dataDir, 'notes.txt'), 'utf8')).toBe('mine')
})

test('a wrong setting is reported in the words of Postgres', async () => {
  copyMade()
  await expect(start({ settings: { work_mem: 'plenty' } })).rejects.toMatchObject({
    failure: 'postgres-failed',
    message: expect.stringContaining('work_mem'),
  })
})

test.runIf(process.geteuid?.() === 0)(
  'root keeps its data in a folder only root can enter',
  async () => {
    const home = mkdtempSync(join(homedir(), '.basalt-test-'))
    try {
      dataDir = join(home, 'pgdata')
      const first = await start()
      expect(isPostgresOf(first.pid, dataDir)).toBe(true)
      await first.stop()
      expect((await start()).created).toBe(false)
      await running.at(-1)?.stop()
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  },
)

/** Starts Postgres in a process of its own, which can then be killed. */
async function launchInChild(
  dataDir: string,
): Promise<{ readonly pid: number; readonly postgresPid: number }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', launcher, built, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the child ended with ${code}`)))
    child.stdout.setEncoding('utf8').once('data', (line: string) => resolve(JSON.parse(line)))
  })
}

test('a data folder that has lost its password is refused before anything runs, and says what to do', async () => {
  const first = await startEmbeddedPostgres({ dataDir })
  await first.stop()
  rmSync(join(dataDir, 'pgsql_tmp.superuser.key'))
  await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
    failure: 'not-a-data-folder',
    message: expect.stringContaining('basalt db reset') as string,
  })
  expect(existsSync(join(dataDir, 'postmaster.pid'))).toBe(false)
})

test('a migration of 2,500 tables with their keys and indexes in one transaction has locks enough', async () => {
  copyMade()
  const { user, port } = await start()
  const db = openDatabase({
    connection: parseConnectionUrl(`postgres://${user}:secret@127.0.0.1:${port}/postgres`),
    maxConnections: 1,
  })
  const tables = [...Array(50).keys()].map(
    (at) => `create table t${at} (id bigserial primary key, name text unique,
      parent bigint ${at === 0 ? '' : `references t${at - 1}`}); create index on t${at} (parent);`,
  )
  // advisory locks lie in the same table: those of the other 2,450, without the seconds they take to create
  const migration = db.begin(ownSession, (transaction) =>
    transaction.script(
      'test.lock',
      `${tables.join('\n')}
      do $$ declare per_table int := (select count(*) from pg_locks) / 50; begin
        if per_table < 4 then raise exception 'only % locks a table', per_table; end if;
        perform pg_advisory_xact_lock(n) from generate_series(1, 2450 * per_table) n;
      end $$`,
    ),
  )
  await expect(migration).resolves.not.toThrow()
  await db.close()
})
