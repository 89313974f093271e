/** What preparing refuses is told with its place; logs are read and followed, and followers are bounded. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createMemoryStore } from '#base/blob'
import { openDatabase, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { fromWebRequest } from '#base/http'
import type { StreamedBody } from '#base/http'
import { silentLog, systemRandom } from '#base/kernel'
import { createSealer } from '#base/token'
import { ArtifactStore } from '#services/functions/artifact'
import { FunctionFault } from '#services/functions/core'
import type { FunctionLogs, LogEntry } from '#services/functions/core'
import { Registry, SecretStore } from '#services/functions/registry'
import { createTestDatabase } from '#testing'
import type { TestDatabase } from '#testing'
import { openManagement } from './management.ts'
import { managementRoutes } from './routes.ts'

const folder = mkdtempSync(join(tmpdir(), 'basalt-management-'))
let database: TestDatabase
let db: Database
beforeAll(async () => {
  database = await createTestDatabase()
  db = openDatabase({ connection: parseConnectionUrl(database.url), maxConnections: 2 })
})
afterAll(async () => {
  await db.close()
  await database.drop()
  rmSync(folder, { recursive: true })
})

let entries: LogEntry[] = []
let listeners = new Set<(entry: LogEntry) => void>()
beforeEach(() => {
  entries = []
  listeners = new Set()
})
const logs: FunctionLogs = {
  append: (entry) => {
    const kept = { ...entry, id: entries.length + 1 }
    entries.push(kept)
    for (const listener of listeners) listener(kept)
  },
  read: ({ slug, afterId, limit }) =>
    entries.filter((entry) => entry.slug === slug && entry.id > afterId).slice(0, limit),
  follow: (listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
}

async function ask(path: string, init: RequestInit = {}, ref = 'default') {
  const limits = () => ({ packedBytes: 1e6, unpackedBytes: 1e6, cacheBytes: 1e6 })
  const parts = { db, ref, log: silentLog }
  const routes = managementRoutes(
    openManagement({
      registry: new Registry({ ...parts, keptVersions: () => 10 }),
      secrets: new SecretStore({ ...parts, sealer: createSealer('key') }),
      artifacts: new ArtifactStore({
        blobs: createMemoryStore(),
        folder: () => folder,
        limits,
        random: systemRandom,
      }),
      prepare: () =>
        Promise.reject(new FunctionFault('npm:nothing cannot be had', 'f/index.ts:1:8')),
      logs,
      maxUploadBytes: () => 1e6,
      log: silentLog,
    }),
  )
  const method = init.method ?? 'GET'
  const request = new Request(`http://localhost${path}`, init)
  const pattern = path.includes('logs') ? '/:slug/logs' : '/deploy'
  const route = routes.find((one) => one.method === method && one.pattern.endsWith(pattern))
  return route!.handler(fromWebRequest(request), path.includes('logs') ? { slug: 'f' } : {})
}
const say = (message: string, slug = 'f') =>
  logs.append({
    timeMs: 0,
    slug,
    version: '1',
    requestId: 'r',
    level: 'info',
    kind: 'console',
    message,
  })

function form(): FormData {
  const form = new FormData()
  form.append('metadata', '{"name":"f","entrypoint_path":"supabase/functions/f/index.ts"}')
  form.append('file', new Blob(['import "npm:nothing"']), 'supabase/functions/f/index.ts')
  return form
}

test('what cannot be prepared is told, with its place', async () => {
  const refusal = {
    code: 'function_not_prepared',
    message: 'npm:nothing cannot be had',
    details: 'f/index.ts:1:8',
  }
  await expect(ask('/deploy', { method: 'POST', body: form() })).rejects.toMatchObject(refusal)
  const headers = { accept: 'application/x-ndjson' }
  const { body } = await ask('/deploy', { method: 'POST', body: form(), headers })
  let text = ''
  for await (const chunk of body as StreamedBody) text += Buffer.from(chunk).toString()
  expect(
    text.split('\n').map((line) => (line === '' ? null : (JSON.parse(line) as unknown))),
  ).toEqual([{ progress: 'received 1 files' }, { error: { ...refusal, hint: null } }, null])
})

test('logs: the last, those after, and no nonsense', async () => {
  for (let n = 1; n <= 5; n++) say(`line ${n}`)
  say('of another', 'g')
  const messages = async (query: string) =>
    (JSON.parse((await ask(`/logs?${query}`)).body as string) as { message: string }[]).map(
      ({ message }) => message,
    )
  expect(await messages('limit=2')).toEqual(['line 4', 'line 5'])
  expect(await messages('after=1&limit=2')).toEqual(['line 2', 'line 3'])
  expect(await messages('after=6')).toEqual([])
  for (const query of ['limit=x', 'limit=-1', 'limit=10001', 'after=1.5'])
    await expect(ask(`/logs?${query}`)).rejects.toMatchObject({ code: 'log_query_invalid' })
})

test('logs are followed until somebody ends it', async () => {
  say('before')
  const { body } = await ask('/logs?follow=true')
  const lines = (body as StreamedBody)[Symbol.asyncIterator]()
  const next = async () => {
    const { value } = (await lines.next()) as { value?: Uint8Array }
    return value === undefined ? null : (JSON.parse(Buffer.from(value).toString()) as unknown)
  }
  expect(await next()).toMatchObject({ id: 1, message: 'before', request_id: 'r', level: 'info' })
  const waiting = next()
  say('of another', 'g')
  say('after')
  expect(await waiting).toMatchObject({ message: 'after' })
  const ending = next()
  ;(body as StreamedBody).finish?.()
  expect([await ending, listeners.size]).toEqual([null, 0])
})

test('followers are bounded, and a slow one is told what it missed', async () => {
  const controller = new AbortController()
  const bodies: StreamedBody[] = []
  for (let n = 0; n < 32; n++) {
    const { body } = await ask('/logs?follow=true', { signal: controller.signal })
    bodies.push(body as StreamedBody)
  }
  await expect(ask('/logs?follow=true')).rejects.toMatchObject({ code: 'log_followers_too_many' })
  const elsewhere = await ask('/logs?follow=true', {}, 'other')
  ;(elsewhere.body as StreamedBody).finish?.()
  for (let n = 0; n < 2_500; n++) say('flood')
  const [slow] = bodies
  const first = (await slow![Symbol.asyncIterator]().next()) as { value: Uint8Array }
  const lines = Buffer.from(first.value).toString().trim().split('\n')
  expect([lines.length, lines.at(-1)]).toEqual([2_001, '{"lost":500}'])
  for (const body of bodies) body.finish?.()
  expect(listeners.size).toBe(0)
  const { body } = await ask('/logs?follow=true')
  ;(body as StreamedBody).finish?.()
})
