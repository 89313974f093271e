import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, executeDirectly } from '@basalt/server/testing'
import { runCli } from './run-cli.ts'

let database: Awaited<ReturnType<typeof createTestDatabase>>
let workdir: string
let out: string
let err: string

beforeAll(async () => {
  database = await createTestDatabase()
  workdir = mkdtempSync(join(tmpdir(), 'basalt gen '))
  mkdirSync(join(workdir, 'supabase'))
  writeFileSync(join(workdir, 'supabase/config.toml'), '[api]\nschemas = ["app"]\n')
  await executeDirectly(
    database.url,
    'create schema app',
    'create table public.fruits (id int primary key)',
    'create table app.jobs (id int primary key)',
  )
})
beforeEach(() => {
  out = ''
  err = ''
})
afterAll(async () => {
  rmSync(workdir, { recursive: true })
  await database.drop()
})

function gen(...args: string[]): Promise<number> {
  return runCli(['gen', 'types', ...args], {
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

const schemas = (): string[] =>
  [...out.matchAll(/^ {2}(\w+): \{$/gm)].flatMap(([, name]) =>
    name === undefined || name.startsWith('__') ? [] : [name],
  )

test('types of public and the exposed schemas, or of those that are named', async () => {
  expect(await gen('typescript', '--db-url', database.url)).toBe(0)
  expect([...new Set(schemas())]).toEqual(['app', 'public'])
  expect(out).toContain('fruits: {')
  out = ''
  expect(await gen('--lang', 'typescript', '-s', 'app,auth', '--db-url', database.url)).toBe(0)
  expect([...new Set(schemas())]).toEqual(['app', 'auth'])
  out = ''
  expect(await gen('-s', 'app', '--schema', 'nothing', '--db-url', database.url)).toBe(0)
  expect([...new Set(schemas())]).toEqual(['app'])
})

test('other languages, and a project that does not run, are told', async () => {
  expect(await gen('go', '--db-url', database.url)).toBe(1)
  expect(err).toContain('go: only typescript is generated.')
  expect(await gen('--local')).toBe(1)
  expect(err).toContain('basalt start is not running in')
  expect(await gen('--local', '--db-url', database.url)).toBe(1)
  expect(err).toContain('exclude each other')
  expect(out).toBe('')
})
