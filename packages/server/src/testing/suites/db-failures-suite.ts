/** What fails, and what must not fail with it: a part of the driver suite. */
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { ownSession } from '#base/db'
import { sql } from '#base/sql'
import { first } from './db-suite.ts'
import type { Suite } from './db-suite.ts'

export function describeFailures({ db, open, connection }: Suite): void {
  const insert = (id: number) => sql`/* suite.insert */ insert into owned values (${id}, 'x')`
  const exists = async (id: number): Promise<unknown> =>
    first(
      await db().transaction(ownSession, [
        sql`/* suite.exists */ select exists (select from owned where id = ${id}) as there`,
      ]),
    )

  test('a failed statement undoes what came before it in its pipeline', async () => {
    await expect(
      db().transaction(ownSession, [insert(3000), sql`/* suite.bad */ select 1/0`]),
    ).rejects.toMatchObject({ code: '22012' })
    expect(await exists(3000)).toEqual({ there: false })
  })

  test('`end: rollback` undoes a success', async () => {
    await db().transaction(ownSession, [insert(3002)], { end: 'rollback' })
    await db().transaction(ownSession, [insert(3003)])
    expect([await exists(3002), await exists(3003)]).toEqual([{ there: false }, { there: true }])
  })

  test('`begin` commits what its work resolves with and rolls back what it rejects', async () => {
    await db().begin(ownSession, async (transaction) => {
      await transaction.run(insert(3010))
      await transaction.run(insert(3011))
    })
    await expect(
      db().begin(ownSession, async (transaction) => {
        await transaction.run(insert(3012))
        throw new Error('changed my mind')
      }),
    ).rejects.toThrow('changed my mind')
    await expect(
      db().begin(ownSession, async (transaction) => {
        await transaction.run(sql`/* suite.bad */ select 1/0`).catch(() => {})
      }),
    ).rejects.toThrow(/rolled back/)
    expect([await exists(3010), await exists(3011), await exists(3012)]).toEqual([
      { there: true },
      { there: true },
      { there: false },
    ])
  })

  test('a connection that is cut fails the requests in flight on it, and no others', async () => {
    const pool = open({ maxConnections: 3 })
    const slow = (marker: string): Promise<unknown> =>
      pool.transaction(ownSession, [
        sql`/* suite.slow */ select pg_sleep(0.3), ${marker}::text as marker`,
      ])
    const settled = Promise.allSettled([slow('victim'), slow('survivor')])
    const killed = sql`/* suite.kill */ select count(pg_terminate_backend(pid))::int as n from pg_stat_activity
      where wait_event = 'PgSleep' and datname = current_database() and pid in (
        select pid from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database() order by pid limit 1)`
    await expect
      .poll(async () =>
        first(
          await db().transaction(ownSession, [
            sql`/* suite.sleeping */ select count(*)::int as n
        from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`,
          ]),
        ),
      )
      .toEqual({ n: 2 })
    expect(first(await db().transaction(ownSession, [killed]))).toEqual({ n: 1 })
    const outcomes = await settled
    expect(outcomes.map((outcome) => outcome.status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(outcomes.find((outcome) => outcome.status === 'rejected')?.reason).toMatchObject({
      failure: 'closed',
    })
    await Promise.all(Array.from({ length: 6 }, () => slow('after')))
  })

  test('a server that does not answer is named, with the cause', async () => {
    const options = { ...connection(), host: '127.0.0.1', port: 1, sslMode: 'disable' as const }
    const nowhere = open({ connection: options, connectPatienceMs: 100 })
    await expect(nowhere.transaction(ownSession, [sql`/* a.b */ select 1`])).rejects.toMatchObject({
      failure: 'connect',
      message: expect.stringMatching(/127\.0\.0\.1:1: connect ECONNREFUSED/) as string,
    })
  })

  test('a server that is away is waited for once, then refused at once, and found again by itself', async () => {
    const { host, port } = connection()
    let isAway = true
    const target = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }
    // the name that the certificate has
    const name = host.startsWith('/') ? '127.0.0.1' : host
    const door = createServer((socket) => {
      if (isAway) return void socket.resetAndDestroy()
      const inside = connect(target)
      socket.on('error', () => {})
      inside.on('error', () => {})
      socket.pipe(inside).pipe(socket)
    })
    await new Promise<void>((resolve) => door.listen(0, name, resolve))
    onTestFinished(() => void door.close())
    const address = door.address() as AddressInfo
    const away = open({
      connection: { ...connection(), host: name, port: address.port },
      connectPatienceMs: 300,
    })
    const ask = (): Promise<unknown> => away.transaction(ownSession, [sql`/* a.b */ select 1`])
    const begun = performance.now()
    await expect(ask()).rejects.toMatchObject({ failure: 'connect' })
    const patient = performance.now() - begun
    const again = performance.now()
    await Promise.all(
      Array.from({ length: 50 }, () => expect(ask()).rejects.toMatchObject({ failure: 'connect' })),
    )
    expect(performance.now() - again).toBeLessThan(patient / 2)
    isAway = false
    // nobody asks: it is looked for all the same
    await expect.poll(() => away.stats().idle, { timeout: 3_000 }).toBe(1)
    await ask()
  })

  test('a wrong password and a missing database are told in the words of Postgres', async () => {
    const wrong = { ...connection(), user: 'suite_login', password: 'wrong' }
    await expect(open({ connection: wrong }).transaction(ownSession, [])).rejects.toMatchObject({
      failure: 'connect',
      message: expect.stringContaining('password authentication failed') as string,
    })
    const missing = { ...connection(), database: 'no_such_database' }
    await expect(open({ connection: missing }).transaction(ownSession, [])).rejects.toThrow(
      'does not exist',
    )
  })
}
