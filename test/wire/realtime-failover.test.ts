/** Changes on several nodes of one project: each client gets every change once and in order, whatever breaks on the way. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  createMemoryBus,
  createTestDatabase,
  findRedis,
  openRedisBus,
  startRedis,
  startTestPlatform,
} from '@basalt/server/testing'
import type { Bus, TestDatabase, TestPlatform } from '@basalt/server/testing'
import { RealtimeClient } from './realtime-client.ts'

const program = findRedis()

interface Wire {
  connect(this: void): Bus | Promise<Bus>
  interrupt(this: void): unknown
  restore(this: void): unknown
  close(this: void): unknown
}

async function openWire(): Promise<Wire> {
  if (program === null) return { ...createMemoryBus(), close: () => {} }
  const { url, kill, restart } = await startRedis(program)
  const connect = (): Promise<Bus> => openRedisBus({ url, prefix: 'failover:' })
  return { connect, interrupt: kill, restore: restart, close: kill }
}

const title = program === null ? 'in memory (there is no redis-server here)' : 'over Redis'

describe(title, () => {
  let wire: Wire
  let database: TestDatabase
  let nodes: TestPlatform[]
  let last = 0
  const seen = new Map<RealtimeClient, number[]>()
  const clients: RealtimeClient[] = []

  const start = async (): Promise<TestPlatform> =>
    startTestPlatform({
      bus: await wire.connect(),
      config: { 'realtime.slot_linger': 200 },
      databaseUrl: database.url,
    })

  async function listen(node: TestPlatform): Promise<RealtimeClient> {
    const client = await new RealtimeClient(node).open()
    await client.join('realtime:n', { postgres_changes: [{ event: '*', table: 'n' }] })
    const numbers: number[] = []
    seen.set(client, numbers)
    client.socket.on('message', (data: Buffer) => {
      const [, , , event, payload] = JSON.parse(data.toString()) as [
        0,
        0,
        0,
        string,
        { data: { record: { id: number } } },
      ]
      if (event === 'postgres_changes') numbers.push(payload.data.record.id)
    })
    clients.push(client)
    return client
  }

  const insert = async (count = 1, from = last + 1): Promise<void> => {
    last = from + count - 1
    await nodes[0]?.script(`insert into public.n select generate_series(${from}, ${last})`)
  }

  /** What each of them has seen, once it is as much as was inserted since. */
  async function seenSince(since: number): Promise<number[][]> {
    const isAll = (numbers: readonly number[]): boolean => numbers.length >= last - since
    const all = clients.map((client) => seen.get(client) as number[])
    await vi.waitUntil(() => all.every(isAll), 40_000).catch(() => {})
    return all.map((numbers) => numbers.splice(0))
  }

  /** By each of them everything, once and in order. */
  const everything = (since: number): number[][] =>
    clients.map(() => Array.from({ length: last - since }, (_, i) => since + 1 + i))

  const slots = `select count(*)::int4 as n from pg_replication_slots where database = current_database()`
  const walsenders = `select pid from pg_stat_activity where backend_type = 'walsender' and datname = current_database()`

  beforeAll(async () => {
    wire = await openWire()
    database = await createTestDatabase()
    nodes = [await start(), await start(), await start()]
    await nodes[0]
      ?.script(`create table public.n (id int primary key); grant select on public.n to anon;
      alter publication supabase_realtime add table public.n;`)
    for (const node of nodes) await listen(node)
  })
  afterAll(async () => {
    for (const { socket } of clients) socket.terminate()
    for (const node of nodes) await node.close()
    await database.drop()
    await wire.close()
  })

  test('one node reads the log, all of them send it', async () => {
    const since = last
    await insert()
    await insert(1000)
    expect(await seenSince(since)).toEqual(everything(since))
    expect(await nodes[0]?.count(slots)).toBe(1)
    expect(await nodes[0]?.count(`select count(*)::int4 as n from (${walsenders}) as w`)).toBe(1)
  })

  test('a message of SQL reaches its topic on every node once', async () => {
    const others = await Promise.all(
      nodes.map(async (node) => {
        const client = await new RealtimeClient(node).open()
        await client.join('realtime:sql', {})
        return client
      }),
    )
    await nodes[0]?.script(`select realtime.send('{"a":1}', 'x', 'sql', false)`)
    await nodes[0]?.script(`select realtime.send('{"a":2}', 'x', 'sql', false)`)
    for (const client of others) {
      expect(await client.find('realtime:sql', 'broadcast')).toMatchObject({ payload: { a: 1 } })
      expect(await client.find('realtime:sql', 'broadcast')).toMatchObject({ payload: { a: 2 } })
      client.socket.terminate()
    }
  })

  test('a connection that breaks within a transaction repeats nothing of it', async () => {
    const since = last
    const inserting = insert(20_000)
    await vi.waitUntil(() => [...seen.values()].some(({ length }) => length > 500), 10_000)
    await nodes[0]?.script(`select pg_terminate_backend(pid) from (${walsenders}) as w`)
    await inserting
    expect(await seenSince(since)).toEqual(everything(since))
  })

  test('what was said while the bus was away arrives when it is back', async () => {
    const since = last
    await insert(10)
    await wire.interrupt()
    await insert(500)
    await insert()
    await wire.restore()
    await insert(10)
    expect(await seenSince(since)).toEqual(everything(since))
  })

  test('a node that stops hands the log on; the slot stays, and nothing is lost', async () => {
    const since = last
    let isOver = false
    const inserting = (async () => {
      while (!isOver) await insert()
    })()
    // each of them in turn, so also the one that reads the log
    for (const _ of [1, 2]) {
      nodes.push(await start())
      const leaving = nodes.shift()
      clients.shift()?.socket.terminate()
      await leaving?.close()
      for (const client of clients) {
        const numbers = seen.get(client) as number[]
        const { length } = numbers
        await vi.waitUntil(() => numbers.length > length + 20, 25_000)
      }
    }
    isOver = true
    await inserting
    expect(await seenSince(since)).toEqual(everything(since))
    expect(await nodes[0]?.count(slots)).toBe(1)
  })

  test('when the last listener of all nodes is gone, so is the slot', async () => {
    for (const { socket } of clients.splice(0)) socket.terminate()
    await vi.waitUntil(async () => (await nodes[0]?.count(slots)) === 0, 10_000)
    expect(await nodes[0]?.count(slots)).toBe(0)
  })
})
