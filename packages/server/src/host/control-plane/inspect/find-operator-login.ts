/**
 * A project's own database as `postgres` sees it, for what operators ask. A superuser's session is none of it: SQL could go
 * back to it from any role it was put in, so there is a login of its own that may become `postgres` and nothing more.
 */
import { createHmac } from 'node:crypto'
import { scramVerifier } from '#host/platform'
import { DatabaseError, openSession, systemSession } from '#base/db'
import type { ConnectionOptions, Database } from '#base/db'
import { quoteIdentifier, quoteLiteral, sql } from '#base/sql'
import { inspectErrors } from './errors.ts'

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

export interface Login {
  readonly connection: ConnectionOptions
  /** What it becomes; null where it is that already. */
  readonly role: string | null
}

export interface LoginSearch {
  /** As the platform's own user. */
  readonly db: Database
  readonly own: ConnectionOptions
  /** Of the project alone, also where several are on one server. */
  readonly secret: string
  /** Names that could connect before. */
  readonly known: Set<string>
}

/** `postgres` or, where the platform's user is no superuser, that; for reading a role that cannot write. @throws control_sql_superuser */
export async function findLogin(search: LoginSearch, readOnly: boolean): Promise<Login> {
  const { db, own } = search
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
    const login = await ownLogin(search, name, readOnly ? reader : 'postgres')
    if (login !== null) return login
  }
  if (superuser) throw inspectErrors.control_sql_superuser()
  return asOwn
}

/** Null where the platform's user may not make it. */
async function ownLogin(
  { db, own, secret, known }: LoginSearch,
  name: string,
  role: string,
): Promise<Login | null> {
  const password = createHmac('sha256', secret).update(name).digest('base64url')
  const { event_triggers: _, ...settings } = own.settings
  const connection = { ...own, user: name, password, settings }
  const login = { connection, role }
  if (known.has(name) || (await canConnect(connection))) {
    known.add(name)
    return login
  }
  try {
    await makeLogin(db, name, password, role)
    known.add(name)
    return login
  } catch (error) {
    if (error instanceof DatabaseError && error.code === '42501') return null
    throw error
  }
}

async function canConnect(connection: ConnectionOptions): Promise<boolean> {
  try {
    const session = await openSession(connection)
    session.close()
    return true
  } catch {
    return false
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
