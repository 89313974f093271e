/** The packages as they are published: packed, and used in a folder that has nothing but them and what they declare. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

const run = promisify(execFile)
const names = ['server', 'cli', 'docstore', 'studio', 'code']
const { version } = JSON.parse(readFileSync('packages/server/package.json', 'utf8')) as {
  readonly version: string
}
const installed = (name: string): string => join(folder, 'node_modules', '@basalt', name)
let folder: string

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, unknown>>
}

const manifestOf = (name: string): Manifest =>
  JSON.parse(readFileSync(join(installed(name), 'package.json'), 'utf8')) as Manifest

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'basalt packed '))
  const workspaces = names.flatMap((name) => ['--workspace', `packages/${name}`])
  await run('npm', ['pack', '--silent', '--pack-destination', folder, ...workspaces])
  for (const name of names) {
    mkdirSync(installed(name), { recursive: true })
    const archive = join(folder, `basalt-${name}-${version}.tgz`)
    await run('tar', ['-xzf', archive, '-C', installed(name), '--strip-components=1'])
  }
  for (const name of names) linkDependencies(name)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What a package declares, and nothing else of our node_modules. */
function linkDependencies(name: string): void {
  const { dependencies = {}, optionalDependencies } = manifestOf(name)
  for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) {
    if (dependency.startsWith('@basalt/')) continue
    const place = join(installed(name), 'node_modules', dependency)
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(resolve('node_modules', dependency), place)
  }
}

/** A page, or code. */
const entryOf = (name: string): string => entries[name] ?? 'dist/index.js'
const entries: Readonly<Record<string, string>> = {
  server: 'dist/bundle/index.js',
  studio: 'dist/index.html',
}

test('each package holds its licence and its readme, and no map without what it maps', () => {
  for (const name of names) {
    const files = readdirSync(installed(name), { recursive: true, encoding: 'utf8' }).filter(
      (file) => !file.startsWith('node_modules'),
    )
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', entryOf(name)]))
    expect(files.filter((file) => /\.map$|\.test\.|\.fixture\.|\.drill\./.test(file))).toEqual([])
    expect(readFileSync(join(installed(name), 'LICENSE'), 'utf8')).toBe(
      readFileSync('LICENSE', 'utf8'),
    )
  }
})

/** For vitest, and for browsers. */
const elsewhere = [
  '@basalt/server/testing/suites',
  '@basalt/docstore/testing',
  '@basalt/docstore/browser',
]

test('every entry can be imported', async () => {
  const entries = names
    .flatMap((name) =>
      Object.keys(manifestOf(name).exports).map((key) => `@basalt/${name}${key.slice(1)}`),
    )
    .filter((entry) => !elsewhere.includes(entry) && !entry.endsWith('.json'))
  expect(entries).toContain('@basalt/server/testing')
  const script = entries.map((entry) => `await import('${entry}')`).join('\n')
  await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })
})

test('the platform for tests works under node:test', async () => {
  writeFileSync(
    join(folder, 'app.test.mjs'),
    `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestPlatform } from '@basalt/server/testing'

test('reads what was written', async () => {
  const { platform, close } = await startTestPlatform({
    schema: 'create table notes (id int primary key); insert into notes values (1); grant all on notes to anon;',
  })
  const headers = { apikey: platform.keys.publishableKey }
  const response = await platform.fetch('http://in.process/rest/v1/notes', { headers })
  assert.deepEqual(await response.json(), [{ id: 1 }])
  await close()
})
`,
  )
  // its reporter is told by the surroundings that it is inside another's
  const env = { PATH: dirname(process.execPath) }
  const { stdout } = await run(process.execPath, ['--test', 'app.test.mjs'], { cwd: folder, env })
  expect(stdout).toMatch(/pass 1\n/)
})

