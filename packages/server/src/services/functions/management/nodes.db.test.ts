/** A function that is deployed on one node runs on another one: at once where it is heard, within a second where it is not. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMemoryStore } from '#base/blob'
import { defineConfig } from '#base/config'
import type { Config } from '#base/config'
import { openDatabase, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { silentLog, systemRandom } from '#base/kernel'
import { createSealer } from '#base/token'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { deploy, runtimeIn, token } from './deploy.fixture.ts'
import { openDeployments } from '#services/functions'
import type { Deployments } from '#services/functions'

const root = mkdtempSync(join(tmpdir(), 'basalt-nodes-'))
const blobs = createMemoryStore()
const key = 'a key of the operator'
let server: TestPlatform
let db: Database
let config = defineConfig({ 'basalt.encryption_key': key })
const nodes: Deployments[] = []
/** Statements of the nodes here. */
let statements = 0
let isAway = false
let isStuck = false
let nowMs = 0
/** Stands still: what is seen without it was heard. */
const clock = { now: () => nowMs }

beforeAll(async () => {
  const own: Partial<Config> = { 'basalt.encryption_key': key }
  server = await startTestPlatform({
    blobs,
    operatorToken: token,
    config: own,
    functions: runtimeIn(root),
  })
  db = openDatabase({ connection: parseConnectionUrl(server.databaseUrl), maxConnections: 4 })
})
afterAll(async () => {
  for (const node of nodes) await node.close()
  await db.close()
  await server.close()
  rmSync(root, { recursive: true })
})

async function openNode(listens: boolean): Promise<Deployments> {
  const counting = new Proxy(db, {
    get: (target, name) => {
      if (name === 'begin') statements++
      if (name === 'begin' && isStuck) return () => new Promise(() => {})
      if (name === 'begin' && isAway) return () => Promise.reject(new Error('away'))
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
  const folder = mkdtempSync(join(root, 'node-'))
  const node = await openDeployments({
    db: counting,
    listenOn: listens ? db : { listen: () => Promise.reject(new Error('no listening here')) },
    ref: 'default',
    blobs,
    folder: () => folder,
    config: () => config,
    sealer: createSealer(key),
    prepare: () => Promise.resolve(),
    logs: null,
    clock,
    random: systemRandom,
    log: silentLog,
  })
  nodes.push(node)
  return node
}

const put = async (content: string) => {
  const files = { 'supabase/functions/hello/index.ts': content }
  expect((await deploy(server.url, 'hello', files)).status).toBe(201)
}
async function contentOf(node: Deployments): Promise<string | null> {
  const found = await node.source.find('hello')
  if (found === null) return null
  return readFileSync(join(found.folder, 'source', found.entrypoint), 'utf8')
}
const setSecret = (value: string) =>
  fetch(`${server.url}/admin/v1/projects/default/secrets`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify([{ name: 'WORD', value }]),
  })

test('versions follow each other on both kinds of nodes', async () => {
  const [hears, asks] = [await openNode(true), await openNode(false)]
  expect(await contentOf(hears)).toBeNull()
  expect(await contentOf(asks)).toBeNull()
  for (const content of ['one', 'two', 'three']) {
    const before = await contentOf(asks)
    await put(content)
    await expect.poll(() => contentOf(hears), { interval: 5 }).toBe(content)
    expect(await contentOf(asks)).toBe(before)
    nowMs += 1_000
    expect(await contentOf(asks)).toBe(content)
  }
})

test('what is known, and names that are not, cost no statement', async () => {
  const node = await openNode(true)
  const first = await node.source.find('hello')
  statements = 0
  for (let n = 0; n < 300; n++) {
    expect(await node.source.find('hello')).toBe(first)
    expect(await node.source.find(`unknown-${n}`)).toBeNull()
  }
  expect(statements).toBeLessThanOrEqual(1)
})

test('secrets and settings of the process are in the environment; another state is another version', async () => {
  const node = await openNode(true)
  const find = async () => (await node.source.find('hello')) ?? expect.unreachable()
  const before = await find()
  expect(before).toMatchObject({ kind: 'javascript', verifyJwt: true, env: {} })
  await setSecret('one')
  await expect.poll(async () => (await find()).env).toEqual({ WORD: 'one' })
  const withSecret = await find()
  expect(withSecret.version).not.toBe(before.version)
  expect(withSecret.folder).toBe(before.folder)
  const hello = { enabled: true, verify_jwt: true, import_map: null, entrypoint: null }
  const settings = { ...hello, static_files: [], env: { WORD: 'over', MORE: 'x' } }
  const initial = config
  config = defineConfig({
    'edge_runtime.secrets': { ALL: 'y', WORD: 'z' },
    functions: { hello: settings },
  })
  expect((await find()).env).toEqual({ ALL: 'y', WORD: 'over', MORE: 'x' })
  config = defineConfig({ functions: { hello: { ...settings, enabled: false } } })
  expect(await node.source.find('hello')).toBeNull()
  config = initial
})

test('a database that is away leaves what was known; bytes that are gone are told', async () => {
  const node = await openNode(false)
  await put('kept')
  expect(await contentOf(node)).toBe('kept')
  isAway = true
  nowMs += 5_000
  expect(await contentOf(node)).toBe('kept')
  isAway = false
  isStuck = true
  nowMs += 5_000
  expect(await contentOf(node)).toBe('kept')
  isStuck = false
  const later = await openNode(false)
  for await (const { name } of blobs.list()) await blobs.deleteNamed([name])
  await expect(later.source.find('hello')).rejects.toMatchObject({
    name: 'FunctionFault',
    message: expect.stringMatching(/hello is not where its bytes should be kept: deploy it again/),
  })
  expect(await contentOf(node)).toBe('kept')
  const response = await fetch(`${server.url}/v1/projects/default/functions/hello/body`, {
    headers: { authorization: `Bearer ${token}`, accept: 'multipart/form-data' },
  })
  expect(await response.json()).toMatchObject({ code: 'function_bytes_gone' })
})
