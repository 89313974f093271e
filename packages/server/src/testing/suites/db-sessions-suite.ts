/** That no state of a session crosses requests: a part of the driver suite. */
import { expect, test } from 'vitest'
import { ownSession } from '#base/db'
import type { Database, RunOptions, Session } from '#base/db'
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'
import { first } from './db-suite.ts'
import type { Suite } from './db-suite.ts'

const reader: Session = { role: 'suite_reader', settings: [['request.jwt.claims', '{"sub":"a"}']] }

/** What SQL can leave in a session, each as one statement. */
const leavers: readonly (readonly [what: string, statement: Statement])[] = [
  ['a setting', sql`/* suite.leave */ select set_config('app.left', 'mine', false)`],
  [
    'headers of a response',
    sql`/* suite.leave */ select set_config('response.headers', '[{"set-cookie":"a=b"}]', false)`,
  ],
  [
    'a search path',
    sql`/* suite.leave */ select set_config('search_path', 'pg_temp, public', false)`,
  ],
  [
    'row_security',
    sql`/* suite.leave */ do $$ begin perform set_config('row_security', 'off', false); end $$`,
  ],
  [
    'read-only transactions',
    sql`/* suite.leave */ do $$ begin perform set_config('default_transaction_read_only', 'on', false); end $$`,
  ],
  [
    'another encoding',
    sql`/* suite.leave */ do $$ begin perform set_config('client_encoding', 'LATIN1', false); end $$`,
  ],
  ['a time zone', sql`/* suite.leave */ do $$ begin set timezone = 'Asia/Tokyo'; end $$`],
  ['a role', sql`/* suite.leave */ do $$ begin set role suite_reader; end $$`],
  [
    'a temporary table',
    sql`/* suite.leave */ do $$ begin create temp table owned (id int); end $$`,
  ],
  ['a session lock', sql`/* suite.leave */ select pg_advisory_lock(4711)`],
  [
    'a prepared statement',
    sql`/* suite.leave */ do $$ begin execute 'prepare planted as select 1'; end $$`,
  ],
  [
    'a cursor that holds',
    sql`/* suite.leave */ do $$ begin execute 'declare planted cursor with hold for select 1'; end $$`,
  ],
  ['a subscription', sql`/* suite.leave */ do $$ begin execute 'listen planted'; end $$`],
  ['no prepared statements', sql`/* suite.leave */ do $$ begin execute 'deallocate all'; end $$`],
]

/** Everything of it, in one row. */
const state = sql`/* suite.state */ select
  coalesce(current_setting('app.left', true), '') as left,
  coalesce(current_setting('response.headers', true), '') as headers,
  current_setting('row_security') as row_security,
  current_setting('default_transaction_read_only') as read_only,
  current_setting('client_encoding') as encoding,
  current_setting('timezone') as timezone,
  current_setting('search_path') as search_path,
  current_user = session_user as is_itself,
  (select count(*)::int from pg_class where relnamespace = pg_my_temp_schema()) as temporary,
  (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks,
  (select count(*)::int from pg_prepared_statements where name = 'planted') as prepared,
  (select count(*)::int from pg_cursors where name = 'planted') as cursors,
  (select count(*)::int from pg_listening_channels()) as channels,
  'ä'::text as text`

const none: Session = { role: null, settings: [] }

export interface SessionsOptions {
  /** False behind a pooler that cannot keep prepared statements. */
  readonly preparedStatements?: boolean
}

