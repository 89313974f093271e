/** What is measured of a project that is used. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestPlatform } from '@basalt/server/testing'
import { parseSamples } from './drive-basalt.mjs'
import { startDriven } from './start-driven.ts'
import type { Driven } from './start-driven.ts'

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

let driven: Driven
let server: TestPlatform

beforeAll(async () => {
  driven = await startDriven()
  server = driven.server
})
afterAll(() => driven.close())

const scrape = async (): Promise<readonly Sample[]> =>
  parseSamples(await driven.scrape()) as Sample[]

const valueOf = (samples: readonly Sample[], name: string, labels: object = {}): number =>
  samples
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([key, is]) => sample.labels[key] === is))
    .reduce((sum, { value }) => sum + value, 0)

test('requests, functions, bytes of objects, sockets, changes and pools are counted', async () => {
  const samples = await scrape()
  const of = (name: string, labels: object = {}): number => valueOf(samples, name, labels)
  expect(of('http_requests_total', { route: '/rest/v1', status: '404' })).toBe(1)
  expect(of('http_request_duration_seconds_count', { route: '/storage/v1' })).toBeGreaterThan(2)
  expect(of('storage_bytes_total', { direction: 'in' })).toBe(200_000)
  expect(of('storage_bytes_total', { direction: 'out' })).toBe(200_000)
  expect(of('function_invocations_total', { function: 'hello', outcome: 'ok' })).toBe(1)
  expect(of('websocket_connections_active')).toBe(1)
  expect(of('realtime_changes_sent')).toBe(1)
  expect(of('realtime_broadcasts_sent')).toBe(1)
  expect(of('database_connections_max', { pool: 'api' })).toBeGreaterThan(0)
  expect(of('database_up')).toBe(1)
  expect(of('database_slot_active', { project: 'default' })).toBe(1)
  expect(samples.some(({ name }) => name === 'database_slot_retained_bytes')).toBe(true)
  expect(of('cron_jobs_active')).toBe(1)
  expect(of('node_memory_total_bytes')).toBeGreaterThan(2 ** 28)
  expect(of('api_key_expiry_timestamp_seconds', { key: 'anon' })).toBe(1983812996)
})

test('a request of SQL that was answered is counted', async () => {
  await expect
    .poll(async () => valueOf(await scrape(), 'net_requests_total', { outcome: 'answered' }))
    .toBe(1)
})

test('what callers make up makes no new series', async () => {
  await fetch(`${server.url}/rest/v1/notes`)
  const before = (await scrape()).length
  for (let i = 0; i < 30; i++) {
    await fetch(`${server.url}/rest/v1/notes?id=eq.${i}`, { headers: { host: `h${i}.example` } })
    await fetch(`${server.url}/made-up-${i}/"}x`, { method: `X${i}` }).catch(() => {})
    await fetch(`${server.url}/functions/v1/made-up-${i}`)
  }
  const after = await scrape()
  // a status, a method and a route that were not asked for before, with their histogram
  expect(after.length - before).toBeLessThan(100)
  expect(after.filter(({ labels }) => JSON.stringify(labels).includes('made-up'))).toEqual([])
})
