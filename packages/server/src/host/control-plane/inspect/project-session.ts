/**
 * A project's own database as `postgres` sees it, for what operators ask. A superuser's session is none of it: SQL could go
 * back to it from any role it was put in, so there is a login of its own that may become `postgres` and nothing more.
 */
import { createHmac } from 'node:crypto'
import type { ProjectRecord } from '#host/control-plane/core'
import { scramVerifier } from '#host/platform'
import {
  DatabaseError,
  openDatabase,
  ownSession,
  parseConnectionUrl,
  systemSession,
} from '#base/db'
import type { ConnectionOptions, Database, Session } from '#base/db'
import { quoteIdentifier, quoteLiteral, sql } from '#base/sql'
import { inspectErrors } from './errors.ts'

export interface ProjectSession {
  readonly db: Database
  readonly session: Session
}

const maxStatementMs = 30_000

function open(connection: ConnectionOptions, onNotice?: (text: string) => void): Database {
  return openDatabase({
    connection: { ...connection, applicationName: 'basalt operator' },
    minConnections: 0,
    maxConnections: 1,
    connectPatienceMs: 1_000,
    acquireTimeoutMs: 10_000,
    preparedStatements: false,
    ...(onNotice === undefined
      ? {}
      : { onNotice: (severity, message) => onNotice(`${severity}: ${message}`) }),
  })
}

/** As the platform's own user, for statements of ours. */
export async function withOwn<T>(url: string, work: (db: Database) => Promise<T>): Promise<T> {
  const db = open(parseConnectionUrl(url))
  try {
    return await work(db)
  } finally {
    await db.close()
  }
}

/** As `postgres` or, where the platform's user is no superuser, as that. */
export async function withProjectSession<T>(
  record: ProjectRecord,
  url: string,
  readOnly: boolean,
  work: (session: ProjectSession) => Promise<T>,
): Promise<T> {
  const own = parseConnectionUrl(url)
  const login = await withOwn(url, (db) => findLogin(db, own, record.keys.encryptionKey, readOnly))
  const db = open(login.connection)
  const session: Session = {
    role: login.role,
    settings: [
      ...ownSession.settings,
      ['search_path', '"$user", public, extensions'],
      ['statement_timeout', String(maxStatementMs)],
      ['lock_timeout', '10000'],
      ['idle_in_transaction_session_timeout', '60000'],
    ],
  }
  try {
    return await work({ db, session })
  } finally {
    await db.close()
  }
}

/**
 * Reads everything and owns nothing: `postgres` could make and drop replication slots and end sessions in a read-only
 * transaction, too. Its login may become nobody else.
 */
const reader = 'supabase_read_only_user'

interface Facts {
  readonly oid: number
  readonly user: string
  readonly superuser: boolean
  /** Of `postgres`; null where there is none. */
  readonly owner_superuser: boolean | null
}

interface Login {
  readonly connection: ConnectionOptions
  readonly role: string | null
}

/** @throws control_sql_superuser */
async function findLogin(
  db: Database,
  own: ConnectionOptions,
  secret: string,
  readOnly: boolean,
): Promise<Login> {
  const [facts] = await db.begin(systemSession, (transaction) =>
    transaction.rows<Facts>(sql`/* control.readOwner */
      select (select oid from pg_database where datname = current_database()) as oid,
        current_user::text as user,
        (select rolsuper from pg_roles where rolname = current_user) as superuser,
        (select rolsuper from pg_roles where rolname = 'postgres') as owner_superuser`),
  )
  const { oid, user, superuser, owner_superuser: ownerIsSuperuser } = facts as Facts
  const asOwn: Login = { connection: own, role: null }
  if (user === 'postgres' && !superuser && !readOnly) return asOwn
  if (ownerIsSuperuser === false) {
    const name = `${readOnly ? 'basalt_reader' : 'basalt_operator'}_${oid}`
    const login = await ownLogin(db, own, name, secret, readOnly ? reader : 'postgres')
    if (login !== null) return login
  }
  if (superuser) throw inspectErrors.control_sql_superuser()
  return asOwn
}

/** Null where the platform's user may not make it. */
async function ownLogin(
  db: Database,
  own: ConnectionOptions,
  name: string,
  secret: string,
  role: string,
): Promise<Login | null> {
  // of this project alone, also where several are on one server
  const password = createHmac('sha256', secret).update(name).digest('base64url')
  const { event_triggers: _, ...settings } = own.settings
  const connection = { ...own, user: name, password, settings }
  const login = { connection, role }
  if (await canConnect(connection)) return login
  try {
    await makeLogin(db, name, password, role)
    return login
  } catch (error) {
    if (error instanceof DatabaseError && error.code === '42501') return null
    throw error
  }
}

async function canConnect(connection: ConnectionOptions): Promise<boolean> {
  const db = open(connection)
  try {
    await db.execute({ name: 'control.probeLogin', text: 'select', values: [] })
    return true
  } catch {
    return false
  } finally {
    await db.close()
  }
}

/** Another node may be making it at this moment: then it is there. */
async function makeLogin(
  db: Database,
  name: string,
  password: string,
  becomes: string,
): Promise<void> {
  const role = quoteIdentifier(name)
  await db.begin(systemSession, async (transaction) => {
    await transaction.rows(sql`/* control.lockLogin */ select pg_advisory_xact_lock(7236502)::text`)
    await transaction.script(
      'control.makeLogin',
      `do $$ begin
        if not exists (select from pg_catalog.pg_roles where rolname = '${name}') then
          create role ${role} noinherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
        end if;
      end $$;
      grant ${quoteIdentifier(becomes)} to ${role};
      alter role ${role} with login password ${quoteLiteral(scramVerifier(password))};`,
    )
  })
}
