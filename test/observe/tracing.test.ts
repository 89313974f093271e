/** Traces, from the caller's traceparent to statements, stores, functions and requests of SQL. */
import { createServer } from 'node:http'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { startCollector } from './collector.mjs'
import { decodeTraces } from './decode-traces.mjs'
import { hello } from './drive-basalt.mjs'

interface Span {
  readonly service: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly kind: number
  readonly startNs: bigint
  readonly endNs: bigint
  readonly attributes: Readonly<Record<string, string | number>>
  readonly failed: boolean
}

interface Collector {
  readonly url: string
  readonly posts: { readonly url: string; readonly headers: object; readonly body: Buffer }[]
  readonly state: { status: number; delayMs: number }
  close(): void
}

let collector: Collector
let server: TestPlatform
const heard: string[] = []
const webhook = createServer((request, response) => {
  heard.push(String(request.headers['traceparent']))
  response.end()
})
const workdir = mkdtempSync(join(tmpdir(), 'basalt-tracing-'))

beforeAll(async () => {
  collector = (await startCollector()) as Collector
  webhook.listen(0, '127.0.0.1')
  await once(webhook, 'listening')
  mkdirSync(join(workdir, 'supabase/functions/hello'), { recursive: true })
  writeFileSync(join(workdir, 'supabase/functions/hello/index.ts'), hello)
  server = await startTestPlatform({
    workdir,
    config: {
      'basalt.observability.tracing.endpoint': collector.url,
      'basalt.observability.tracing.headers': 'authorization=Bearer%20abc,x-team=one',
      'basalt.observability.tracing.service_name': 'shop',
      'basalt.observability.tracing.sample_rate': 0,
      'basalt.observability.tracing.max_per_second': 50,
    },
    schema: `
      create table public.notes (id int primary key, body text);
      grant all on public.notes to anon, authenticated, service_role;
      create function public.seen() returns text language sql stable
        as $$ select current_setting('basalt.traceparent', true) $$;
      create function public.running() returns text language sql volatile security definer
        as $$ select query from pg_stat_activity where pid = pg_backend_pid() $$;
      create function public.fail() returns text language plpgsql
        as $$ begin raise exception 'secret value 4711'; end $$;
      create extension if not exists pg_net with schema extensions;
      create function public.call() returns bigint language sql security definer
        as $$ select net.http_get('http://127.0.0.1:${(webhook.address() as AddressInfo).port}/') $$;`,
  })
})
afterAll(async () => {
  await server.close()
  collector.close()
  webhook.close()
  rmSync(workdir, { recursive: true, force: true })
})

let traces = 0
const newTrace = () => `${'ab'.repeat(14)}${String(++traces).padStart(4, '0')}`
const parentSpan = 'cd'.repeat(8)

interface Sent extends RequestInit {
  readonly headers?: Record<string, string>
}

async function ask(path: string, traceId: string | null, init: Sent = {}) {
  const { serviceRoleKey: apikey } = server.platform.keys
  const traceparent = traceId === null ? {} : { traceparent: `00-${traceId}-${parentSpan}-01` }
  const headers = { apikey, authorization: `Bearer ${apikey}`, ...traceparent, ...init.headers }
  const response = await fetch(`${server.url}${path}`, { ...init, headers })
  return { status: response.status, text: await response.text() }
}

const spans = (): Span[] => collector.posts.flatMap(({ body }) => decodeTraces(body) as Span[])

/** The spans of a trace, once its first one is there. */
async function traceOf(traceId: string): Promise<Span[]> {
  const ofTrace = (): Span[] => spans().filter((span) => span.traceId === traceId)
  await expect.poll(() => ofTrace().some(({ kind }) => kind === 2)).toBe(true)
  return ofTrace()
}

function find(trace: readonly Span[], name: string): Span {
  const found = trace.find((span) => span.name === name)
  if (found === undefined)
    throw new Error(`no ${name} in ${trace.map((one) => one.name).join(', ')}`)
  return found
}

test('a read: gateway → service → statement, below the caller who traces it', async () => {
  const traceId = newTrace()
  expect((await ask('/rest/v1/notes?select=id&body=eq.private', traceId)).status).toBe(200)
  const trace = await traceOf(traceId)
  const root = find(trace, 'GET /rest/v1')
  expect(root).toMatchObject({
    service: 'shop',
    parentSpanId: parentSpan,
    kind: 2,
    attributes: { 'http.response.status_code': 200, 'url.path': '/rest/v1/notes' },
  })
  const service = find(trace, 'data-api')
  expect(service.parentSpanId).toBe(root.spanId)
  const statement = trace.find(({ attributes }) => attributes['db.system.name'] === 'postgresql')
  expect(statement).toMatchObject({ parentSpanId: service.spanId, kind: 3 })
  expect(statement?.attributes['db.query.text']).toContain('"notes"')
  expect(root.startNs <= (statement?.startNs ?? 0n)).toBe(true)
  expect(root.endNs >= (statement?.endNs ?? 0n)).toBe(true)
  // no values, neither of the query nor of a header
  expect(collector.posts.map(({ body }) => body.toString('latin1')).join('')).not.toMatch(
    /private|eyJ/,
  )
  const [first] = collector.posts
  expect(first).toMatchObject({
    url: '/v1/traces',
    headers: { authorization: 'Bearer abc', 'x-team': 'one' },
  })
})

