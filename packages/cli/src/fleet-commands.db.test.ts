import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase } from '@basalt/server/testing'
import type { TestDatabase } from '@basalt/server/testing'
import { runCli } from './run-cli.ts'
import type { Terminal } from '#terminal'

let folder: string
let control: TestDatabase
const databases: TestDatabase[] = []
const variables: Record<string, string> = {}
/** What a person types, one after the other; none: nobody is there. */
let typed: string[] = []
let piped: string | null = null
let out = ''
let err = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'basalt fleet '))
  control = await createTestDatabase('template0')
  variables['BASALT_CONTROL_DB_URL'] = control.url
  variables['BASALT_MASTER_KEY'] = randomBytes(32).toString('base64')
})
afterAll(async () => {
  for (const database of [control, ...databases]) await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

async function run(...args: string[]): Promise<number> {
  out = err = ''
  const terminal = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    cwd: folder,
    readVariable: (name: string) => variables[name] ?? null,
    readInput: () => piped,
    ask: () => Promise.resolve(typed.shift() ?? null),
    onInterrupt: () => () => {},
    onReload: () => () => {},
    exit: () => {},
  } satisfies Terminal
  return runCli(args, terminal)
}

async function json<T = Record<string, unknown>>(...args: string[]): Promise<T> {
  expect([await run(...args, '-o', 'json'), err]).toEqual([0, err])
  return JSON.parse(out) as T
}

async function database(): Promise<string> {
  const made = await createTestDatabase()
  databases.push(made)
  return made.url
}

test('control migrate makes the control database, and once is enough', async () => {
  expect(await json('control', 'migrate')).toEqual({
    applied: ['control/0001_control', 'control/0002_page_sessions', 'control/0003_snippets'],
  })
  expect(await run('control', 'migrate')).toBe(0)
  expect(out).toBe('Nothing to apply.\n')
})

test('a project goes from its making to its end', async () => {
  writeFileSync(
    join(folder, 'project.toml'),
    '[auth]\nsite_url = "https://shop.example"\n[api]\nport = 54321\n',
  )
  const url = await database()
  const made = await json(
    'projects',
    'create',
    'shop',
    '--db-url',
    url,
    '--config',
    'project.toml',
    '--base-domain',
    'example.com',
  )
  expect(Object.keys(made)).toEqual(
    expect.arrayContaining([
      'ref',
      'api_url',
      'db_url',
      'anon_key',
      'service_role_key',
      'publishable_key',
      'secret_key',
    ]),
  )
  expect(made).toMatchObject({ ref: 'shop', api_url: 'https://shop.example.com' })
  expect(made['db_url']).toContain(':********@')
  expect(await json<object[]>('projects', 'list')).toMatchObject([
    { ref: 'shop', status: 'active' },
  ])
  expect(await json('projects', 'pause', 'shop')).toMatchObject({ status: 'paused' })
  expect(await json('projects', 'resume', 'shop')).toMatchObject({ status: 'active' })
  expect(await json('projects', 'update', 'shop', '--name', 'The shop')).toMatchObject({
    name: 'The shop',
  })
  const keys = await json('projects', 'keys', 'shop')
  expect(keys['anon_key']).toBe(made['anon_key'])
  const rotated = await json('projects', 'rotate-keys', 'shop', '--grace', '90m')
  expect(rotated['anon_key']).not.toBe(made['anon_key'])
  expect(rotated['retired_until']).toHaveLength(1)
  expect(await json('projects', 'rotate-keys', 'shop', '--grace', '0')).toMatchObject({
    retired_until: [],
  })
  expect(await json('projects', 'health', 'shop')).toMatchObject({ database: { reachable: true } })
  expect(await run('projects', 'purge', 'shop', '--confirm', 'shop')).toBe(1)
  expect(err).toContain('is not deleted')
  expect(await json('projects', 'delete', 'shop')).toMatchObject({ status: 'deleted' })
  expect(await json('projects', 'restore', 'shop')).toMatchObject({ status: 'active' })
  await json('projects', 'delete', 'shop')
  expect(await run('projects', 'purge', 'shop')).toBe(1)
  expect(err).toContain('--confirm shop')
  typed = ['shop']
  expect(await run('projects', 'purge', 'shop')).toBe(0)
  expect(await json('projects', 'list')).toEqual([])
})

test('the database may be piped in or be in the environment, and people get lines', async () => {
  piped = `${await database()}\n`
  expect(await run('projects', 'create', 'piped', '--db-url-stdin')).toBe(0)
  expect(out).toMatch(/^ref +piped$/m)
  expect(out).toMatch(/^api_url +-$/m)
  piped = null
  variables['BASALT_PROJECT_DB_URL'] = await database()
  expect(await run('projects', 'create', 'told')).toBe(0)
  delete variables['BASALT_PROJECT_DB_URL']
  expect(await run('projects', 'create', 'none')).toBe(1)
  expect(err).toContain('--db-url-stdin')
  await run('projects', 'list')
  expect(out).toMatch(/^REF .*\npiped +active/)
})

test('doctor looks at the databases of all projects; one that is away is said, and the others are looked at', async () => {
  const open = await createTestDatabase()
  const away = await createTestDatabase()
  databases.push(open)
  await json('projects', 'create', 'open', '--db-url', open.url)
  await json('projects', 'create', 'away', '--db-url', away.url)
  const client = new pg.Client(open.url)
  await client.connect()
  await client.query('create table public.wide (id int); grant select on public.wide to anon')
  await client.end()
  await away.drop()
  interface Report {
    readonly checks: readonly { name: string; level: string; project: string | null }[]
  }
  expect(await run('doctor', '--control-db-url', control.url, '-o', 'json')).toBe(1)
  const { checks } = JSON.parse(out) as Report
  const of = (project: string | null, name: string) =>
    checks.find((check) => check.project === project && check.name === name)
  expect(of(null, 'database')).toMatchObject({ level: 'ok' })
  expect(of('open', 'database')).toMatchObject({ level: 'ok' })
  expect(of('open', 'row_security')).toMatchObject({ level: 'error' })
  expect(of('away', 'database')).toMatchObject({ level: 'error' })
  expect(await run('doctor', '--control-db-url', control.url)).toBe(1)
  expect(out).toMatch(/^ERROR {4}open: row_security: /m)
  expect(out).not.toMatch(/^ok .*open: /m)
  const key = variables['BASALT_MASTER_KEY'] as string
  delete variables['BASALT_MASTER_KEY']
  await run('doctor', '--control-db-url', control.url)
  expect(err).toContain('BASALT_MASTER_KEY is not set')
  variables['BASALT_MASTER_KEY'] = randomBytes(32).toString('base64')
  expect(await run('doctor', '--control-db-url', control.url)).toBe(1)
  expect(out).toMatch(/^ERROR {4}projects: /m)
  variables['BASALT_MASTER_KEY'] = key
  for (const ref of ['away', 'open']) {
    await run('projects', 'delete', ref)
    expect([await run('projects', 'purge', ref, '--confirm', ref, '--force'), err]).toEqual([
      0,
      err,
    ])
  }
})

test('everything that is wrong with a project is said, one line each', async () => {
  writeFileSync(
    join(folder, 'wrong.toml'),
    '[auth]\njwt_secret = "mine"\n[basalt]\nredis_url = "redis://x"\n[api]\nprot = 1\n',
  )
  expect(
    await run(
      'projects',
      'create',
      'wrong',
      '--db-url',
      'postgres://x@127.0.0.1:1/x',
      '--config',
      'wrong.toml',
    ),
  ).toBe(1)
  expect(err).toContain('- auth.jwt_secret: belongs to the fleet')
  expect(err).toContain("- basalt.redis_url: is the node's")
  expect(err).toContain('- api.prot: there is no such option')
  writeFileSync(join(folder, 'broken.toml'), '[auth\n')
  expect(await run('projects', 'create', 'wrong', '--db-url', 'x', '--config', 'broken.toml')).toBe(
    1,
  )
  expect(err).toContain('broken.toml: cannot read config: line 1')
  expect(await run('projects', 'rotate-keys', 'piped', '--grace', 'soon')).toBe(1)
  expect(err).toContain('--grace soon')
})

test('operators: the first is an owner; a password is piped in, typed twice, or made and shown once', async () => {
  piped = 'a password of the first\n'
  expect(await json('operators', 'create', 'first@example.com', '--password-stdin')).toMatchObject({
    role: 'owner',
  })
  expect(out).not.toContain('a password')
  piped = null
  expect(await json('operators', 'create', 'second@example.com')).toMatchObject({
    role: 'read-only',
    password: expect.stringMatching(/^[\w-]{24}$/) as string,
  })
  typed = ['typed by a person', 'typed by another']
  expect(await run('operators', 'create', 'third@example.com')).toBe(1)
  typed = ['typed by a person', 'typed by a person']
  expect(await run('operators', 'set-password', 'second@example.com')).toBe(0)
  expect(out + err).not.toContain('typed')
  expect(await json('operators', 'set-role', 'second@example.com', 'developer')).toMatchObject({
    role: 'developer',
  })
  expect(
    await json('projects', 'set-member', 'piped', 'second@example.com', '--role', 'admin'),
  ).toMatchObject({ role: 'admin' })
  expect(await json('projects', 'members', 'piped')).toMatchObject([
    { email: 'second@example.com' },
  ])
  await json('projects', 'remove-member', 'piped', 'second@example.com')
  const { token } = await json(
    'operators',
    'token',
    'first@example.com',
    '--name',
    'ci',
    '--days',
    '7',
  )
  expect(token).toMatch(/^sbp_[0-9a-f]{40}$/)
  const [listed] = await json<{ id: string }[]>('operators', 'tokens')
  await json('operators', 'revoke-token', listed?.id ?? '')
  expect(await json('operators', 'tokens')).toEqual([])
  await json('operators', 'delete', 'second@example.com')
  expect(await json('operators', 'list')).toMatchObject([
    { email: 'first@example.com', role: 'owner' },
  ])
})

test('what was done is exported a line an entry, from a time on', async () => {
  expect(await run('audit', 'export')).toBe(0)
  const entries = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: number; action: string; actor: string })
  expect(entries.length).toBeGreaterThan(5)
  expect(entries.map(({ id }) => id)).toEqual(entries.map(({ id }) => id).toSorted((a, b) => b - a))
  expect(entries.map(({ action }) => action)).toContain('operator.create')
  expect(await run('audit', 'export', '-o', 'csv', '--since', '1h')).toBe(0)
  const lines = out.split('\r\n')
  expect(lines[0]).toBe('id,at,actor,address,action,ref,detail')
  expect(lines).toHaveLength(entries.length + 2)
  expect(await run('audit', 'export', '--since', '2999-01-01')).toBe(0)
  expect(out).toBe('')
  expect(await run('audit', 'export', '--since', 'yesterday')).toBe(1)
  expect(err).toContain('--since yesterday')
})

