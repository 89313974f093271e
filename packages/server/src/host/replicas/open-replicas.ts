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
  readonly clock: Clock
  readonly log: Log
}

/** Null where nothing is read from any. One that is away now is used when it is there. */
export async function openReplicas(options: OpenReplicasOptions): Promise<ReplicaSet | null> {
  const { config, primary, login, pool, clock, log } = options
  const named = Object.entries(config['basalt.db.replicas'])
  if (named.length === 0 || config['basalt.db.read_preference'] === 'primary') return null
  const replicas = named.map(([name, { url, weight, max_lag: maxLagMs }]) => ({
    name,
    weight,
    maxLagMs,
    pool: { ...pool, connection: loginAt(parseConnectionUrl(url), login) },
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
