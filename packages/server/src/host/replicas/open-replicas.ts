/** Opens the read replicas that a project's configuration names. */
import type { Config } from '#base/config'
import { parseConnectionUrl } from '#base/db'
import type { ConnectionOptions, Database, DatabaseOptions } from '#base/db'
import type { Clock, Log } from '#base/kernel'
import { loginAt } from './replica.ts'
import { ReplicaSet } from './replica-set.ts'

export interface OpenReplicasOptions {
  readonly config: Config
  readonly primary: Database
  /** How callers log in at the primary. */
  readonly login: ConnectionOptions
  /** What their pools have in common. */
  readonly pool: Omit<DatabaseOptions, 'connection'>
  /** Those that callers' statements run on, as they are to be used. */
  readonly observe?: (db: Database) => Database
  readonly clock: Clock
  readonly log: Log
}

const same = (db: Database): Database => db

/** Null where nothing is read from any. One that is away now is used when it is there. */
export async function openReplicas(options: OpenReplicasOptions): Promise<ReplicaSet | null> {
  const { config, primary, login, pool, observe = same, clock, log } = options
  const named = Object.entries(config['basalt.db.replicas'])
  if (named.length === 0 || config['basalt.db.read_preference'] === 'primary') return null
  const replicas = named.map(([name, { url, weight, max_lag: maxLagMs }]) => ({
    name,
    weight,
    maxLagMs,
    pool: { ...pool, connection: loginAt(parseConnectionUrl(url), login) },
    observe,
    log,
  }))
  const set = new ReplicaSet({ primary, replicas, clock, log })
  try {
    await set.open()
    return set
  } catch (error) {
    await set.close()
    throw error
  }
}
