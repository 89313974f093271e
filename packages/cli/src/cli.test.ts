import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCli } from './run-cli.ts'
import { selectServices } from './select-services.ts'
import { formatStatus, statusMap } from './status-formats.ts'

let workdir: string
let out: string
let err: string

beforeEach(() => {
  workdir = mkdtempSync(join(tmpdir(), 'basalt cli '))
})
afterEach(() => rmSync(workdir, { recursive: true }))

function run(...args: string[]): Promise<number> {
  return runWithInput(null, ...args)
}

function runWithInput(input: string | null, ...args: string[]): Promise<number> {
  out = ''
  err = ''
  return runCli(args, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    cwd: workdir,
    readVariable: () => null,
    readInput: () => input,
    ask: () => Promise.resolve(null),
    onInterrupt: () => () => {},
    onReload: () => () => {},
    exit: () => {},
  })
}

const read = (path: string): string => readFileSync(join(workdir, 'supabase', path), 'utf8')

test("the migrations of code are written into the project's folder, wherever the command is called", async () => {
  mkdirSync(join(workdir, 'project/supabase'), { recursive: true })
  expect(await run('code', 'migrations', '--workdir', 'project')).toBe(0)
  expect(readdirSync(join(workdir, 'project/supabase/migrations'))).toContain(
    '20250922_saas_repositories_jobs.sql',
  )
  expect(readdirSync(workdir)).toEqual(['project'])
  expect(await run('code', 'migrations', 'sql', '--workdir', 'project')).toBe(0)
  expect(readdirSync(workdir)).toEqual(['project', 'sql'])
})

test('init makes a folder that start understands, and overwrites nothing unasked', async () => {
  expect(await run('init')).toBe(0)
  expect(readdirSync(join(workdir, 'supabase')).toSorted()).toEqual([
    '.gitignore',
    'config.toml',
    'migrations',
    'seed.sql',
  ])
  expect(read('.gitignore')).toContain('.temp')
  expect(await run('start', '--print-config')).toBe(0)
  expect(err).toBe('')
  expect(parse(out)).toMatchObject({ api: { port: 54321, schemas: ['public'] } })

  writeFileSync(join(workdir, 'supabase/seed.sql'), 'select 1;')
  expect(await run('init')).toBe(1)
  expect(err).toContain('basalt init --force')
  expect(await run('init', '--force')).toBe(0)
  expect(read('seed.sql')).toBe('select 1;')
})

test('--print-config shows what file and flags make of it, secrets masked, as TOML or JSON', async () => {
  await run('init')
  expect(
    await run('start', '--print-config', '--json', '--port', '5000', '--exclude', 'auth,kong'),
  ).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    api: { port: 5000, enabled: true },
    auth: { enabled: false, jwt_secret: '********' },
  })
})

test('all problems of the configuration are shown, and nothing else', async () => {
  mkdirSync(join(workdir, 'supabase'))
  writeFileSync(
    join(workdir, 'supabase/config.toml'),
    '[api]\nport = 0\nprot = 1\n[auth]\njwt_expiry = 0\n',
  )
  expect(await run('start')).toBe(1)
  expect(err).toBe(
    [
      'supabase/config.toml: api.port: expected a whole number from 1 to 65535, found 0',
      'supabase/config.toml: auth.jwt_expiry: expected a whole number from 1 to 604800, found 0',
      '',
    ].join('\n'),
  )
})

test('migration new writes a file named after the time, with what is piped in', async () => {
  await run('init')
  expect(await run('migration', 'new', 'empty')).toBe(0)
  expect(out).toMatch(/^Created new migration at supabase\/migrations\/\d{14}_empty\.sql\n$/)
  expect(await runWithInput('select 1;\n', 'migration', 'new', 'piped')).toBe(0)
  const files = readdirSync(join(workdir, 'supabase/migrations'))
  expect(files).toHaveLength(2)
  expect(read(`migrations/${files.find((name) => name.endsWith('piped.sql'))}`)).toBe('select 1;\n')
  expect(await run('migration', 'new', '../escape')).toBe(1)
})

test('commands that need a running project say that none runs', async () => {
  await run('init')
  for (const args of [['status'], ['stop'], ['migration', 'list'], ['migration', 'up']]) {
    expect(await run(...args)).toBe(1)
    expect(err).toBe(`basalt start is not running in ${workdir}.\n`)
  }
})

test('a folder without a project is told to init', async () => {
  expect(await run('start')).toBe(1)
  expect(err).toContain('Run basalt init first.')
  expect(await run('start', '--workdir', 'nowhere')).toBe(1)
  expect(err).toContain('There is no folder')
})

test('wrong arguments exit 2, help and version 0', async () => {
  expect(await run('frobnicate')).toBe(2)
  expect(await run('start', '--nope')).toBe(2)
  expect(await run('status', '-o', 'xml')).toBe(2)
  expect(await run('--version')).toBe(0)
  expect(out).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect(await run('--help')).toBe(0)
  expect(out).toContain('Exit codes: 0 done')
})

test('a wrong port or service name is one sentence', async () => {
  await run('init')
  expect(await run('start', '--port', '99999')).toBe(1)
  expect(err).toBe('--port 99999: expected a whole number from 1 to 65535.\n')
  expect(await run('start', '-x', 'cron')).toBe(1)
  expect(err).toMatch(/^There is no service cron\. Services: rest, /)
})

test('--only turns off everything else', () => {
  expect(selectServices(undefined, 'rest')).toMatchObject({
    'api.enabled': true,
    'auth.enabled': false,
    'storage.enabled': false,
  })
  expect(selectServices('gotrue', undefined)).toEqual({ 'auth.enabled': false })
})

test('status is sorted, renamed and quoted for each format', () => {
  const entries = [
    { path: 'db.url', name: 'DB_URL', value: 'b', label: null },
    { path: 'api.url', name: 'API_URL', value: 'a"', label: 'API URL' },
  ]
  const map = statusMap(entries, { 'api.url': 'URL' })
  expect(formatStatus(map, 'env')).toBe('DB_URL="b"\nURL="a""\n')
  expect(formatStatus(map, 'toml')).toBe('DB_URL = "b"\nURL = "a\\""\n')
  expect(formatStatus(map, 'yaml')).toBe('DB_URL: "b"\nURL: "a\\""\n')
  expect(JSON.parse(formatStatus(map, 'json'))).toEqual({ DB_URL: 'b', URL: 'a"' })
})

test('code says what the environment lacks, and writes its migrations once', async () => {
  expect(await run('code', 'serve')).toBe(1)
  expect(err).toContain('DATABASE_URL is not set')
  expect(err).toContain('SUPABASE_SERVICE_KEY is not set')
  expect(await run('code', 'mcp')).toBe(1)
  expect(err).toContain('CODE_API_KEY')
  expect(await run('code', 'migrations')).toBe(0)
  expect(readdirSync(join(workdir, 'supabase', 'migrations'))).toContain(
    '20250922_saas_repositories_jobs.sql',
  )
  expect(await run('code', 'migrations')).toBe(0)
  expect(out).toBe('')
})
