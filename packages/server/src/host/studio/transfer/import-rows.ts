/** A CSV file into a table: one COPY in one transaction, as fast as the file arrives, all of it or nothing. */
import { beginAs } from '#host/control-plane/inspect'
import type { OwnSession, ProjectDatabase } from '#host/control-plane/inspect'
import { qualified } from '#host/studio/catalog'
import type { Column, Relation } from '#host/studio/catalog'
import { DatabaseError } from '#base/db'
import type { DedicatedSession } from '#base/db'
import type { Cancellation } from '#base/kernel'
import { quoteIdentifier, quoteLiteral } from '#base/sql'
import { transferErrors } from './errors.ts'
import type { ImportOptions } from './import-options.ts'
import type { ImportState } from './imports.ts'
import { watchChunks } from './watch-chunks.ts'

export interface ImportRequest {
  readonly relation: Relation
  readonly options: ImportOptions
  readonly chunks: AsyncIterable<Uint8Array>
  readonly cancellation: Cancellation
  readonly state: ImportState
}

const maxMs = 4 * 3_600_000

/** The rows that are there now because of it. @throws studio_import_failed, studio_import_cancelled */
export async function importRows(
  database: ProjectDatabase,
  request: ImportRequest,
): Promise<number> {
  const { state } = request
  try {
    const rows = await database.alone(
      {},
      () => {},
      (own) => run(own, request),
      'import',
    )
    state.status = 'done'
    state.rows = rows
    return rows
  } catch (error) {
    if (state.status === 'running') state.status = 'failed'
    const known = explain(error, state)
    state.error = known instanceof Error ? known.message : null
    throw known
  }
}

async function run({ session, as }: OwnSession, request: ImportRequest): Promise<number> {
  const { state, relation, options, chunks, cancellation } = request
  state.cancel = () => {
    state.status = 'cancelled'
    session.cancel()
  }
  const stopListening = cancellation.onCancel(() => state.cancel())
  try {
    await beginAs(session, as)
    await session.script('studio.importTime', `set local statement_timeout = ${maxMs}`)
    const isDirect =
      options.onConflict === 'error' && !options.columns.includes(null) && relation.kind !== 'view'
    const into = isDirect ? qualified(relation) : await makeStaging(session, options)
    const text = `copy ${into}${isDirect ? ` (${namesOf(options.columns)})` : ''} from stdin with (${formatOf(options)})`
    const copy = { name: 'studio.importRows', text, values: [] }
    const rows = await session.copyIn(copy, watchChunks(chunks, state))
    const kept = isDirect ? rows : await moveStaged(session, relation, options)
    if (state.status === 'cancelled') throw transferErrors.studio_import_cancelled()
    await session.script('studio.importCommit', 'commit')
    return kept
  } finally {
    stopListening()
  }
}

const isThere = (column: Column | null): column is Column => column !== null

const namesOf = (columns: readonly (Column | null)[]): string =>
  columns
    .filter(isThere)
    .map(({ name }) => quoteIdentifier(name))
    .join(', ')

function formatOf({ header, delimiter, nullText, encoding }: ImportOptions): string {
  return [
    'format csv',
    `header ${header}`,
    `delimiter ${quoteLiteral(delimiter)}`,
    `null ${quoteLiteral(nullText)}`,
    `encoding ${quoteLiteral(encoding)}`,
  ].join(', ')
}

const staging = 'pg_temp.studio_import'

/** For files of which columns are left out, for rows that may be there already, and for views, which COPY does not know. */
async function makeStaging(session: DedicatedSession, { columns }: ImportOptions): Promise<string> {
  const members = columns.map((column, i) =>
    column === null ? `"left out ${i}" text` : `${quoteIdentifier(column.name)} ${column.type}`,
  )
  await session.script(
    'studio.makeStaging',
    `create temp table studio_import (${members.join(', ')}) on commit drop`,
  )
  return staging
}

async function moveStaged(
  session: DedicatedSession,
  relation: Relation,
  { columns, onConflict }: ImportOptions,
): Promise<number> {
  const names = namesOf(columns)
  const text = `insert into ${qualified(relation)} (${names}) ${overriding(columns)}select ${names} from ${staging}${conflictClause(relation, columns, onConflict)}`
  const end = await session.script('studio.importRows', text)
  return Number(/\d+$/.exec(end?.tag ?? '')?.[0] ?? 0)
}

/** As COPY does: what the file says of a numbered column is taken. */
const overriding = (columns: readonly (Column | null)[]): string =>
  columns.some((column) => column?.identity === 'always') ? 'overriding system value ' : ''

function conflictClause(
  { key }: Relation,
  columns: readonly (Column | null)[],
  onConflict: ImportOptions['onConflict'],
): string {
  if (onConflict === 'error') return ''
  if (onConflict === 'skip') return ' on conflict do nothing'
  const names = (key ?? []).map(quoteIdentifier)
  const set = columns
    .filter(isThere)
    .filter(({ name, identity }) => !(key ?? []).includes(name) && identity !== 'always')
    .map(({ name }) => `${quoteIdentifier(name)} = excluded.${quoteIdentifier(name)}`)
  const action = set.length === 0 ? 'nothing' : `update set ${set.join(', ')}`
  return ` on conflict (${names.join(', ')}) do ${action}`
}

/** Where in the file it was, as Postgres says it: `COPY pets, line 3, column cost: "x"`. */
function explain(error: unknown, state: ImportState): unknown {
  if (state.status === 'cancelled') return transferErrors.studio_import_cancelled(undefined, error)
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (!(cause instanceof DatabaseError)) return error
  const { code, detail } = cause
  const found = /, line (\d+)(?:, column ([^:]+))?/.exec(cause.where ?? '')
  const column = found?.[2] === undefined ? '' : `, column ${found[2]}`
  const line = found === null ? '' : `Line ${found[1]}${column}: `
  // what is found at the end has no line; which value it was, Postgres says here
  const message = detail === null || found !== null ? cause.message : `${cause.message}: ${detail}`
  return transferErrors.studio_import_failed({ line, message, code }, cause)
}