test('without a master key, with a wrong one and without a database it is said what to do', async () => {
  const key = variables['BASALT_MASTER_KEY'] ?? ''
  delete variables['BASALT_MASTER_KEY']
  expect(await run('projects', 'list')).toBe(1)
  expect(err).toContain('openssl rand -base64 32')
  variables['BASALT_MASTER_KEY'] = 'short'
  expect(await run('projects', 'list')).toBe(1)
  expect(err).toContain('BASALT_MASTER_KEY is not 32 bytes in base64')
  const next = randomBytes(32).toString('base64')
  variables['BASALT_MASTER_KEY'] = next
  expect(await run('projects', 'list')).toBe(1)
  expect(err).toContain('sealed with another master key')
  variables['BASALT_PREVIOUS_MASTER_KEY'] = key
  expect(await json('control', 'rekey')).toEqual({ rewrapped: 2 })
  delete variables['BASALT_PREVIOUS_MASTER_KEY']
  writeFileSync(join(folder, 'key'), `${next}\n`)
  delete variables['BASALT_MASTER_KEY']
  variables['BASALT_MASTER_KEY_FILE'] = join(folder, 'key')
  expect(await json('projects', 'list')).toHaveLength(2)
  const url = variables['BASALT_CONTROL_DB_URL'] ?? ''
  delete variables['BASALT_CONTROL_DB_URL']
  expect(await run('projects', 'list')).toBe(1)
  expect(err).toContain('--control-db-url')
  expect(await run('projects', 'list', '--url', 'http://127.0.0.1:1')).toBe(1)
  expect(err).toContain('BASALT_OPERATOR_TOKEN')
  variables['BASALT_OPERATOR_TOKEN'] = 'sbp_x'
  expect(await run('projects', 'list', '--url', 'http://127.0.0.1:1')).toBe(1)
  expect(err).toContain('cannot be reached')
  variables['BASALT_CONTROL_DB_URL'] = url
})

test('a control database that is away is told, though nothing else keeps the process alive', () => {
  const bin = fileURLToPath(new URL('../bin/basalt.mjs', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'projects', 'list'], {
    cwd: folder,
    env: { ...variables, BASALT_CONTROL_DB_URL: 'postgres://a:b@127.0.0.1:1/x' },
    encoding: 'utf8',
  })
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toContain('Cannot connect to Postgres at 127.0.0.1:1')
})
