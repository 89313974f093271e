/**
 * How statements that are not the platform's own reach Postgres: each service logs in as its own role, callers as
 * `authenticator`, so that no SQL a project can replace leads back to the rights of the platform's user (decision 0004).
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { openDatabase, ownSession, changingSession } from '#base/db'
import type { ConnectionOptions, Database, Transaction } from '#base/db'
import { PlatformError } from '#base/kernel'
import type { Log } from '#base/kernel'
import { quoteIdentifier, quoteLiteral, sql } from '#base/sql'

export interface LoginOptions {
  /** Where the platform's own user connects, past any pooler. */
  readonly own: ConnectionOptions
  /** …and the pooler. */
  readonly pooled: ConnectionOptions | null
  /** …and that connection. */
  readonly db: Database
  /** What the derived password is made of where the platform's user has none. */
  readonly jwtSecret: string
  /** Where the role cannot log in: false refuses, true takes the platform's own user, with a warning (`basalt.db.shared_login`). */
  readonly mayShare: boolean
  readonly log: Log
}

/** Left on a role when we set its password: somebody else's `authenticator` keeps its own. */
const mark = 'password managed by basalt'

export interface Login {
  readonly direct: ConnectionOptions
  /** Through the pooler, where there is one. */
  readonly pooled: ConnectionOptions
}

/** @throws PlatformError `login_refused` where the role can log in neither to the database nor through the pooler. */
export async function findLogin(role: string, options: LoginOptions): Promise<Login> {
  const direct = await findDirectLogin(role, options)
  const { pooled, own } = options
  if (pooled === null) return { direct, pooled: direct }
  const behind = { ...pooled, user: direct.user, password: direct.password }
  // whose place the platform's own user took, by `basalt.db.shared_login`
  if (direct === own) return { direct, pooled: behind }
  const reason = await refusalBehindPooler(behind, role)
  return { direct, pooled: reason === null ? behind : share(role, pooled, reason, options) }
}

/**
 * The connection of `role` past any pooler: with the password of the URL (self-hosted Supabase gives all roles one), else with a derived
 * one, set if the role is ours.
 * @throws PlatformError `login_refused` where neither works.
 */
export async function findDirectLogin(
  role: string,
  options: LoginOptions,
): Promise<ConnectionOptions> {
  const { own, db } = options
  // roles are the server's: projects on one server, with secrets of their own, have to agree on it
  const derived = createHmac('sha256', own.password ?? options.jwtSecret)
    .update(role)
    .digest('base64url')
  // a superuser's to set
  const { event_triggers: _, ...settings } = own.settings
  const as = (password: string): ConnectionOptions => ({ ...own, user: role, password, settings })
  let reason: string | null = null
  for (const password of [derived, own.password ?? '']) {
    reason = await refusalOf(as(password), role)
    if (reason === null) return as(password)
  }
  // another process may be setting the same password at this very moment, and one of two fails
  for (let attempt = 0; attempt < 3; attempt++) {
    const taken = await takePassword(db, role, derived)
    reason = await refusalOf(as(derived), role)
    if (reason === null) return as(derived)
    if (!taken && attempt > 0) break
  }
  return share(role, own, reason ?? '', options)
}

function share(
  role: string,
  at: ConnectionOptions,
  reason: string,
  { own, mayShare, log }: LoginOptions,
): ConnectionOptions {
  const cannot = `cannot log in as ${role} on ${at.host}:${at.port}/${at.database} (${reason})`
  if (mayShare) {
    log.warn(`${cannot}: SQL of the project runs with the rights of ${at.user}`, {
      key: 'basalt.db.shared_login',
    })
    return at
  }
  const remedy =
    at === own
      ? `Give the role the password of the database URL: alter role ${role} login password '…'`
      : 'Let the pooler ask Postgres who may log in (pgbouncer: auth_query, auth_dbname), and connect as who asks'
  throw new PlatformError({
    code: 'login_refused',
    status: 500,
    message: `${cannot}: SQL of the project would run with the rights of ${at.user}`,
    hint: `${remedy}; or accept it with basalt.db.shared_login = true.`,
  })
}

/**
 * A pooler that has just seen another password of the role logs in with that one, until it asks again: another node, or
 * another project of the server, may be setting it at this moment.
 */
async function refusalBehindPooler(
  connection: ConnectionOptions,
  role: string,
): Promise<string | null> {
  for (let attempt = 0; ; attempt++) {
    const reason = await refusalOf(connection, role)
    if (reason === null || attempt === 20 || !reason.includes('authentication failed'))
      return reason
    await delay(250)
  }
}

/** Why `role` cannot be had over `connection`, or null. A server without passwords (`trust`) or a pooler may let anybody in: what counts is who we are then. */
async function refusalOf(connection: ConnectionOptions, role: string): Promise<string | null> {
  const db = openDatabase({ connection, maxConnections: 1 })
  try {
    const [result] = await db.transaction(
      ownSession,
      [sql`/* platform.probe */ select session_user::text`],
      { prepare: false, leaves: 'nothing' },
    )
    const user = new TextDecoder().decode(result?.rows[0]?.[0] ?? undefined)
    return user === role ? null : `whoever logs in as ${role} is ${user} there`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await db.close()
  }
}

/** Sets the password, unless the role already has one that is not ours. False when we may not. */
async function takePassword(db: Database, role: string, password: string): Promise<boolean> {
  try {
    return await db.begin(changingSession, async (transaction) => {
      const [found] = await transaction.rows<{ comment: string | null; seesPasswords: boolean }>(
        sql`/* platform.readLogin */
          select shobj_description(oid, 'pg_authid') as comment,
            has_table_privilege('pg_authid', 'select') as "seesPasswords"
          from pg_roles where rolname = ${role}`,
      )
      if (found === undefined) return false
      if (found.comment !== mark) {
        if (found.comment !== null) return false
        if (found.seesPasswords && (await hasPassword(transaction, role))) return false
      }
      await transaction.script(
        'platform.setLoginPassword',
        `alter role ${quoteIdentifier(role)} with login password ${quoteLiteral(scramVerifier(password))};
         comment on role ${quoteIdentifier(role)} is ${quoteLiteral(mark)};`,
      )
      return true
    })
  } catch {
    return false
  }
}

async function hasPassword(transaction: Transaction, role: string): Promise<boolean> {
  const rows = await transaction.rows(
    sql`/* platform.hasPassword */ select from pg_authid where rolname = ${role} and rolpassword is not null`,
  )
  return rows.length > 0
}

/** What Postgres keeps of a password (RFC 5803), so that the password itself is in no statement and no log. */
export function scramVerifier(password: string): string {
  const salt = randomBytes(16)
  const iterations = 4096
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  const key = (name: string): Buffer => createHmac('sha256', salted).update(name).digest()
  const stored = createHash('sha256').update(key('Client Key')).digest('base64')
  const server = key('Server Key').toString('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${server}`
}
