/** A project of a fleet with a read replica: reads go there, and whoever wrote reads what they wrote. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  executeDirectly,
  prepareTestServer,
  startTestFleet,
  startTestReplica,
  withDatabase,
} from '@basalt/server/testing'
import type { ProjectRecord, TestFleet, TestReplica } from '@basalt/server/testing'
import { freePort } from '@basalt/server/node'
import { send } from './fleet.ts'

let primary: Awaited<ReturnType<typeof prepareTestServer>>
let replica: TestReplica
let fleet: TestFleet
let shop: ProjectRecord
const adminPorts: number[] = []

beforeAll(async () => {
  primary = await prepareTestServer({
    settings: { wal_level: 'logical', synchronous_commit: 'on' },
  })
  replica = await startTestReplica(primary)
  adminPorts.push(await freePort(), await freePort())
  fleet = await startTestFleet({ config: { 'basalt.admin_port': adminPorts[0] as number } })
  const url = withDatabase(replica.url, primary.template)
  shop = await fleet.create('shop', {
    databaseUrl: withDatabase(primary.url, primary.template),
    config: {
      basalt: { db: { read_preference: 'replica', replicas: { one: { url } } } },
    },
  })
  await executeDirectly(
    shop.databaseUrl,
    'create table public.notes (id int primary key, body text)',
    'grant all on public.notes to service_role',
  )
})
afterAll(async () => {
  await fleet.close()
  await replica.discard()
  await primary.stop()
})

const ask = (
  path: string,
  headers: Record<string, string> = {},
  options: { method?: string; body?: string } = {},
  url = fleet.url,
) =>
  send(
    `${url}/rest/v1${path}`,
    {
      host: 'shop.test.example',
      apikey: shop.keys.serviceRoleKey,
      'content-type': 'application/json',
      ...headers,
    },
    options,
  )

/** Reads of the replica so far, of both nodes. */
async function reads(): Promise<number> {
  const texts = await Promise.all(
    adminPorts
      .slice(0, nodes)
      .map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
  )
  const read = /^database_reads\{project="shop",pool="replica-one"\} (\S+)$/m
  return texts.reduce((sum, text) => sum + Number(read.exec(text)?.[1] ?? 0), 0)
}
let nodes = 1

test('reads go to the replica', async () => {
  await expect
    .poll(
      async () => {
        const before = await reads()
        await ask('/notes?limit=1')
        return (await reads()) - before
      },
      { timeout: 15_000, interval: 50 },
    )
    .toBe(1)
})

test('who wrote reads what was written, at another node too, while the replica is behind', async () => {
  const other = await fleet.startNode({ 'basalt.admin_port': adminPorts[1] as number })
  nodes = 2
  await replica.pause()
  const body = JSON.stringify({ id: 1, body: 'written' })
  const written = await ask('/notes', {}, { method: 'POST', body })
  expect(written.status).toBe(201)
  const cookie = String(written.headers['set-cookie']).split(';')[0] ?? ''
  expect(cookie).not.toBe('undefined')
  for (const url of [fleet.url, other.url])
    expect(await ask('/notes', { cookie }, {}, url)).toMatchObject({
      status: 200,
      body: '[{"id":1,"body":"written"}]',
    })
  await replica.resume()
})
