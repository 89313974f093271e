/** What every way to reach Postgres must do; run over TCP, TLS and the Unix socket. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { decodeRows, openDatabase, ownSession } from '#db'
import type { ConnectionOptions, Database, DatabaseOptions, Result, Session } from '#db'
import { CancellationSource } from '#kernel'
import { sql } from '#sql'

export interface DriverFixture {
  /** A superuser of a database of its own. */
  readonly connection: ConnectionOptions
  close(): Promise<void>
}

const first = (results: readonly Result[]): unknown => decodeRows(results[0] as Result)[0]

/** Roles `suite_reader` and `suite_writer`, a table whose rows belong to whoever the claims name, and nothing else. */
async function prepare(db: Database): Promise<void> {
  await db.begin(ownSession, (transaction) =>
    transaction.script(
      'suite.prepare',
      `do $$ begin
         if not exists (select from pg_roles where rolname = 'suite_reader') then
           create role suite_reader nologin; create role suite_writer nologin;
           create role suite_login login noinherit password 'pw';
           grant suite_reader to suite_login;
         end if;
       end $$;
       create table owned (id int primary key, owner text not null);
       alter table owned enable row level security;
       create policy mine on owned using (owner = current_setting('request.jwt.claims', true)::json ->> 'sub');
       insert into owned select i, case when i % 2 = 0 then 'even' else 'odd' end from generate_series(1, 100) i;
       grant select, insert on owned to suite_reader, suite_writer;`,
    ),
  )
}

const asReader = (sub: string): Session => ({
  role: 'suite_reader',
  settings: [['request.jwt.claims', JSON.stringify({ sub })]],
})

/** Exported for adapters: `dbDriverSuite('tls', factory)` inside a test file. */
export function dbDriverSuite(name: string, factory: () => Promise<DriverFixture>): void {
  describe(`db driver over ${name}`, () => {
    let fixture: DriverFixture
    let db: Database
    const opened: Database[] = []
    const open = (options: Partial<DatabaseOptions> = {}): Database => {
      const database = openDatabase({ connection: fixture.connection, ...options })
      opened.push(database)
      return database
    }

    beforeAll(async () => {
      fixture = await factory()
      db = open({ maxConnections: 4 })
      await prepare(db)
    })
    afterAll(async () => {
      await Promise.all(opened.map((database) => database.close()))
      await fixture.close()
    })

    const suite: Suite = { db: () => db, open, connection: () => fixture.connection }
    describeValues(suite)
    describeIdentity(suite)
    describeFailures(suite)
    describeLimits(suite)
    describeStreams(suite)
  })
}

interface Suite {
  /** Shared by the tests. */
  readonly db: () => Database
  /** One of the test's own. */
  readonly open: (options?: Partial<DatabaseOptions>) => Database
  readonly connection: () => ConnectionOptions
}

function describeValues({ db, open }: Suite): void {
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
            { lane: 'read' },
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

const megabyte = 1024 * 1024

async function lengthOf(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let length = 0
  for await (const chunk of chunks) length += chunk.length
  return length
}

function describeStreams({ open }: Suite): void {
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
    const pool = open({ maxConnections: 4, acquireTimeoutMs: 300 })
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
    const options = { lane: 'read', stream: true } as const
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

function describeIdentity({ db, open, connection }: Suite): void {
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
        const row = first(await db().transaction(asReader(sub), [statement], { lane: 'read' }))
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

function describeFailures({ db, open, connection }: Suite): void {
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

function describeLimits({ db, open }: Suite): void {
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
    for (let i = 0; i < 5; i++) await one.transaction(ownSession, [quick], { lane: 'read' })
    const lost: unknown[] = []
    for (let round = 0; round < 20; round++) {
      const source = new CancellationSource()
      const cancelled = one
        .transaction(ownSession, [quick], { lane: 'read', cancellation: source })
        .catch(() => {})
      const others = Array.from({ length: 10 }, () =>
        one
          .transaction(ownSession, [quick], { lane: 'read' })
          .catch((error: unknown) => lost.push(error)),
      )
      setImmediate(() => source.cancel())
      await Promise.all([cancelled, ...others])
    }
    expect(lost).toEqual([])
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
    for (let i = 0; i < 10; i++) await pool.transaction(ownSession, [fast], { lane: 'read' })
    const slow = pool.transaction(ownSession, [sleep(0.8)], { lane: 'read' })
    await expect.poll(sleepers).toEqual({ n: 1 })
    const started = performance.now()
    await Promise.all(
      Array.from({ length: 50 }, () => pool.transaction(ownSession, [fast], { lane: 'read' })),
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

  test('close waits for what runs and refuses what comes after', async () => {
    const closing = open({ maxConnections: 1 })
    const running = closing.transaction(ownSession, [sleep(0.2)])
    await expect.poll(sleepers).toEqual({ n: 1 })
    await Promise.all([closing.close(), running])
    await expect(closing.transaction(ownSession, [sleep(0)])).rejects.toMatchObject({
      failure: 'shutdown',
    })
  })
}
