/** Rows of a relation: a page, a count, a cell, changes. */
import { liveDatabase } from '#host/control-plane/route'
import type { ApiRoute, Call } from '#host/control-plane/route'
import type { ProjectDatabase } from '#host/control-plane/inspect'
import { parseOid, readRelation } from '#host/studio/catalog'
import type { Relation } from '#host/studio/catalog'
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { changeRows, previewChanges } from './change-rows.ts'
import type { Conflicted } from './change-rows.ts'
import { countRows, estimateRows } from './count-rows.ts'
import { rowsErrors } from './errors.ts'
import { readCell } from './read-cell.ts'
import type { CellQuery } from './read-cell.ts'
import { readRows } from './read-rows.ts'
import type { Changes } from './row-changes.ts'
import type { RowQuery } from './row-query.ts'
import * as schemas from './schemas.ts'

export async function relationOf(
  call: Call,
): Promise<{ readonly database: ProjectDatabase; readonly relation: Relation }> {
  const database = await liveDatabase(call)
  return { database, relation: await readRelation(database, parseOid(call.params['oid'] ?? '')) }
}

const cancelled = ({ request }: Call) => ({ cancellation: request.cancellation })

async function count(call: Call): Promise<HttpResponse> {
  const { database, relation } = await relationOf(call)
  const query = call.body as RowQuery & { readonly exact?: boolean }
  const exact = query.exact === true
  const rows = exact
    ? await countRows(database, relation, query, cancelled(call))
    : await estimateRows(database, relation, query)
  return jsonResponse(200, { count: rows, exact })
}

async function change(call: Call): Promise<HttpResponse> {
  const { database, relation } = await relationOf(call)
  const changes = call.body as Changes
  if (changes.preview === true)
    return jsonResponse(200, { statements: previewChanges(relation, changes) })
  const done = await changeRows(database, relation, changes, cancelled(call))
  return 'conflicts' in done ? conflict(done) : jsonResponse(200, done)
}

function conflict(done: Conflicted): HttpResponse {
  const { code, message, hint, status } = rowsErrors.studio_rows_conflict({
    rows: done.conflicts.length,
  })
  return jsonResponse(status, { code, message, details: null, hint, ...done })
}

export const rowsRoutes: readonly ApiRoute[] = [
  {
    method: 'POST',
    path: '/projects/:ref/relations/:oid/rows',
    least: 'read-only',
    summary:
      'A page of rows, from a key, an end or a part of all; cells are cut at 2048 characters',
    request: schemas.rowsRequest,
    response: schemas.rowsResponse,
    handle: async (call) => {
      const { database, relation } = await relationOf(call)
      const page = await readRows(database, relation, call.body as RowQuery, cancelled(call))
      return jsonResponse(200, page)
    },
  },
  {
    method: 'POST',
    path: '/projects/:ref/relations/:oid/count',
    least: 'read-only',
    summary: 'How many rows there are: about, or counted',
    request: schemas.countRequest,
    response: schemas.countResponse,
    handle: count,
  },
  {
    method: 'POST',
    path: '/projects/:ref/relations/:oid/cell',
    least: 'read-only',
    summary: 'One value, whole',
    request: schemas.cellRequest,
    response: schemas.cellResponse,
    handle: async (call) => {
      const { database, relation } = await relationOf(call)
      const value = await readCell(database, relation, call.body as CellQuery, cancelled(call))
      return jsonResponse(200, { value })
    },
  },
  {
    method: 'POST',
    path: '/projects/:ref/relations/:oid/changes',
    least: 'developer',
    summary:
      'Inserts, updates and deletes in one transaction; where a row is not any more what it was nothing is written (409, with the rows as they are)',
    request: schemas.changesRequest,
    response: schemas.changesResponse,
    audit: 'rows.change',
    handle: change,
  },
]
