/** What statements cost, where Postgres counts it. */
import {
  apiErrors,
  flag,
  integer,
  listOf,
  liveDatabase,
  nullable,
  number,
  numberIn,
  object,
  oneOf,
  text,
} from '#host/control-plane/route'
import type { ApiRoute, Call } from '#host/control-plane/route'
import { jsonResponse } from '#base/http'
import { PlatformError } from '#base/kernel'
import { quoteIdentifier, sql } from '#base/sql'
import { maskLiterals } from './mask-literals.ts'

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

const orders = {
  total: 'total_exec_time',
  mean: 'mean_exec_time',
  max: 'max_exec_time',
  calls: 'calls',
} as const
type Order = keyof typeof orders

const isOrder = (text: string): text is Order => Object.hasOwn(orders, text)

interface Found {
  readonly available: boolean
  readonly reason: string | null
  readonly found: readonly Counted[]
}

async function readStatements(call: Call, order: Order, limit: number): Promise<Found> {
  const database = await liveDatabase(call)
  const [extension] = await database.read<{ schema: string }>(sql`/* studio.findStatements */
    select nspname as schema from pg_catalog.pg_extension
    join pg_catalog.pg_namespace on pg_namespace.oid = extnamespace where extname = 'pg_stat_statements'`)
  if (extension === undefined) return { available: false, reason: missing, found: [] }
  try {
    // `postgres` sees the texts of all roles' statements, who only reads those of none
    const identity = database.readOnly ? { readOnly: true } : {}
    const found = await database.as(identity, (transaction) =>
      transaction.rows<Counted>({
        name: 'studio.listStatements',
        text: `/* studio.listStatements */ select left(query, 4000) as query, pg_catalog.pg_get_userbyid(userid) as role,
          calls, rows, total_exec_time as total_ms, mean_exec_time as mean_ms, max_exec_time as max_ms
          from ${quoteIdentifier(extension.schema)}.pg_stat_statements
          where dbid = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
          order by ${orders[order]} desc limit ${limit}`,
        values: [],
      }),
    )
    return {
      available: true,
      reason: null,
      found: found.map((one) => ({ ...one, query: maskLiterals(one.query) })),
    }
  } catch (error) {
    // not preloaded, by name only, or no right to see it
    if (!(error instanceof PlatformError) || error.code !== 'control_sql_failed') throw error
    return { available: false, reason: `${error.message}. ${missing}`, found: [] }
  }
}

async function listStatements(call: Call) {
  const { available, reason, found } = await readStatements(call, 'total', 200)
  return jsonResponse(200, { available, reason, statements: found })
}

/** @throws control_body_invalid */
async function listQueries(call: Call) {
  const order = call.query.get('order') ?? 'total'
  if (!isOrder(order))
    throw apiErrors.control_body_invalid({
      list: `order: expected ${Object.keys(orders).join(', ')}`,
    })
  const limit = numberIn(call, 'limit', 1, 200) ?? 50
  const { available, reason, found } = await readStatements(call, order, limit)
  return jsonResponse(200, { available, reason, queries: found })
}

const counts = {
  query: text('With $1 for values', 4000),
  role: nullable(text('Who ran it', 63)),
  calls: integer('How often'),
  rows: integer('All together'),
  total_ms: number('All together'),
  mean_ms: number('Of one call'),
  max_ms: number('Of the slowest'),
}
const whether = {
  available: flag('They are counted'),
  reason: nullable(text('Why not, and how they would be', 5000)),
}

export const statementRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects/:ref/statements',
    least: 'read-only',
    summary: 'The costliest statements, as pg_stat_statements counts them',
    response: object({ ...whether, statements: listOf(object(counts)) }),
    handle: listStatements,
  },
  {
    method: 'GET',
    path: '/projects/:ref/queries',
    least: 'read-only',
    summary: 'The costliest statements, in the order asked for',
    query: {
      order: oneOf(Object.keys(orders), 'What comes first: most of it; default total'),
      limit: integer('Default 50', 1, 200),
    },
    response: object({
      ...whether,
      queries: listOf(object(counts)),
    }),
    handle: listQueries,
  },
]
