/** `sql/run` and `sql/cancel`. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isAtLeast } from '#host/control-plane/core'
import type { Identity, ProjectDatabase } from '#host/control-plane/inspect'
import {
  anyObject,
  apiErrors,
  flag,
  integer,
  listOf,
  liveDatabase,
  nullable,
  number,
  object,
  oneOf,
  text,
} from '#host/control-plane/route'
import type { ApiRoute, Call, Schema } from '#host/control-plane/route'
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { sql } from '#base/sql'
import { beginScript, endScript, stop, stopByKey } from './running-scripts.ts'
import { runScript } from './run-script.ts'
import type { ScriptOutcome } from './run-script.ts'

interface RunBody {
  readonly id?: string
  readonly query: string
  readonly role?: string
  readonly claims?: Readonly<Record<string, unknown>>
  readonly read_only?: boolean
  readonly limit?: number
  readonly explain?: 'plan' | 'analyze'
}

const uuid: Schema = {
  ...text('UUID, made by who runs it: by it it is cancelled', 36),
  minLength: 36,
}
const cells: Schema = { type: 'array', items: { type: ['string', 'null'] } }

const statementResult = object({
  statement: text('Its beginning', 1000),
  command: nullable(text('SELECT, UPDATE, …; null where rows are left', 60)),
  columns: listOf(object({ name: text('Of the column'), type: text('As Postgres names it') })),
  rows: listOf(cells, 'As Postgres writes them'),
  truncated: flag('There are more rows'),
  row_count: integer('Rows that are here, or that were changed'),
  ms: number('How long it took'),
  'plan?': { description: 'Of EXPLAIN, its JSON' },
})
const scriptError: Schema = {
  ...object({
    code: text('SQLSTATE; cancelled, row_too_large', 20),
    message: text('As Postgres says it', 100_000),
    detail: { type: ['string', 'null'] },
    hint: { type: ['string', 'null'] },
    position: { type: ['integer', 'null'], description: 'In the query, from 1, in UTF-16 units' },
    statement: integer('Which one, from 0'),
  }),
  type: ['object', 'null'],
}

/** By it another process finds what runs. */
const labelOf = (id: string): string => `basalt sql ${id}`

/** @throws control_role_insufficient */
function identityOf(call: Call, { id, role, claims, read_only }: RunBody): Identity {
  const isCaller = (role !== undefined && role !== 'postgres') || claims !== undefined
  if (isCaller && !isAtLeast(call.role, 'developer'))
    throw apiErrors.control_role_insufficient({ role: call.role, least: 'developer' })
  return {
    ...(role === undefined || role === 'postgres' ? {} : { role }),
    ...(isCaller ? { claims: { role, ...claims } } : {}),
    readOnly: read_only === true,
    timeoutMs: 120_000,
    ...(id === undefined ? {} : { label: labelOf(id) }),
  }
}

async function run(call: Call): Promise<HttpResponse> {
  const body = call.body as RunBody
  const identity = identityOf(call, body)
  const database = await liveDatabase(call)
  const key = body.id === undefined ? null : `${call.ref}/${body.id}`
  const running = beginScript(call.parts, key)
  const unlisten = call.request.cancellation.onCancel(() => stop(running))
  try {
    const { limit = 1000, explain = null, query } = body
    const outcome = await runScript(database, { text: query, identity, limit, explain }, running)
    return jsonResponse(200, {
      ...(await describe(database, outcome)),
      role:
        identity.role ??
        (database.readOnly || identity.readOnly ? 'supabase_read_only_user' : 'postgres'),
      claims: identity.claims ?? null,
      read_only: database.readOnly || identity.readOnly === true,
    })
  } finally {
    unlisten()
    endScript(call.parts, key)
  }
}

async function cancel(call: Call): Promise<HttpResponse> {
  const { id } = call.body as { id: string }
  const database = await liveDatabase(call)
  if (stopByKey(call.parts, `${call.ref}/${id}`)) return jsonResponse(200, { cancelled: true })
  return jsonResponse(200, { cancelled: await cancelElsewhere(database, id) })
}

const cancelWithinMs = 2_000

/** Again until it has stopped: between two statements of a script the server forgets what it was asked. */
async function cancelElsewhere(database: ProjectDatabase, id: string): Promise<boolean> {
  const deadline = performance.now() + cancelWithinMs
  for (let wasFound = false; ; await sleep(100)) {
    const found = await database.read(sql`/* studio.cancelElsewhere */
      select pg_catalog.pg_cancel_backend(pid) as stopped from pg_catalog.pg_stat_activity
      where application_name = ${labelOf(id)} and datname = pg_catalog.current_database() and state = 'active'`)
    if (found.length === 0 || performance.now() > deadline) return wasFound
    wasFound = true
  }
}

async function describe(
  database: ProjectDatabase,
  { results, error, notices }: ScriptOutcome,
): Promise<object> {
  const names = await typeNames(
    database,
    results.flatMap(({ fields }) => fields.map(({ typeOid }) => typeOid)),
  )
  return {
    results: results.map(({ fields, rowCount, ...rest }) => ({
      ...rest,
      columns: fields.map(({ name, typeOid }) => ({ name, type: names.get(typeOid) ?? 'unknown' })),
      row_count: rowCount,
    })),
    error,
    notices,
  }
}

async function typeNames(
  database: ProjectDatabase,
  oids: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  if (oids.length === 0) return new Map()
  const rows = await database.read<{ oid: number; name: string }>(sql`/* studio.typeNames */
    select oid, pg_catalog.format_type(oid, null) as name from pg_catalog.pg_type
    where oid = any (${`{${[...new Set(oids)].join(',')}}`}::oid[])`)
  return new Map(rows.map(({ oid, name }) => [oid, name]))
}

export const runRoutes: readonly ApiRoute[] = [
  {
    method: 'POST',
    path: '/projects/:ref/sql/run',
    least: 'read-only',
    summary:
      'Runs a script in one transaction, unless it has its own; as another role or a user it takes a developer',
    request: object({
      'id?': uuid,
      query: { ...text('One statement or several', 1_000_000), minLength: 1 },
      'role?': text('As which role; default postgres', 63),
      'claims?': anyObject('Of the token: request.jwt.claims'),
      'read_only?': flag('In a transaction that reads, as a role that cannot write'),
      'limit?': integer('Rows of each statement; default 1000', 1, 10_000),
      'explain?': oneOf(['plan', 'analyze'], 'In place of rows; what was measured is rolled back'),
    }),
    response: object({
      results: listOf(statementResult),
      error: scriptError,
      notices: listOf(text('NOTICE: …', 1000)),
      role: text('As whom it ran', 63),
      claims: { type: ['object', 'null'], additionalProperties: true },
      read_only: flag('Nothing could be written'),
    }),
    audit: 'project.sql',
    handle: run,
  },
  {
    method: 'POST',
    path: '/projects/:ref/sql/cancel',
    least: 'read-only',
    summary: 'Stops what runs under an id',
    request: object({ id: uuid }),
    response: object({ cancelled: flag('Something of that id ran') }),
    handle: cancel,
  },
]
