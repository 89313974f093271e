/** What every way to reach Postgres must do; run over TCP, TLS and the Unix socket. */
import { afterAll, beforeAll, describe } from 'vitest'
import { openDatabase, ownSession } from '#base/db'
import type { ConnectionOptions, Database, DatabaseOptions } from '#base/db'
import { describeFailures } from './db-failures-suite.ts'
import { describeIdentity } from './db-identity-suite.ts'
import { describeLimits } from './db-limits-suite.ts'
import { describeSessions } from './db-sessions-suite.ts'
import { describeStreams } from './db-streams-suite.ts'
import { describeValues } from './db-values-suite.ts'
import type { Suite } from './db-suite.ts'

export interface DriverFixture {
  /** A superuser of a database of its own. */
  readonly connection: ConnectionOptions
  close(): Promise<void>
}

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
    describeSessions(suite)
    describeStreams(suite)
  })
}
