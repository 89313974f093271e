/**
 * How callers' requests reach Postgres: as `authenticator`, which may become the API roles and nothing more, so that
 * no function a caller can reach leads back to the platform's own rights.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { openDatabase, ownSession } from '#base/db'
import type { ConnectionOptions, Database } from '#base/db'
import type { Log } from '#base/kernel'
import { quoteLiteral, sql } from '#base/sql'

export interface ApiConnectionOptions {
  /** Where the platform's own user connects. */
  readonly own: ConnectionOptions
  /** …and that connection. */
  readonly db: Database
  /** Makes the derived password one only this project knows. */
  readonly jwtSecret: string
  readonly log: Log
}

/** Left on the role when we set its password: somebody else's `authenticator` keeps its own. */
const mark = 'password managed by basalt'

/**
 * The connection of `authenticator`: with the password of the URL (self-hosted Supabase gives all roles one),
 * else with a derived one, set if the role is ours. Where neither works the platform's own user serves, with a warning.
 */
export async function findApiConnection(options: ApiConnectionOptions): Promise<ConnectionOptions> {
  const { own } = options
  const derived = createHmac('sha256', options.jwtSecret)
    .update('authenticator')
    .digest('base64url')
  const candidates = [derived, own.password ?? '']
  for (const password of candidates) {
    const connection = { ...own, user: 'authenticator', password }
    if (await canConnect(connection)) return connection
  }
  const connection = { ...own, user: 'authenticator', password: derived }
  if ((await takePassword(options.db, derived)) && (await canConnect(connection))) return connection
  options.log.warn(
    'cannot connect as authenticator: requests run on the connection of the configured user, which has more rights than they need',
    { user: own.user, remedy: 'give the role authenticator the password of the database URL' },
  )
  return own
}

async function canConnect(connection: ConnectionOptions): Promise<boolean> {
  const db = openDatabase({ connection, maxConnections: 1 })
  try {
    await db.transaction(ownSession, [sql`/* platform.probe */ select 1`])
    return true
  } catch {
    return false
  } finally {
    await db.close()
  }
}

/** Sets the password, unless the role already has one that is not ours. False when we may not. */
async function takePassword(db: Database, password: string): Promise<boolean> {
  try {
    return await db.begin(ownSession, async (transaction) => {
      const [role] = await transaction.rows<{ ours: boolean }>(
        sql`/* platform.whoseAuthenticator */
          select coalesce(shobj_description(oid, 'pg_authid'), '') = ${mark}
              or not exists (select from pg_shadow where usename = 'authenticator' and passwd is not null) as ours
          from pg_roles where rolname = 'authenticator'`,
      )
      if (role?.ours !== true) return false
      await transaction.script(
        'platform.setAuthenticatorPassword',
        `alter role authenticator with login password ${quoteLiteral(scramVerifier(password))};
         comment on role authenticator is ${quoteLiteral(mark)};`,
      )
      return true
    })
  } catch {
    return false
  }
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