test('who does not ask for it is not traced at a rate of 0, whatever the header says', async () => {
  const malformed = ['x', '00-0-0-01', `00-${'0'.repeat(32)}-${parentSpan}-01`, 'f'.repeat(3_000)]
  for (const traceparent of malformed)
    expect((await ask('/rest/v1/notes', null, { headers: { traceparent } })).status).toBe(200)
  const unsampled = { traceparent: `00-${newTrace()}-${parentSpan}-00` }
  await ask('/rest/v1/notes', null, { headers: unsampled })
  const traceId = newTrace()
  await ask('/rest/v1/notes', traceId)
  await traceOf(traceId)
  const known = new Set([traceId, `${'ab'.repeat(14)}0001`])
  expect(spans().filter((span) => !known.has(span.traceId))).toEqual([])
})

test('statements see the trace, as a setting and as a comment', async () => {
  const traceId = newTrace()
  const seen = await ask('/rest/v1/rpc/seen', traceId)
  expect(seen.text).toMatch(new RegExp(`^"00-${traceId}-[0-9a-f]{16}-01"$`))
  const { text } = await ask('/rest/v1/rpc/running', traceId, { method: 'POST' })
  expect(text).toContain(`/*traceparent='00-${traceId}-`)
  // gone with the transaction
  const after = await ask('/rest/v1/rpc/seen', null)
  expect(after.text).toMatch(/^(null|"")$/)
})

test('a function and a request of SQL take the trace along', async () => {
  const traceId = newTrace()
  const { text } = await ask('/functions/v1/hello', traceId, { method: 'POST' })
  const call = find(await traceOf(traceId), 'function hello')
  expect(JSON.parse(text)).toEqual({ traceparent: `00-${traceId}-${call.spanId}-01` })
  const other = newTrace()
  await ask('/rest/v1/rpc/call', other, { method: 'POST' })
  await expect.poll(() => heard.length).toBe(1)
  expect(heard[0]).toContain(`00-${other}-`)
  await ask('/rest/v1/rpc/call', null, { method: 'POST' })
  await expect.poll(() => heard.length).toBe(2)
  expect(heard[1]).toBe('undefined')
})

test('pg_net of an earlier version learns it, and nothing else of its name is replaced', async () => {
  const path = '../../packages/server/src/services/extensions/migrations/0006_net_traceparent.sql'
  const migration = readFileSync(new URL(path, import.meta.url), 'utf8')
  const isNew = () =>
    server.count(
      `select count(*)::int as n from pg_proc where proname = 'basalt_enqueue' and prosrc like '%basalt.traceparent%'`,
    )
  await server.script(`
    create or replace function net.basalt_enqueue(method text, url text, params jsonb, headers jsonb, body jsonb, timeout_milliseconds int)
      returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as 'begin return 0; end'`)
  expect(await isNew()).toBe(0)
  await server.script(migration)
  expect(await isNew()).toBe(1)
  await server.script(`
    drop extension pg_net;
    create schema if not exists net;
    create function net.basalt_enqueue(method text, url text, params jsonb, headers jsonb, body jsonb, timeout_milliseconds int)
      returns bigint language sql as 'select 1::bigint'`)
  await server.script(migration)
  expect(await isNew()).toBe(0)
})

test('uploads and downloads show the store; what failed says so, without its words', async () => {
  const traceId = newTrace()
  await ask('/storage/v1/bucket', null, {
    method: 'POST',
    body: JSON.stringify({ name: 'traced', id: 'traced' }),
    headers: { 'content-type': 'application/json' },
  })
  const upload = { method: 'POST', body: 'hello', headers: { 'content-type': 'text/plain' } }
  expect((await ask('/storage/v1/object/traced/a.txt', traceId, upload)).status).toBe(200)
  const trace = await traceOf(traceId)
  const store = find(trace, 'storage.put')
  expect(trace.map(({ spanId }) => spanId)).toContain(store.parentSpanId)
  expect(trace.filter(({ name }) => name.startsWith('storage.')).length).toBeGreaterThan(1)
  const failing = newTrace()
  await ask('/rest/v1/rpc/fail', failing, { method: 'POST' })
  const failed = (await traceOf(failing)).filter((span) => span.failed)
  expect(failed.length).toBeGreaterThan(0)
  expect(collector.posts.map(({ body }) => body.toString('latin1')).join('')).not.toContain('4711')
})

test('strangers make no more than the allowed number of traces', async () => {
  const before = new Set(spans().map(({ traceId }) => traceId)).size
  const begun = performance.now()
  const all = Array.from({ length: 300 }, () => ask('/health', newTrace()))
  await Promise.all(all)
  const seconds = Math.ceil((performance.now() - begun) / 1000) + 1
  const traceId = `${'ef'.repeat(16)}`
  await expect
    .poll(async () => {
      await ask('/health', traceId)
      return spans().some((span) => span.traceId === traceId)
    })
    .toBe(true)
  const spansOf = spans().filter((span) => span.attributes['url.path'] === '/health')
  expect(spansOf.length).toBeLessThanOrEqual((seconds + 2) * 50)
  expect(before).toBeGreaterThan(0)
})

test('a collector that is away slows nobody, and is warned of once', async () => {
  collector.state.status = 400
  const times: number[] = []
  const warnings = () =>
    server.logged.filter(({ message }) => message.startsWith('traces cannot be sent'))
  for (let i = 0; i < 3; i++) {
    const traceIds = Array.from({ length: 10 }, () => newTrace())
    for (const traceId of traceIds) {
      const begun = performance.now()
      await ask('/health', traceId)
      times.push(performance.now() - begun)
    }
    await traceOf(traceIds.at(-1) ?? '')
  }
  expect(warnings()).toHaveLength(1)
  times.sort((a, b) => a - b)
  expect(times[15]).toBeLessThan(50)
})
