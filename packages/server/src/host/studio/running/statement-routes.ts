/** What statements cost, where Postgres counts it. */
import {
  flag,
  integer,
  listOf,
  liveDatabase,
  nullable,
  number,
  object,
  text,
} from '#host/control-plane/route'
import type { ApiRoute, Call } from '#host/control-plane/route'
import { jsonResponse } from '#base/http'
import { PlatformError } from '#base/kernel'
import { quoteIdentifier, sql } from '#base/sql'

const missing =
  'pg_stat_statements is not there: add it to shared_preload_libraries, start Postgres again, then `create extension pg_stat_statements with schema extensions`.'

interface Counted {
  readonly query: string
  readonly role: string | null
  readonly calls: number
  readonly rows: number
  readonly total_ms: number
  readonly mean_ms: number
  readonly max_ms: number
}

async function listStatements(call: Call) {
  const database = await liveDatabase(call)
  const [extension] = await database.read<{ schema: string }>(sql`/* studio.findStatements */
    select nspname as schema from pg_catalog.pg_extension
    join pg_catalog.pg_namespace on pg_namespace.oid = extnamespace where extname = 'pg_stat_statements'`)
  if (extension === undefined)
    return jsonResponse(200, { available: false, reason: missing, statements: [] })
  try {
    // `postgres` sees the texts of all roles' statements, who only reads those of none
    const identity = database.readOnly ? { readOnly: true } : {}
    const statements = await database.as(identity, (transaction) =>
      transaction.rows<Counted>({
        name: 'studio.listStatements',
        text: `/* studio.listStatements */ select left(query, 4000) as query, pg_catalog.pg_get_userbyid(userid) as role,
          calls, rows, total_exec_time as total_ms, mean_exec_time as mean_ms, max_exec_time as max_ms
          from ${quoteIdentifier(extension.schema)}.pg_stat_statements
          where dbid = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
          order by total_exec_time desc limit 200`,
        values: [],
      }),
    )
    return jsonResponse(200, { available: true, reason: null, statements })
  } catch (error) {
    // not preloaded, by name only, or no right to see it
    if (!(error instanceof PlatformError) || error.code !== 'control_sql_failed') throw error
    const reason = `${error.message}. ${missing}`
    return jsonResponse(200, { available: false, reason, statements: [] })
  }
}

export const statementRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects/:ref/statements',
    least: 'read-only',
    summary: 'The costliest statements, as pg_stat_statements counts them',
    response: object({
      available: flag('They are counted'),
      reason: nullable(text('Why not, and how they would be', 5000)),
      statements: listOf(
        object({
          query: text('With $1 for values', 4000),
          role: nullable(text('Who ran it', 63)),
          calls: integer('How often'),
          rows: integer('All together'),
          total_ms: number('All together'),
          mean_ms: number('Of one call'),
          max_ms: number('Of the slowest'),
        }),
      ),
    }),
    handle: listStatements,
  },
]
