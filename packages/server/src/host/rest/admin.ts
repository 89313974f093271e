/** The admin server: whether we live, whether we are ready, and what we know. */
import { printRestConfig } from '#base/config'
import type { RestConfig } from '#base/config'
import type { OpenDataApi } from '#services/data-api'
import { ownSession } from '#base/db'
import type { Database } from '#base/db'
import type { HttpRequest, HttpResponse } from '#base/http'
import { emptyResponse, jsonResponse, textResponse } from '#base/http'
import { sql } from '#base/sql'

export interface AdminContext {
  readonly config: RestConfig
  readonly db: Database
  /** Null until the catalog was read. */
  readonly dataApi: OpenDataApi | null
  /** Requests reach the data API. */
  readonly isServing: boolean
}

export async function handleAdmin(
  request: HttpRequest,
  context: AdminContext,
): Promise<HttpResponse> {
  const { config, db, dataApi, isServing } = context
  switch (request.path) {
    case '/live':
      return emptyResponse(isServing ? 200 : 500)
    case '/ready':
      return emptyResponse(
        isServing && dataApi?.isReady() === true && (await canQuery(db)) ? 200 : 503,
      )
    case '/config':
      return textResponse(200, printRestConfig(config, true))
    case '/schema_cache':
      return jsonResponse(200, dataApi?.describeCatalog() ?? null)
    case '/metrics':
      return textResponse(200, renderMetrics(db))
    default:
      return emptyResponse(404)
  }
}

/** A probe must answer before its caller gives up. */
const probeTimeoutMs = 2_000

async function canQuery(db: Database): Promise<boolean> {
  try {
    const probe = sql`/* rest.probe */ select 1`
    await db.transaction(ownSession, [probe], {
      timeoutMs: probeTimeoutMs,
      lane: 'read',
      leaves: 'nothing',
    })
    return true
  } catch {
    return false
  }
}

/** PostgREST's names, in Prometheus' text format. */
function renderMetrics(db: Database): string {
  const { active, idle, waiting, max } = db.stats()
  const gauges: readonly (readonly [name: string, help: string, value: number])[] = [
    ['pgrst_db_pool_available', 'Available connections in the pool', idle],
    ['pgrst_db_pool_waiting', 'Requests waiting to acquire a pool connection', waiting],
    ['pgrst_db_pool_max', 'Max pool connections', max],
    ['pgrst_db_pool_active', 'Connections in use', active],
    ['process_resident_memory_bytes', 'Resident memory', process.memoryUsage.rss()],
  ]
  return gauges
    .map(
      ([name, help, value]) => `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`,
    )
    .join('')
}
