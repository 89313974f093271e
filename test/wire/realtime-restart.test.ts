/** A node that begins where another has ended without a word: the log of before is for those who come back, from any node at any time. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createMemoryBus, createTestDatabase, startTestPlatform } from '@basalt/server/testing'
import type { TestDatabase, TestPlatform } from '@basalt/server/testing'
import { RealtimeClient } from './realtime-client.ts'

const topic = 'realtime:n'
const bus = createMemoryBus()
let database: TestDatabase
const nodes: TestPlatform[] = []
const clients: RealtimeClient[] = []

const start = async (): Promise<TestPlatform> => {
  const node = await startTestPlatform({ bus: bus.connect(), databaseUrl: database.url })
  nodes.push(node)
  return node
}

async function join(node: TestPlatform, after: string | null = null): Promise<RealtimeClient> {
  const client = await new RealtimeClient(node).open()
  clients.push(client)
  const changes = [{ event: '*', schema: 'public', table: 'n' }]
  client.send(topic, 'phx_join', { config: { postgres_changes: changes, resume: { after } } })
  await vi.waitUntil(() => systemOf(client) !== undefined, { timeout: 15_000, interval: 5 })
  return client
}

interface Told {
  readonly status: string
  readonly position: string
}

const systemOf = ({ messages }: RealtimeClient): Told | undefined =>
  messages.find(([, , , event]) => event === 'system')?.[4] as unknown as Told | undefined

const idsOf = ({ messages }: RealtimeClient): number[] =>
  messages
    .filter(([, , , event]) => event === 'postgres_changes')
    .map(([, , , , { data }]) => (data as { record: { id: number } }).record.id)

const hasAll = (client: RealtimeClient, count: number): Promise<boolean> =>
  vi.waitUntil(() => idsOf(client).length >= count, { timeout: 15_000, interval: 5 })

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** As if killed: the others hear nothing of it, and the slot stays. */
async function kill(...killed: readonly TestPlatform[]): Promise<void> {
  bus.interrupt()
  for (const node of killed) await node.close()
  for (const node of killed) nodes.splice(nodes.indexOf(node), 1)
  bus.restore()
}

beforeAll(async () => {
  database = await createTestDatabase()
  const node = await start()
  await start()
  await node.script(`create table public.n (id int primary key); grant select on public.n to anon;
    alter publication supabase_realtime add table public.n;`)
})
afterAll(async () => {
  for (const { socket } of clients) socket.terminate()
  for (const node of nodes) await node.close()
  await database.drop()
})

test('a node that only begins to listen has what was before, too', async () => {
  const [reads, listens] = nodes as [TestPlatform, TestPlatform]
  const client = await join(reads)
  const { position } = systemOf(client) as Told
  await reads.script('insert into public.n select generate_series(-300, -201)')
  await reads.script('insert into public.n select generate_series(-200, -101)')
  await hasAll(client, 200)
  const back = await join(listens, position)
  expect(systemOf(back)?.status).toBe('ok')
  await reads.script('insert into public.n values (-100)')
  await hasAll(back, 201)
  expect(idsOf(back)).toEqual(numbers(-300, -100))
})

test('who comes back before a new node has read what there is gets all of it', async () => {
  const [reads, listens] = nodes as [TestPlatform, TestPlatform]
  const client = await join(reads)
  await join(listens)
  await reads.script('insert into public.n select generate_series(1, 100)')
  await hasAll(client, 100)
  const { position } = systemOf(client) as Told
  // one that listens goes first, so that the one that reads leaves the slot
  for (let from = 101; from < 10_000; from += 1_000)
    await reads.script(`insert into public.n select generate_series(${from}, ${from + 999})`)
  await kill(listens, reads)
  const again = await start()
  await again.script('insert into public.n values (0)')
  const back = await join(again, position)
  expect(systemOf(back)?.status).toBe('ok')
  await again.script('insert into public.n values (-1)')
  await hasAll(back, 10_102)
  expect(idsOf(back)).toEqual([...numbers(1, 10_100), 0, -1])
})
