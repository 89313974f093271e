/** The pools of a project's database: one login each (the table of logins in ARCHITECTURE.md). */
import { provision } from '#host/control'
import { apiKeyMigrations } from '#services/api-keys'
import { auth } from '#services/auth'
import { dataApi } from '#services/data-api'
import { extensionMigrations } from '#services/extensions'
import { functionsLogin, functionsMigrations } from '#services/functions'
import { realtimeLogin, realtimeMigrations } from '#services/realtime'
import { storage } from '#services/storage'
import { openDatabase, parsePrimaryUrl } from '#base/db'
import type { ConnectionOptions, Database, DatabaseOptions } from '#base/db'
import { systemClock } from '#base/kernel'
import type { Log } from '#base/kernel'
import { openReplicas } from '#host/replicas'
import type { ReplicaSet } from '#host/replicas'
import { findDirectLogin, findLogin } from './find-login.ts'
import type { Login, LoginOptions } from './find-login.ts'
import type { PlatformOptions } from './platform-options.ts'
import { watchLogin } from './watch-login.ts'

export interface Databases {
  /** How the platform's own user connects, past any pooler. */
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
  /** Null where nothing is read from any. */
  readonly replicas: ReplicaSet | null
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
  options: PlatformOptions & { readonly ref: string; readonly log: Log },
  jwtSecret: string,
): Promise<Databases> {
  const { config, log, onProgress } = options
  const observe = (one: Database): Database => options.observer?.database(one) ?? one
  const { own, pooled } = parseUrls(options)
  const openAs = (role: string, given: DatabaseOptions): Database => {
    const about = { role, project: options.ref, at: given.connection, log }
    const outageEvents = watchLogin({ ...about, mend: role === own.user ? null : () => mend() })
    return observe(openDatabase(poolOptions(options, { ...given, outageEvents })))
  }
  const db = openAs(own.user, { connection: own, maxConnections: platformConnections })
  const byLogin = new Map<string, Database>()
  const mayShare = config['basalt.db.shared_login']
  const logins = { own, pooled, db, jwtSecret, mayShare, log }
  const mend = together(() => {
    const ours = { ...logins, mayShare: false }
    return Promise.all([findLogins(ours), findDirectLogin(replicationLogin, ours)])
  })
  const close = async (): Promise<void> =>
    void (await Promise.all([db, ...byLogin.values()].map((pool) => pool.close())))
  try {
    // before the project's own migrations, which may refer to their tables
    const asked = config['basalt.api_keys.enabled'] ? [{ migrations: apiKeyMigrations }] : []
    await provision(db, [...provisioned, ...asked], (name) => onProgress?.(`applying ${name}`))
    await options.prepare?.(db)
    const found = await findLogins(logins)
    for (const [role, { direct, pooled: behindPooler }] of found) {
      byLogin.set(
        role,
        openAs(role, {
          connection: role === workerLogin ? direct : behindPooler,
          listenConnection: direct,
          maxConnections: role === callers ? config['basalt.db.pool_max'] : serviceConnections,
          // who has no listeners or no functions has no connection
          ...(rarelyUsed.includes(role) ? { minConnections: 0 } : {}),
        }),
      )
    }
    const apiDb = byLogin.get(callers) as Database
    const connections = new Map(found)
    const directOf = (role: string): ConnectionOptions => (connections.get(role) as Login).direct
    const worker = {
      db: byLogin.get(workerLogin) as Database,
      connection: directOf(workerLogin),
    }
    const replicas = await openReplicas({
      config,
      primary: apiDb,
      login: directOf(callers),
      pool: poolOptions(options, { maxConnections: config['basalt.db.pool_max'] }),
      observe,
      clock: options.clock ?? systemClock,
      log,
    })
    const connectReplication = keepFinding(() => findDirectLogin(replicationLogin, logins))
    return {
      own,
      db,
      apiDb,
      worker,
      connectReplication,
      realtime: directOf(realtimeLogin),
      of: (login) => byLogin.get(login ?? callers) ?? apiDb,
      pools: () => [
        ['platform', db],
        ['api', apiDb],
        ...[...byLogin].filter(([name]) => name !== callers),
        ...(replicas?.replicas ?? []).map((one) => [`replica-${one.name}`, one.db] as const),
      ],
      replicas,
      close: async () => {
        await replicas?.close()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

function findLogins(options: LoginOptions): Promise<(readonly [role: string, Login])[]> {
  return Promise.all(
    [callers, ...serviceLogins].map(async (role) => [role, await findLogin(role, options)]),
  )
}

/** Who asks while it runs gets the same. */
function together<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null
  return () => (running ??= work().finally(() => (running = null)))
}

/** Who asks again so soon did not get far with what was found… */
const askedAgainMs = 30_000
/** …which is then looked for again, unless that has just been done. */
const foundForMs = 3_000

/** What was not found is looked for again, and what does not do any more: a password may have been changed. */
function keepFinding<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | null = null
  let [foundAt, askedAt] = [0, -Infinity]
  const look = async (): Promise<T> => {
    try {
      return await find()
    } catch (error) {
      found = null
      throw error
    } finally {
      foundAt = performance.now()
    }
  }
  return () => {
    const now = performance.now()
    const isAskedAgain = now - askedAt < askedAgainMs
    askedAt = now
    if (found === null || (isAskedAgain && now - foundAt > foundForMs)) {
      foundAt = now
      found = look()
    }
    return found
  }
}

/** `basalt.db.direct_url` where the database's URL is a pooler's. */
function parseUrls({ config, databaseUrl }: PlatformOptions): {
  readonly own: ConnectionOptions
  readonly pooled: ConnectionOptions | null
} {
  const given = parsePrimaryUrl(databaseUrl)
  const direct = config['basalt.db.direct_url']
  return direct === null
    ? { own: given, pooled: null }
    : { own: parsePrimaryUrl(direct), pooled: given }
}

function poolOptions<T>(
  { config, processors }: PlatformOptions,
  own: T,
): Omit<DatabaseOptions, 'connection'> & T {
  return {
    minConnections: config['basalt.db.pool_min'],
    idleTimeoutMs: config['basalt.db.pool_idle_time'],
    lifetimeMs: config['basalt.db.pool_lifetime'],
    ...(processors === undefined ? {} : { processors }),
    acquireTimeoutMs: config['basalt.db.pool_timeout'],
    preparedStatements: config['basalt.db.prepared_statements'],
    ...own,
  }
}
