/** Large results on their way to slow readers: a part of the driver suite. */
import { expect, test, vi } from 'vitest'
import { ownSession } from '#base/db'
import type { Database } from '#base/db'
import { sql } from '#base/sql'
import { first } from './db-suite.ts'
import type { Suite } from './db-suite.ts'

const megabyte = 1024 * 1024

async function lengthOf(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let length = 0
  for await (const chunk of chunks) length += chunk.length
  return length
}

export function describeStreams({ open }: Suite): void {
  const cell = (bytes: number) =>
    sql`/* suite.cell */ select 'head' as head, null as nothing, repeat('x', ${bytes}::int) as body`
  const rows = (count: number) =>
    sql`/* suite.rows */ select ${count}::int as count, repeat('x', 1000) as body from generate_series(1, ${count}::int)`
  const usable = async (database: Database): Promise<unknown> =>
    first(await database.transaction(ownSession, [sql`/* suite.ok */ select 1 as n`]))

  test('a large last cell is streamed, its length known; a small one is not', async () => {
    const one = open({ maxConnections: 1 })
    const [small] = await one.transaction(ownSession, [cell(1000)], { stream: true })
    expect([small?.tail, small?.rows[0]?.[2]?.length]).toEqual([null, 1000])
    const [large] = await one.transaction(ownSession, [cell(5 * megabyte)], { stream: true })
    expect(large?.rows[0]?.map((value) => value?.toString() ?? null)).toEqual(['head', null, null])
    expect(large?.tail?.length).toBe(5 * megabyte)
    expect(await lengthOf(large?.tail ?? (async function* () {})())).toBe(5 * megabyte)
    expect(await usable(one)).toEqual({ n: 1 })
  })

  test('a stream that is given up frees its connection, and the next request gets one', async () => {
    const one = open({ maxConnections: 1 })
    const [large] = await one.transaction(ownSession, [cell(20 * megabyte)], { stream: true })
    large?.tail?.cancel()
    const { body } = await one.streamRows(ownSession, [rows(20_000)], ',')
    for await (const chunk of body) if (chunk.length > 0) break
    expect(await usable(one)).toEqual({ n: 1 })
    expect(one.stats().active).toBe(0)
  })

  test('slow readers of large results hold half of the connections at most', async () => {
    const pool = open({ maxConnections: 4, acquireTimeoutMs: 1_000 })
    const full = { failure: 'streams-full', message: '2 large results are being read already' }
    const [large] = await pool.transaction(ownSession, [cell(20 * megabyte)], { stream: true })
    const { body } = await pool.streamRows(ownSession, [rows(20_000)], ',')
    await expect(
      pool.transaction(ownSession, [cell(20 * megabyte)], { stream: true }),
    ).rejects.toMatchObject(full)
    await expect(pool.streamRows(ownSession, [rows(20_000)], ',')).rejects.toMatchObject(full)
    expect(await usable(pool)).toEqual({ n: 1 })
    const waiting = pool.streamRows(ownSession, [rows(20_000)], ',')
    large?.tail?.cancel()
    const { body: waited } = await waiting
    body.cancel()
    expect(await lengthOf(waited)).toBe(20_000 * 1001 - 1)
    await vi.waitFor(() => expect(pool.stats().active).toBe(0))
  })

  test('a statement known to be cheap, and shared, is repeated alone when its result is large', async () => {
    const pool = open({ maxConnections: 3 })
    const options = { lane: 'read', leaves: 'nothing', stream: true } as const
    for (let i = 0; i < 5; i++) await pool.transaction(ownSession, [cell(10)], options)
    const [large] = await pool.transaction(ownSession, [cell(20 * megabyte)], options)
    // nobody reads it, and all others are served
    for (let i = 0; i < 20; i++) await pool.transaction(ownSession, [cell(10)], options)
    expect(await lengthOf(large?.tail ?? (async function* () {})())).toBe(20 * megabyte)
  })

  test('rows through a portal arrive in order with the separator between them, few or many', async () => {
    const one = open({ maxConnections: 1 })
    const few = await one.streamRows(ownSession, [rows(2)], ',')
    expect(few.head.map(String)).toEqual(['2'])
    expect(few.body.takeWhole()?.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(2001)
    const many = await one.streamRows(ownSession, [rows(20_000)], ', ')
    expect(many.body.takeWhole()).toBeNull()
    expect(await lengthOf(many.body)).toBe(20_000 * 1002 - 2)
    const none = await one.streamRows(ownSession, [rows(0)], ',')
    expect([none.head, none.body.takeWhole()]).toEqual([[], []])
    expect(await usable(one)).toEqual({ n: 1 })
  })

  test('an error behind the first rows reaches the reader', async () => {
    const one = open({ maxConnections: 1 })
    const { body } = await one.streamRows(
      ownSession,
      [
        sql`/* suite.late */ select repeat('x', 1000 + 0 / (20000 - i)) from generate_series(1, 30000) i`,
      ],
      ',',
    )
    await expect(lengthOf(body)).rejects.toMatchObject({ code: '22012' })
    expect(await usable(one)).toEqual({ n: 1 })
  })
}
