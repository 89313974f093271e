/** A project's own database, before it is taken and when it is left. */
import { controlErrors } from '#host/control-plane/core'
import { provision } from '#host/control'
import { checkGivenDatabase, provisioned, silenceLoginTriggers } from '#host/platform'
import type { Requirement } from '#host/platform'
import {
  ConnectionError,
  DatabaseError,
  openDatabase,
  parseConnectionUrl,
  systemSession,
} from '#base/db'
import type { ConnectionOptions, Database } from '#base/db'
import { sql } from '#base/sql'

export interface TestedDatabase {
  /** Of this database and no other: system identifier of the cluster and oid, or where it is if the server does not tell. */
  readonly identity: string
  readonly warnings: readonly Requirement[]
}

/** A whole URL is longer than any of its parts may be. */
const maxUrlLength = 4096

/** @throws control_database_url_invalid */
export function connectionOf(url: string): ConnectionOptions {
  const invalid = (reason: string): never => {
    throw controlErrors.control_database_url_invalid({ reason })
  }
  if (url.length > maxUrlLength) return invalid('The database URL is too long')
  try {
    return parseConnectionUrl(url, () =>
      invalid(
        'The database URL names files of certificates: nodes have none. sslrootcert=system takes the authorities everybody trusts, and those of NODE_EXTRA_CA_CERTS.',
      ),
    )
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error
    return invalid(error.message)
  }
}

/**
 * Whether a project can live in it; changes nothing. @throws control_database_url_invalid, control_database_unreachable,
 * control_database_unfit with everything that is missing
 */
export async function testDatabase(url: string): Promise<TestedDatabase> {
  const { host, port, database } = connectionOf(url)
  return translateFailures(async () => {
    const requirements = await checkGivenDatabase(url)
    const missing = requirements.filter(({ level }) => level === 'missing')
    if (missing.length > 0) {
      const list = missing.map(({ message, remedy }) => `- ${message}\n  ${remedy}`).join('\n')
      throw controlErrors.control_database_unfit({ count: missing.length, list })
    }
    const identity = await withDatabase(url, identityOf)
    return { identity: identity ?? `${host}:${port}/${database}`, warnings: requirements }
  })
}

/** Brings the services' schemas into it. */
export function provisionDatabase(url: string): Promise<void> {
  return translateFailures(() =>
    withDatabase(url, async (db) => {
      await provision(db, provisioned)
      await silenceLoginTriggers(db)
    }),
  )
}

/** `7451…/16384`; null where the role may not ask. */
export async function identityOf(db: Database): Promise<string | null> {
  try {
    const [row] = await db.begin(systemSession, (transaction) =>
      transaction.rows<{ identity: string }>(sql`/* control.readIdentity */
        select system_identifier || '/' || oid as identity
        from pg_control_system(), pg_database where datname = current_database()`),
    )
    return row?.identity ?? null
  } catch (error) {
    if (error instanceof DatabaseError && error.code === '42501') return null
    throw error
  }
}

/** Rejects with why one could not be dropped. Resolves to how many there were. */
export function dropSlots(url: string): Promise<number> {
  return withDatabase(url, async (db) => {
    const rows = await db.begin(systemSession, async (transaction) => {
      const slots = await transaction.rows<{ slot_name: string }>(sql`/* control.endSlots */
        select slot_name, case when active then pg_terminate_backend(active_pid, 5000) end
        from pg_replication_slots
        where slot_name ~ '^basalt_' and database = current_database()`)
      for (const { slot_name } of slots)
        await transaction.rows(
          sql`/* control.dropSlot */ select pg_drop_replication_slot(${slot_name}::name)::text`,
        )
      return slots
    })
    return rows.length
  })
}

async function withDatabase<T>(url: string, work: (db: Database) => Promise<T>): Promise<T> {
  const db = openDatabase({
    connection: connectionOf(url),
    maxConnections: 1,
    acquireTimeoutMs: 10_000,
    preparedStatements: false,
  })
  try {
    return await work(db)
  } finally {
    await db.close()
  }
}

/** What Postgres and the network say; neither repeats the password. */
async function translateFailures<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ConnectionError || error instanceof DatabaseError)
      throw controlErrors.control_database_unreachable({ reason: error.message }, error)
    throw error
  }
}
