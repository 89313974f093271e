/** Who a transaction runs as, and that nothing of it stays: a part of the driver suite. */
import { expect, test } from 'vitest'
import { ownSession } from '#base/db'
import type { Database, Session } from '#base/db'
import { sql } from '#base/sql'
import { asReader, first } from './db-suite.ts'
import type { Suite } from './db-suite.ts'

export function describeIdentity({ db, open, connection }: Suite): void {
  const whoAmI = sql`/* suite.whoAmI */ select current_user::text as role,
    coalesce(current_setting('request.jwt.claims', true), '') as claims,
    current_setting('statement_timeout') as timeout`
  const nobody = { role: 'own', claims: '', timeout: '0' }
  async function expectClean(database: Database): Promise<void> {
    const result = first(
      await database.transaction({ role: null, settings: [] }, [whoAmI]),
    ) as typeof nobody
    const own = first(
      await database.transaction({ role: null, settings: [] }, [
        sql`/* suite.own */ select session_user::text as role`,
      ]),
    )
    expect(result).toEqual({ ...nobody, ...(own as object) })
  }
  const session: Session = {
    role: 'suite_reader',
    settings: [
      ['request.jwt.claims', '{"sub":"even"}'],
      ['statement_timeout', '5s'],
    ],
  }

  test('role, claims and settings hold for one transaction and are gone after it', async () => {
    const one = open({ maxConnections: 1 })
    expect(first(await one.transaction(session, [whoAmI]))).toEqual({
      role: 'suite_reader',
      claims: '{"sub":"even"}',
      timeout: '5s',
    })
    await expectClean(one)
  })

  test.each([
    ['an error in the first statement', [sql`/* suite.bad */ select 1/0`]],
    [
      'an error in the middle',
      [sql`/* a.b */ select 1`, sql`/* suite.bad */ select 1/0`, sql`/* a.c */ select 2`],
    ],
    ['a syntax error in the last', [sql`/* a.b */ select 1`, sql`/* suite.bad */ selekt`]],
    [
      'a raised exception',
      [sql`/* suite.bad */ select set_config('request.jwt.claims', 'x', false), 1/0`],
    ],
  ])('%s leaves no role and no claims behind, on either path', async (_, statements) => {
    const one = open({ maxConnections: 1 })
    await expect(one.transaction(session, statements)).rejects.toMatchObject({
      statement: 'suite.bad',
    })
    await expectClean(one)
    await expect(
      one.begin(session, (transaction) => transaction.run(...statements)),
    ).rejects.toMatchObject({ statement: 'suite.bad' })
    await expectClean(one)
  })

  test('a role that does not exist, or may not be assumed, runs nothing', async () => {
    const one = open({ maxConnections: 1 })
    const ran = sql`/* suite.insert */ insert into owned values (1000, 'even')`
    await expect(
      one.transaction({ ...session, role: 'nobody_of_that_name' }, [ran]),
    ).rejects.toMatchObject({ code: '22023' })
    await expectClean(one)
    const limited = open({
      maxConnections: 1,
      connection: { ...connection(), user: 'suite_login', password: 'pw' },
    })
    await expect(
      limited.transaction({ ...session, role: 'suite_writer' }, [ran]),
    ).rejects.toMatchObject({ code: '42501' })
    await expectClean(limited)
    expect(
      first(
        await one.transaction(ownSession, [
          sql`/* suite.count */ select count(*)::int as n from owned where id = 1000`,
        ]),
      ),
    ).toEqual({ n: 0 })
  })

  test('a session-level setting smuggled in by a statement does not change who the next one runs as', async () => {
    const one = open({ maxConnections: 1 })
    await one.transaction(session, [
      sql`/* suite.smuggle */ select set_config('role', 'suite_reader', false)`,
    ])
    const own = first(
      await one.transaction(ownSession, [
        sql`/* a.b */ select (current_user = session_user) as own`,
      ]),
    )
    expect(own).toEqual({ own: true })
  })

  test('5,000 mixed requests, a tenth of them failing: each sees the rows of its own claims only', async () => {
    const wrong: unknown[] = []
    let failed = 0
    const one = async (i: number): Promise<void> => {
      const sub = i % 2 === 0 ? 'even' : 'odd'
      const statement =
        i % 10 === 3
          ? sql`/* suite.fail */ select 1 / (${0}::int) as n`
          : sql`/* suite.mine */ select count(*)::int as n, min(owner) as owner from owned where id <= 100`
      try {
        const row = first(
          await db().transaction(asReader(sub), [statement], { lane: 'read', leaves: 'nothing' }),
        )
        if (JSON.stringify(row) !== JSON.stringify({ n: 50, owner: sub })) wrong.push([i, row])
      } catch {
        failed++
      }
    }
    for (let batch = 0; batch < 50; batch++)
      await Promise.all(Array.from({ length: 100 }, (_, i) => one(batch * 100 + i)))
    expect(wrong).toEqual([])
    expect(failed).toBe(500)
  })

  test('a read-only session cannot write; the next transaction can', async () => {
    const one = open({ maxConnections: 1 })
    const write = sql`/* suite.insert */ insert into owned values (${2000}, 'x')`
    await expect(one.transaction({ ...ownSession, readOnly: true }, [write])).rejects.toMatchObject(
      { code: '25006' },
    )
    await one.transaction(ownSession, [write])
  })
}