test('the command line starts a project, and Postgres goes with it', async () => {
  const bin = join(installed('cli'), 'bin', 'basalt.mjs')
  const workdir = join(folder, 'my app')
  await run(process.execPath, [bin, 'init', '--workdir', workdir])
  const config = join(workdir, 'supabase', 'config.toml')
  const ports = await freePorts(4)
  const [api, db, admin, mail] = ports
  writeFileSync(
    config,
    `[api]\nport = ${api}\n[db]\nport = ${db}\n[basalt]\nadmin_port = ${admin}\n[inbucket]\nport = ${mail}\n`,
  )
  mkdirSync(join(workdir, 'supabase/functions/hello'), { recursive: true })
  writeFileSync(
    join(workdir, 'supabase/functions/hello/index.ts'),
    "Deno.serve(() => new Response('hello'))",
  )
  const child = spawn(process.execPath, [bin, 'start', '--json', '--workdir', workdir], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(child, 'exit')
  const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [unknown]
  const ready = JSON.parse(String(line)) as { readonly status: Status }
  expect(ready).toMatchObject({ event: 'ready', url: `http://127.0.0.1:${api}` })
  expect((await fetch(`http://127.0.0.1:${api}/health`)).status).toBe(200)
  const headers = { authorization: `Bearer ${ready.status.ANON_KEY}` }
  const hello = await fetch(`http://127.0.0.1:${api}/functions/v1/hello`, { headers })
  expect(await hello.text()).toBe('hello')
  expect(await indexWithCode(bin, ready.status)).toMatchObject({
    symbols: [{ name: 'packed', kind: 'function', path: 'a.ts' }],
  })
  child.kill('SIGTERM')
  expect((await ended)[0]).toBe(0)
})

interface Status {
  readonly API_URL: string
  readonly DB_URL: string
  readonly ANON_KEY: string
  readonly SERVICE_ROLE_KEY: string
}

interface GitServer {
  readonly host: string
  create(name: string): {
    readonly url: string
    commit(files: Readonly<Record<string, string>>): void
    push(): Promise<void>
  }
  close(): Promise<void>
}

/** Code intelligence on the project: its migrations, its threads, the grammars it declares. Resolves to what is found. */
async function indexWithCode(bin: string, status: Status): Promise<unknown> {
  const { startGitServer } = (await import(
    pathToFileURL(resolve('test/code/git-server.mjs')).href
  )) as { startGitServer: () => Promise<GitServer> }
  const git = await startGitServer()
  const origin = git.create('packed')
  origin.commit({ 'a.ts': 'export function packed() {}\n' })
  await origin.push()
  const command = [bin, 'code', 'serve', '--worker', '--migrate', '--json']
  const child = spawn(process.execPath, command, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      DATABASE_URL: status.DB_URL,
      SUPABASE_URL: status.API_URL,
      SUPABASE_ANON_KEY: status.ANON_KEY,
      SUPABASE_SERVICE_KEY: status.SERVICE_ROLE_KEY,
      CODE_PORT: '0',
      CODE_DATA_DIR: join(folder, 'code'),
      CODE_ALLOWED_HOSTS: git.host,
      PATH: process.env['PATH'],
    },
  })
  const ended = once(child, 'exit')
  const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [unknown]
  const { url } = JSON.parse(String(line)) as { readonly url: string }
  const signedUp = await post(`${status.API_URL}/auth/v1/signup`, status.ANON_KEY, {
    email: 'ann@example.com',
    password: 'correct horse battery',
  })
  const token = signedUp['access_token'] as string
  await post(`${url}/api/v1/repositories`, token, { git_url: origin.url })
  const search = `${url}/api/v1/symbols/search?match=exact&pattern=packed`
  const found = await vi.waitUntil(async () => {
    const answer = await fetch(search, { headers: { authorization: `Bearer ${token}` } })
    const body = (await answer.json()) as { readonly symbols?: readonly unknown[] }
    return body.symbols?.length === 1 ? body : null
  }, 15_000)
  child.kill('SIGTERM')
  expect((await ended)[0]).toBe(0)
  await git.close()
  return found
}

async function post(url: string, token: string, body: object): Promise<Record<string, unknown>> {
  const headers = {
    apikey: token,
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
  }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  const told = (await answer.json()) as Record<string, unknown>
  expect(answer.ok, JSON.stringify(told)).toBe(true)
  return told
}

/** All at the same time, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  for (const server of servers) server.close()
  return ports
}
