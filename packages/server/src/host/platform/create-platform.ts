/** The platform: one project, its services and their gateway as a function from request to response. */
import { readFileSync } from 'node:fs'
import { auth } from '#services/auth'
import { provision } from '#host/control'
import { dataApi } from '#services/data-api'
import { openDatabase, parseConnectionUrl } from '#base/db'
import type { ConnectionOptions, Database } from '#base/db'
import { createGateway, createMetrics, handleAdmin } from '#host/gateway'
import type { Gateway } from '#host/gateway'
import { fromWebRequest, toWebResponse } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import { silentLog, systemClock, systemRandom } from '#base/kernel'
import type { Log } from '#base/kernel'
import type { ProjectKeys } from '#base/token'
import { findApiConnection } from './api-connection.ts'
import { keysAtStart, openDefaultProject } from './open-default-project.ts'
import type { OpenProject } from './open-default-project.ts'
import type { PlatformOptions } from './platform-options.ts'

export interface Platform {
  /** Same signature as the global: `createClient(url, key, { global: { fetch: platform.fetch } })`. */
  fetch(this: void, input: string | URL | Request, init?: RequestInit): Promise<Response>
  /** For servers that speak the platform's own messages (`node/`). */
  handle(request: HttpRequest): Promise<HttpResponse>
  /** Metrics and health, for a port of their own. */
  handleAdmin(request: HttpRequest): Promise<HttpResponse>
  /** Prepares the database and opens the services. Rejects with the reason; nothing is left open. */
  start(): Promise<void>
  /** Answers what is running, refuses what is new, closes every connection. */
  close(): Promise<void>
  readonly keys: ProjectKeys
  /** Where clients are told the platform is: `http://127.0.0.1:54321`. */
  readonly externalUrl: string
}

const noMails = { waiting: 0, sent: 0, failed: 0 }

/** Auth and the other services' own statements; callers' requests have a pool of their own. */
const ownConnections = 5

/** A platform on a given database. Nothing happens before `start`. */
export function createPlatform(options: PlatformOptions): Platform {
  const { config, log = silentLog, clock = systemClock, random = systemRandom } = options
  const externalUrl = config['api.external_url'] ?? `http://127.0.0.1:${config['api.port']}`
  const startKeys = keysAtStart(options, externalUrl)
  const metrics = createMetrics()
  let project: OpenProject | null = null
  let databases: Databases | null = null
  const gateway = createGateway({
    findProject: () => project?.runtime ?? null,
    metrics,
    log: config['basalt.log_requests'] ? log : { ...log, info: () => {} },
    clock,
    random,
    maxUrlBytes: config['basalt.max_url_length'],
    requestTimeoutMs: config['basalt.request_timeout'],
  })

  async function start(): Promise<void> {
    databases = await openDatabases({ ...options, log }, startKeys.jwtSecret)
    try {
      project = await openDefaultProject({ ...options, log, clock, random }, externalUrl, databases)
      metrics.watchPool('default', 'platform', databases.db)
      metrics.watchPool('default', 'api', databases.apiDb)
      metrics.watchMail('default', () => project?.mailQueue.stats() ?? noMails)
    } catch (error) {
      await databases.close()
      throw error
    }
  }

  let closing: Promise<void> | null = null
  async function close(): Promise<void> {
    await gateway.drain()
    await project?.close()
    await databases?.close()
  }

  return {
    fetch: (input, init) => fetchFrom(gateway, new Request(input, init)),
    handle: (request) => gateway.handle(request),
    handleAdmin: (request) => handleAdmin(metrics, request),
    start,
    close: () => (closing ??= close()),
    get keys() {
      return project?.keys() ?? startKeys
    },
    externalUrl,
  }
}

async function fetchFrom(gateway: Gateway, request: Request): Promise<Response> {
  const { signal } = request
  signal.throwIfAborted()
  const response = await gateway.handle(fromWebRequest(request))
  // as with the global fetch, whoever gave up gets no answer
  signal.throwIfAborted()
  return toWebResponse(response)
}

interface Databases {
  readonly db: Database
  readonly apiDb: Database
  close(): Promise<void>
}

/** Brings the database up to date, then opens the pools: the platform's own, and the callers'. */
async function openDatabases(
  options: PlatformOptions & { readonly log: Log },
  jwtSecret: string,
): Promise<Databases> {
  const { config, databaseUrl, log, onProgress } = options
  const open = (connection: ConnectionOptions, maxConnections: number): Database =>
    openDatabase({
      connection,
      minConnections: config['basalt.db.pool_min'],
      maxConnections,
      ...(options.processors === undefined ? {} : { processors: options.processors }),
      acquireTimeoutMs: config['basalt.db.pool_timeout'],
      preparedStatements: config['basalt.db.prepared_statements'],
    })
  const readPem = (path: string): string => readFileSync(path, 'utf8')
  const own = parseConnectionUrl(databaseUrl, readPem)
  const db = open(own, ownConnections)
  try {
    // Also of services turned off now: their schemas are what applications' SQL refers to.
    const applied = await provision(db, [dataApi, auth], (name) => onProgress?.(`applying ${name}`))
    await options.prepare?.(
      db,
      applied.some((name) => name.startsWith('database/0001')),
    )
    const connection = await findApiConnection({ own, db, jwtSecret, log })
    const apiDb = open(connection, config['basalt.db.pool_max'])
    return { db, apiDb, close: async () => void (await Promise.all([db.close(), apiDb.close()])) }
  } catch (error) {
    await db.close()
    throw error
  }
}
