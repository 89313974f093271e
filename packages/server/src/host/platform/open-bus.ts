/** Over what this node hears the others of its database. */
import { createHash } from 'node:crypto'
import { createMemoryBus, openRedisBus, scopedBus } from '#base/bus'
import type { Bus } from '#base/bus'
import type { Config } from '#base/config'
import { decodeRows, systemSession } from '#base/db'
import type { Database, Result } from '#base/db'
import type { Log } from '#base/kernel'
import { sql } from '#base/sql'

/** Without Redis a node is alone. Rejects with why Redis cannot be used. */
export async function openBus(config: Config, log: Log): Promise<Bus> {
  const url = config['basalt.redis_url']
  if (url === null) return createMemoryBus().connect()
  try {
    return await openRedisBus({
      url,
      prefix: config['basalt.redis_prefix'],
      onState: (isUp, reason) => {
        if (isUp) log.info('Redis is there again: other nodes are heard')
        else log.warn('Redis is away: other nodes are not heard until it is back', { reason })
      },
    })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`basalt.redis_url: ${why}`, { cause: error })
  }
}

/** Projects that share a Redis do not hear each other: their topics bear the database and the secret that its nodes share. */
export async function busOfProject(
  bus: Bus,
  ref: string,
  jwtSecret: string,
  db: Database,
): Promise<Bus> {
  const name = createHash('sha256')
    .update(`${await identityOf(db)}/${jwtSecret}`)
    .digest('base64url')
    .slice(0, 16)
  return scopedBus(bus, `${ref}:${name}`)
}

async function identityOf(db: Database): Promise<string> {
  const [result] = await db.transaction(systemSession, [
    sql`/* platform.databaseIdentity */
      select system_identifier::text as system, oid::text as database
      from pg_catalog.pg_control_system(), pg_catalog.pg_database where datname = pg_catalog.current_database()`,
  ])
  const [found] = decodeRows<{ system: string; database: string }>(result as Result)
  return `${found?.system ?? ''}/${found?.database ?? ''}`
}