export function describeSessions(
  { open }: Suite,
  { preparedStatements = true }: SessionsOptions = {},
): void {
  const read = async (db: Database): Promise<unknown> => first(await db.transaction(none, [state]))
  const ways: readonly (readonly [
    string,
    (db: Database, left: Statement, run: RunOptions) => Promise<unknown>,
  ])[] = [
    ['one round trip', (db, left, run) => db.transaction(reader, [left], run)],
    [
      'an explicit transaction',
      (db, left, run) => db.begin(reader, (transaction) => transaction.run(left), run),
    ],
    [
      'one that is rolled back',
      (db, left, run) => db.transaction(reader, [left], { ...run, end: 'rollback' }),
    ],
    [
      'one that fails behind it',
      (db, left, run) =>
        expect(
          db.transaction(reader, [left, sql`/* suite.bad */ select 1/0`], run),
        ).rejects.toMatchObject({ statement: 'suite.bad' }),
    ],
    [
      'one that fails in between',
      (db, left, run) =>
        expect(
          db.begin(
            reader,
            async (transaction) => {
              await transaction.run(left)
              throw new Error('given up')
            },
            run,
          ),
        ).rejects.toThrow('given up'),
    ],
    ['a stream', (db, left, run) => db.streamRows(reader, [left], ',', run)],
  ]

  for (const [way, leave] of ways)
    test.each(leavers)(`%s is not left to the next request by ${way}`, async (_, statement) => {
      // a stream has rows to give, and a setting only streams as well as others
      if (way === 'a stream' && statement.text.includes('do $$')) return
      const db = open({ maxConnections: 1 })
      const before = await read(db)
      for (const lane of ['read', 'write'] as const) {
        await leave(db, statement, { lane })
        expect(await read(db)).toEqual(before)
      }
      await db.close()
    })

  test('what asks for less is trusted: a setting stays where nothing was to be left', async () => {
    const db = open({ maxConnections: 1 })
    const leave = sql`/* suite.leave */ select set_config('app.left', 'mine', false)`
    await db.transaction(none, [leave], { leaves: 'nothing' })
    const asked = sql`/* suite.left */ select current_setting('app.left', true) as left`
    expect(first(await db.transaction(none, [asked]))).toEqual({ left: 'mine' })
    await db.close()
  })

  test.runIf(preparedStatements)(
    'prepared statements outlive what leaves settings only',
    async () => {
      const db = open({ maxConnections: 1 })
      const count = sql`/* suite.prepared */ select count(*)::int as n from pg_prepared_statements where statement like '/* suite.kept */%'`
      const kept = sql`/* suite.kept */ select 1`
      await db.transaction(none, [kept], { leaves: 'settings' })
      expect(first(await db.transaction(none, [count], { leaves: 'nothing' }))).toEqual({ n: 1 })
      await db.transaction(none, [kept])
      expect(first(await db.transaction(none, [count], { leaves: 'nothing' }))).toEqual({ n: 0 })
      await db.close()
    },
  )

  test('deferred triggers still run as whoever queued them, under their claims', async () => {
    const db = open({ maxConnections: 1 })
    await db.begin(ownSession, (transaction) =>
      transaction.script(
        'suite.deferred',
        `create table if not exists heard (who text, claims text); grant all on heard to public;
         create table if not exists told (id int); grant all on told to public;
         create or replace function hear() returns trigger language plpgsql as $$ begin
           insert into heard values (current_user, current_setting('request.jwt.claims', true)); return null; end $$;
         drop trigger if exists hear on told;
         create constraint trigger hear after insert on told deferrable initially deferred
           for each row execute function hear();`,
      ),
    )
    const insert = sql`/* suite.tell */ insert into told values (1)`
    await db.transaction(reader, [insert])
    await db.begin(reader, (transaction) => transaction.run(insert))
    const heard = sql`/* suite.heard */ select count(*)::int as n, min(who) as who, min(claims) as claims from heard`
    expect(first(await db.transaction(none, [heard]))).toEqual({
      n: 2,
      who: 'suite_reader',
      claims: '{"sub":"a"}',
    })
    await db.close()
  })

  test('a deferred constraint that does not hold fails the transaction, and the next one runs', async () => {
    const db = open({ maxConnections: 1 })
    await db.begin(ownSession, (transaction) =>
      transaction.script(
        'suite.constraint',
        `create table if not exists parents (id int primary key);
         create table if not exists children (parent int references parents deferrable initially deferred);`,
      ),
    )
    const insert = sql`/* suite.orphan */ insert into children values (7)`
    await expect(db.transaction(none, [insert])).rejects.toMatchObject({ code: '23503' })
    await expect(db.begin(none, (transaction) => transaction.run(insert))).rejects.toMatchObject({
      code: '23503',
    })
    const count = sql`/* suite.children */ select count(*)::int as n from children`
    expect(first(await db.transaction(none, [count]))).toEqual({ n: 0 })
    await db.close()
  })
}
