/** The pools of a project's database: one login each (the table of logins in ARCHITECTURE.md). */
import { readFileSync } from 'node:fs'
import { provision } from '#host/control'
import { apiKeyMigrations } from '#services/api-keys'
import { auth } from '#services/auth'
import { dataApi } from '#services/data-api'
import { extensionMigrations } from '#services/extensions'
import { functionsLogin, functionsMigrations } from '#services/functions'
import { realtimeLogin, realtimeMigrations } from '#services/realtime'
import { storage } from '#services/storage'
import { openDatabase, parseConnectionUrl } from '#base/db'
import type { ConnectionOptions, Database } from '#base/db'
import type { Log } from '#base/kernel'
import { findLogin } from './find-login.ts'
import type { PlatformOptions } from './platform-options.ts'

export interface Databases {
  /** How the platform's own user connects. */
  readonly own: ConnectionOptions
  /** As the platform's own user, for what is the platform's alone: provisioning, stored configuration and keys. */
  readonly db: Database
  /** As `authenticator`. */
  readonly apiDb: Database
  /** Of a service's login; without one it is the callers'. */
  of(this: void, login: string | undefined): Database
  /** Of the worker behind pg_net and pg_cron. */
  readonly worker: { readonly db: Database; readonly connection: ConnectionOptions }
  /** How the login connects that reads the log of changes; found when it is first asked for. */
  connectReplication(this: void): Promise<ConnectionOptions>
  /** Of who keeps the partitions of Realtime's messages. */
  readonly realtime: ConnectionOptions
  /** By the names they have in the metrics. */
  pools(): readonly (readonly [name: string, db: Database])[]
  close(): Promise<void>
}

/** Those whose schemas are provisioned, also where they are turned off now: applications' SQL refers to them. */
const services = [dataApi, auth, storage]

/** Theirs, behind what every database gets before them, and of services that are not served yet. */
export const provisioned = [
  { migrations: extensionMigrations },
  ...services,
  { migrations: realtimeMigrations },
  { migrations: functionsMigrations },
]

const callers = 'authenticator'
/** The worker behind pg_net and pg_cron: what it reads may be the project's by now. */
const workerLogin = 'supabase_functions_admin'
const serviceLogins = new Set([
  ...services.flatMap(({ login }) => login ?? []),
  workerLogin,
  realtimeLogin,
  functionsLogin,
])
/** Whose services may never be asked for anything. */
const rarelyUsed: readonly string[] = [realtimeLogin, functionsLogin]

/** May read the log of changes, and nothing else. */
const replicationLogin = 'supabase_replication_admin'

const platformConnections = 2
/** Auth and the other services' own statements. */
const serviceConnections = 5

/** Brings the database up to date, then opens a pool for each login. Rejects with nothing left open. */
export async function openDatabases(
  options: PlatformOptions & { readonly log: Log },
  jwtSecret: string,
): Promise<Databases> {
  const { config, databaseUrl, log, onProgress } = options
  const open = (
    connection: ConnectionOptions,
    maxConnections: number,
    minConnections: number = config['basalt.db.pool_min'],
  ): Database =>
    openDatabase({
      connection,
      minConnections,
      maxConnections,
      ...(options.processors === undefined ? {} : { processors: options.processors }),
      acquireTimeoutMs: config['basalt.db.pool_timeout'],
      preparedStatements: config['basalt.db.prepared_statements'],
    })
  const own = parseConnectionUrl(databaseUrl, (path) => readFileSync(path, 'utf8'))
  const db = open(own, platformConnections)
  const byLogin = new Map<string, Database>()
  const close = async (): Promise<void> =>
    void (await Promise.all([db, ...byLogin.values()].map((pool) => pool.close())))
  try {
    // before the project's own migrations, which may refer to their tables
    const asked = config['basalt.api_keys.enabled'] ? [{ migrations: apiKeyMigrations }] : []
    await provision(db, [...provisioned, ...asked], (name) => onProgress?.(`applying ${name}`))
    await options.prepare?.(db)
    const mayShare = config['basalt.db.shared_login']
    const logins = { own, db, jwtSecret, mayShare, log }
    const found = await Promise.all(
      [callers, ...serviceLogins].map(
        async (role) => [role, await findLogin(role, logins)] as const,
      ),
    )
    for (const [role, connection] of found) {
      // who has no listeners or no functions has no connection
      const min = rarelyUsed.includes(role) ? 0 : config['basalt.db.pool_min']
      const max = role === callers ? config['basalt.db.pool_max'] : serviceConnections
      byLogin.set(role, open(connection, max, min))
    }
    const apiDb = byLogin.get(callers) as Database
    const worker = {
      db: byLogin.get(workerLogin) as Database,
      connection: new Map(found).get(workerLogin) as ConnectionOptions,
    }
    let replication: Promise<ConnectionOptions> | null = null
    return {
      own,
      db,
      apiDb,
      worker,
      connectReplication: () => (replication ??= findLogin(replicationLogin, logins)),
      realtime: new Map(found).get(realtimeLogin) as ConnectionOptions,
      of: (login) => byLogin.get(login ?? callers) ?? apiDb,
      pools: () => [
        ['platform', db],
        ['api', apiDb],
        ...[...byLogin].filter(([name]) => name !== callers),
      ],
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
