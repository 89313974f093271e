import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { runCli } from './run-cli.ts'

let server: TestPlatform
let workdir: string
let out: string
let err: string

beforeAll(async () => {
  server = await startTestPlatform({
    schema: `
      create table public.shut (id int primary key);
      alter table public.shut enable row level security;
      create table public.wide (id int primary key);
      create view public.past as select * from public.shut;
      create view public.asking with (security_invoker = true) as select * from public.shut;
      create function public.mighty() returns int language sql security definer as 'select 1';
      create function public.meek() returns int language sql security definer as 'select 1';
      revoke execute on function public.meek() from public, anon, authenticated;
      grant all on all tables in schema public to anon, authenticated;`,
  })
  workdir = mkdtempSync(join(tmpdir(), 'basalt doctor '))
  mkdirSync(join(workdir, 'supabase'))
})
beforeEach(() => {
  out = ''
  err = ''
})
afterAll(async () => {
  rmSync(workdir, { recursive: true })
  await server.close()
})

function doctor(...args: string[]): Promise<number> {
  return runCli(['doctor', ...args], {
    out: (text) => (out += text),
    err: (text) => (err += text),
    cwd: workdir,
    readVariable: () => null,
    readInput: () => null,
    ask: () => Promise.resolve(null),
    onInterrupt: () => () => {},
    onReload: () => () => {},
    exit: () => {},
  })
}

interface Report {
  readonly version: number
  readonly summary: Readonly<Record<string, number>>
  readonly checks: readonly {
    readonly name: string
    readonly level: string
    readonly message: string
    readonly remedy: string | null
  }[]
}

async function report(...args: string[]): Promise<{ code: number; told: Report }> {
  const code = await doctor(...args, '-o', 'json')
  return { code, told: JSON.parse(out) as Report }
}

const found = ({ checks }: Report, name: string) => checks.find((one) => one.name === name)

test('a database whose tables are open is wrong, and what is open is named', async () => {
  const { code, told } = await report('--db-url', server.databaseUrl)
  expect(code).toBe(1)
  expect(told.version).toBe(1)
  const tables = found(told, 'row_security')
  expect(tables).toMatchObject({ level: 'error' })
  expect(tables?.message).toContain('public.wide')
  expect(tables?.message).not.toContain('public.shut')
  expect(found(told, 'definers')?.message).toMatch(/public\.mighty$/)
  expect(found(told, 'views')?.message).toMatch(/public\.past$/)
  expect(found(told, 'durability')).toMatchObject({ level: 'error' })
  for (const name of ['database', 'clock', 'version', 'slots', 'wal_level'])
    expect(found(told, name)).toMatchObject({ level: 'ok', remedy: null })
  for (const { level, remedy } of told.checks)
    if (level !== 'ok') expect(remedy?.length).toBeGreaterThan(10)
  const { ok = 0, warning = 0, error = 0 } = told.summary
  expect(ok + warning + error).toBe(told.checks.length)
})

test('what answers with the keys that everybody knows is fit for this machine alone', async () => {
  const { code, told } = await report('--url', server.url)
  expect(code).toBe(0)
  expect(found(told, 'address')).toMatchObject({ level: 'ok' })
  expect(found(told, 'keys')?.message).toBe('The service key that everybody knows is taken')
})

test('a configuration that is open to the world is wrong', async () => {
  writeFileSync(
    join(workdir, 'supabase/config.toml'),
    `[basalt]\nhost = "0.0.0.0"\nadmin_host = "0.0.0.0"\ndb_url = "postgres://a:secret@db.invalid:5432/x"\n[basalt.security_txt]\nexpires = "2020-01-01T00:00:00Z"\n`,
  )
  const { code, told } = await report()
  expect(code).toBe(1)
  expect(found(told, 'keys')).toMatchObject({ level: 'error' })
  for (const name of ['ports', 'transport', 'rate_limits', 'database_transport', 'security_txt'])
    expect(found(told, name)).toMatchObject({ level: 'warning' })
  expect(found(told, 'database')).toMatchObject({ level: 'error' })
  expect(out).not.toContain('secret@')
})

test('a configuration that cannot be used is a check that failed', async () => {
  writeFileSync(join(workdir, 'supabase/config.toml'), '[api]\nport = "no"\n')
  const { code, told } = await report()
  expect(code).toBe(1)
  expect(found(told, 'config')?.message).toContain('api.port')
})

test('for people, the gravest first', async () => {
  writeFileSync(join(workdir, 'supabase/config.toml'), '')
  expect(await doctor('--db-url', server.databaseUrl)).toBe(1)
  expect(out).toMatch(/^ERROR {4}\w+: /)
  expect(out).toMatch(/\d+ wrong, \d+ to look at, \d+ fine\n$/)
  expect(await doctor()).toBe(0)
  expect(err).toContain('does not run')
})
