/** Values, shapes and notifications: a part of the driver suite. */
import { expect, test } from 'vitest'
import { decodeRows, ownSession } from '#base/db'
import type { Result } from '#base/db'
import { sql } from '#base/sql'
import { first } from './db-suite.ts'
import type { Suite } from './db-suite.ts'

export function describeValues({ db, open }: Suite): void {
  test('values of every kind arrive and return unchanged', async () => {
    const text = `quote ' " backslash \\ newline \n ünïcødé 🪨 ; -- /* $1`
    const results = await db().transaction(ownSession, [
      sql`/* suite.echo */ select ${text}::text as text, ${null}::text as nothing, ${42}::int as int,
          ${true}::bool as bool, ${'{"a":[1,null]}'}::jsonb as json, ${Buffer.from([0, 1, 255])}::bytea as bytes`,
    ])
    expect(first(results)).toEqual({
      text,
      nothing: null,
      int: 42,
      bool: true,
      json: { a: [1, null] },
      bytes: '\\x0001ff',
    })
  })

  test('a value and a result of 20 MB pass whole', async () => {
    const large = 'x'.repeat(20 * 1024 * 1024)
    const [result] = await db().transaction(ownSession, [
      sql`/* suite.large */ select ${large}::text || 'y'`,
    ])
    const cell = result?.rows[0]?.[0]
    expect(cell?.length).toBe(large.length + 1)
    expect(cell?.at(-1)).toBe('y'.charCodeAt(0))
  })

  test('several statements are one transaction and give one result each, in order', async () => {
    const results = await db().transaction(ownSession, [
      sql`/* suite.one */ select 1 as n, now() as at`,
      sql`/* suite.none */ select 2 as n where false`,
      sql`/* suite.three */ select 3 as n, now() as at`,
    ])
    expect(results.map((result) => result.rowCount)).toEqual([1, 0, 1])
    const [one, , three] = results.map((result) => decodeRows<{ at: string }>(result)[0])
    expect(one?.at).toBe(three?.at)
  })

  test('a NUL in a value or in the statement is refused by name and disturbs nobody', async () => {
    const code = '22021'
    await expect(
      db().transaction(ownSession, [sql`/* suite.nul */ select ${'a\0b'}::text`]),
    ).rejects.toMatchObject({ code })
    await expect(
      db().transaction(ownSession, [{ name: 'suite.nul', text: 'select 1 as "a\0b"', values: [] }]),
    ).rejects.toMatchObject({ code })
    expect(first(await db().transaction(ownSession, [sql`/* suite.ok */ select 1 as n`]))).toEqual({
      n: 1,
    })
  })

  test('more statement shapes than the cache holds, with and without prepared statements', async () => {
    for (const preparedStatements of [true, false]) {
      const small = open({ maxConnections: 2, maxPreparedStatements: 5, preparedStatements })
      const shapes = Array.from({ length: 200 }, (_, i) => i % 12)
      const answers = await Promise.all(
        shapes.map(async (n) => {
          const text = `/* suite.shape */ select ${n}::int as n, $1::int as i`
          const results = await small.transaction(
            ownSession,
            [{ name: 'suite.shape', text, values: [n] }],
            { lane: 'read', leaves: 'nothing' },
          )
          return first(results)
        }),
      )
      expect(answers).toEqual(shapes.map((n) => ({ n, i: n })))
    }
  })

  test('a table that changes under a prepared `select *` is read with its new columns', async () => {
    const one = open({ maxConnections: 1 })
    const read = (): Promise<readonly Result[]> =>
      one.transaction(ownSession, [sql`/* suite.star */ select * from changing`])
    await one.execute({ name: 'suite.create', text: 'create table changing (a int)', values: [] })
    await read()
    await one.execute({
      name: 'suite.alter',
      text: 'alter table changing add column b text',
      values: [],
    })
    expect((await read())[0]?.fields.map((field) => field.name)).toEqual(['a', 'b'])
  })

  test('notifications arrive, also after the listening connection was killed', async () => {
    const seen: string[] = []
    let reconnects = 0
    const listening = open()
    await listening.listen(
      'suite channel',
      (payload) => seen.push(payload),
      () => reconnects++,
    )
    const notify = (payload: string): Promise<unknown> =>
      db().transaction(ownSession, [
        sql`/* suite.notify */ select pg_notify('suite channel', ${payload})::text`,
      ])
    await notify('one')
    await expect.poll(() => seen).toEqual(['one'])
    await db().transaction(ownSession, [
      sql`/* suite.kill */ select pg_terminate_backend(pid) from pg_stat_activity where application_name like '% listener'
          and datname = current_database()`,
    ])
    await expect.poll(() => reconnects).toBe(1)
    await notify('two')
    await expect.poll(() => seen).toEqual(['one', 'two'])
  })
}
