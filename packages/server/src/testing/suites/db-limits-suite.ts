/** Deadlines, cancellations, waiting lines, idle connections: a part of the driver suite. */
import { expect, test, vi } from 'vitest'
import { decodeRows, ownSession } from '#base/db'
import type { Result } from '#base/db'
import { CancellationSource } from '#base/kernel'
import { sql } from '#base/sql'
import { first } from './db-suite.ts'
import type { Suite } from './db-suite.ts'

export function describeLimits({ db, open }: Suite): void {
  const sleep = (seconds: number) =>
    sql`/* suite.sleep */ select pg_sleep(${seconds})::text as slept`
  const sleepers = async (): Promise<unknown> =>
    first(
      await db().transaction(ownSession, [
        sql`/* suite.sleepers */ select count(*)::int as n from pg_stat_activity
      where wait_event = 'PgSleep' and datname = current_database()`,
      ]),
    )

  test('a deadline stops the statement in Postgres', async () => {
    await expect(
      db().transaction(ownSession, [sleep(30)], { timeoutMs: 150 }),
    ).rejects.toMatchObject({ failure: 'deadline' })
    await expect.poll(sleepers).toEqual({ n: 0 })
  })

  test('a client that goes away stops its statement in Postgres', async () => {
    const source = new CancellationSource()
    const running = Promise.allSettled([
      db().transaction(ownSession, [sleep(30)], { cancellation: source }),
    ])
    await expect.poll(sleepers).toEqual({ n: 1 })
    source.cancel()
    expect(await running).toMatchObject([{ reason: { failure: 'cancelled' } }])
    await expect.poll(sleepers).toEqual({ n: 0 })
  })

  test('a cancelled request never takes its neighbours on the connection with it', async () => {
    const one = open({ maxConnections: 1 })
    const quick = sql`/* suite.quick */ select 1 as n`
    for (let i = 0; i < 5; i++)
      await one.transaction(ownSession, [quick], { lane: 'read', leaves: 'nothing' })
    const lost: unknown[] = []
    for (let round = 0; round < 20; round++) {
      const source = new CancellationSource()
      const cancelled = one
        .transaction(ownSession, [quick], { lane: 'read', leaves: 'nothing', cancellation: source })
        .catch(() => {})
      const others = Array.from({ length: 10 }, () =>
        one
          .transaction(ownSession, [quick], { lane: 'read', leaves: 'nothing' })
          .catch((error: unknown) => lost.push(error)),
      )
      setImmediate(() => source.cancel())
      await Promise.all([cancelled, ...others])
    }
    expect(lost).toEqual([])
  })

  test('slow calls leave connections to short statements, and to another role', async () => {
    const pool = open({ maxConnections: 16 })
    const quick = sql`/* suite.quick_row */ select 1 as n`
    for (let i = 0; i < 5; i++) await pool.transaction(ownSession, [quick])
    const source = new CancellationSource()
    const reader = { role: 'suite_reader', settings: [] }
    const slow = Array.from({ length: 60 }, () =>
      pool
        .transaction(reader, [sleep(30)], { cancellation: source, lane: 'write' })
        .catch(() => {}),
    )
    await expect.poll(() => pool.stats().active).toBeGreaterThan(5)
    const startedAt = performance.now()
    await Promise.all(Array.from({ length: 20 }, () => pool.transaction(ownSession, [quick])))
    // of another role, and never seen before
    const other = sql`/* suite.other */ select 2 as n`
    await pool.transaction({ role: 'suite_writer', settings: [] }, [other])
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(pool.stats().active).toBeLessThan(16)
    source.cancel()
    await Promise.all(slow)
    // what was given back can be had again
    await Promise.all(Array.from({ length: 30 }, () => pool.transaction(reader, [other])))
    await pool.close()
  })

  test('more requests than connections wait their turn; those that wait too long or find the line full are told', async () => {
    const small = open({ maxConnections: 1, maxWaiting: 2, acquireTimeoutMs: 300 })
    const running = small.transaction(ownSession, [sleep(1)])
    await expect.poll(sleepers).toEqual({ n: 1 })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 3 }, () => small.transaction(ownSession, [sleep(0)])),
    )
    const failures = outcomes.map((outcome) =>
      outcome.status === 'rejected' ? (outcome.reason as { failure: string }).failure : 'none',
    )
    expect(failures).toEqual(['pool-timeout', 'pool-timeout', 'pool-full'])
    await running
    await small.transaction(ownSession, [sleep(0)])
  })

  test('a fast request does not wait behind a slow one', async () => {
    const pool = open({ maxConnections: 4 })
    const fast = sql`/* suite.fast */ select 1 as n`
    for (let i = 0; i < 10; i++)
      await pool.transaction(ownSession, [fast], { lane: 'read', leaves: 'nothing' })
    const slow = pool.transaction(ownSession, [sleep(0.8)], { lane: 'read', leaves: 'nothing' })
    await expect.poll(sleepers).toEqual({ n: 1 })
    const started = performance.now()
    await Promise.all(
      Array.from({ length: 50 }, () =>
        pool.transaction(ownSession, [fast], { lane: 'read', leaves: 'nothing' }),
      ),
    )
    expect(performance.now() - started).toBeLessThan(500)
    await slow
  })

  test('idle connections are closed down to the least number, and opened again when asked', async () => {
    const idle = open({ minConnections: 1, maxConnections: 3, idleTimeoutMs: 300 })
    let inside = 0
    const together = (): Promise<void> => vi.waitFor(() => expect(inside).toBe(3), 10_000)
    await Promise.all(
      Array.from({ length: 3 }, () =>
        idle.begin(ownSession, async (transaction) => {
          await transaction.run(sleep(0))
          inside++
          await together()
        }),
      ),
    )
    expect(idle.stats().idle).toBe(3)
    await expect.poll(() => idle.stats().idle).toBe(1)
    await Promise.all(Array.from({ length: 3 }, () => idle.transaction(ownSession, [sleep(0)])))
  })

  test('connections are replaced after their lifetime, and no request notices', async () => {
    const short = open({ maxConnections: 2, lifetimeMs: 60 })
    const pids = new Set<number>()
    const who = sql`/* suite.pid */ select pg_backend_pid() as n`
    const until = performance.now() + 5_000
    const ask = async (): Promise<void> => {
      while (pids.size < 4 && performance.now() < until) {
        const [result] = await short.transaction(ownSession, [who], {
          lane: 'read',
          leaves: 'nothing',
        })
        pids.add(decodeRows<{ n: number }>(result as Result)[0]?.n ?? 0)
      }
    }
    await Promise.all(Array.from({ length: 8 }, ask))
    expect(pids.size).toBeGreaterThanOrEqual(4)
    expect(short.stats().idle + short.stats().active).toBeLessThanOrEqual(2)
  })

  test('close waits for what runs and refuses what comes after', async () => {
    const closing = open({ maxConnections: 1 })
    const running = closing.transaction(ownSession, [sleep(1)])
    await expect.poll(sleepers).toEqual({ n: 1 })
    await Promise.all([closing.close(), running])
    await expect(closing.transaction(ownSession, [sleep(0)])).rejects.toMatchObject({
      failure: 'shutdown',
    })
  })
}
