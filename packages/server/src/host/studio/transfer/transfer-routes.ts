/** Whole tables in and out. */
import { flag, integer, nullable, object, oneOf, text } from '#host/control-plane/route'
import type { ApiRoute, Call } from '#host/control-plane/route'
import {
  columnsSchema,
  filtersSchema,
  identitySchema,
  relationOf,
  sortSchema,
} from '#host/studio/rows'
import { emptyResponse, jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { transferErrors } from './errors.ts'
import { exportRows } from './export-rows.ts'
import type { ExportQuery } from './export-rows.ts'
import { importOptions } from './import-options.ts'
import { importRows } from './import-rows.ts'
import { beginImport, findImport } from './imports.ts'
import type { ImportState } from './imports.ts'

async function importFile(call: Call): Promise<HttpResponse> {
  const { database, relation } = await relationOf(call)
  const id = call.query.get('id') ?? crypto.randomUUID()
  if (!/^[\w-]{1,64}$/.test(id))
    throw transferErrors.studio_import_invalid({ reason: 'id: letters and numbers' })
  if (findImport(call.parts, call.ref, id)?.status === 'running')
    throw transferErrors.studio_import_invalid({ reason: 'id: this one is running' })
  const options = importOptions(call, relation)
  const state = beginImport(call.parts, call.ref, id)
  const { request } = call
  const rows = await importRows(database, {
    relation,
    options,
    chunks: request.body.stream(),
    cancellation: request.cancellation,
    state,
  })
  return jsonResponse(200, { id, rows, bytes: state.bytes })
}

function importOf({ parts, ref, params }: Call): ImportState {
  const state = findImport(parts, ref, params['id'] ?? '')
  if (state === null) throw transferErrors.studio_import_not_found()
  return state
}

const types = {
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json',
  sql: 'application/sql; charset=utf-8',
} as const

/** What is wrong from the beginning is an error, not half a file. */
async function exportFile(call: Call): Promise<HttpResponse> {
  const { database, relation } = await relationOf(call)
  const query = call.body as ExportQuery
  const chunks = exportRows(database, relation, query)
  const first = await chunks.next()
  const body = (async function* () {
    try {
      if (first.done !== true) yield first.value
      yield* chunks
    } finally {
      await chunks.return(undefined)
    }
  })()
  const name = encodeURIComponent(fileName(`${relation.schema}.${relation.name}.${query.format}`))
  const headers = {
    'content-type': types[query.format],
    'content-disposition': `attachment; filename*=UTF-8''${name}`,
  }
  return { status: 200, headers, body }
}

/** Nothing that means a path, ends a line or turns the writing round. */
const fileName = (name: string): string => name.replace(/[\p{Cc}\p{Cf}/\\:*?"<>|']/gu, '_')

export const transferRoutes: readonly ApiRoute[] = [
  {
    method: 'POST',
    path: '/projects/:ref/relations/:oid/import',
    least: 'developer',
    summary: 'A CSV file into a table, in one transaction: all of it or nothing',
    query: {
      id: text('To ask how far it is', 64),
      columns: text(
        'A JSON list: where each column of the file goes, null for what is left out',
        100_000,
      ),
      header: oneOf(['true', 'false'], 'The first line has names; default true'),
      delimiter: text('Default a comma', 1),
      null: text('What stands for null where it is not quoted; default nothing'),
      encoding: text('Default UTF8', 40),
      on_conflict: oneOf(['error', 'skip', 'update'], 'A row that is there already; default error'),
    },
    streams: true,
    response: object({ id: text('Its name'), rows: integer('Written'), bytes: integer('Read') }),
    audit: 'rows.import',
    handle: importFile,
  },
  {
    method: 'GET',
    path: '/projects/:ref/imports/:id',
    least: 'developer',
    summary: 'How far an import is',
    response: object({
      id: text('Its name'),
      status: oneOf(['running', 'done', 'failed', 'cancelled'], 'Where it is'),
      bytes: integer('Of the file, so far'),
      rows: nullable(integer('When it is done')),
      error: nullable(text('What went wrong', 100_000)),
    }),
    handle: (call) => {
      const { id, status, bytes, rows, error } = importOf(call)
      return Promise.resolve(jsonResponse(200, { id, status, bytes, rows, error }))
    },
  },
  {
    method: 'DELETE',
    path: '/projects/:ref/imports/:id',
    least: 'developer',
    summary: 'Cancels an import: no row is kept',
    response: object({}),
    status: 204,
    audit: 'rows.import_cancel',
    handle: (call) => {
      const state = importOf(call)
      if (state.status === 'running') state.cancel()
      return Promise.resolve(emptyResponse(204))
    },
  },
  {
    method: 'POST',
    path: '/projects/:ref/relations/:oid/export',
    least: 'read-only',
    summary: 'A relation as a file',
    request: object({
      format: oneOf(['csv', 'json', 'sql'], 'Of the file'),
      'columns?': columnsSchema,
      'filters?': filtersSchema,
      'sort?': sortSchema,
      'spreadsheet_safe?': flag(
        'What a spreadsheet would take for a formula begins with an apostrophe',
      ),
      ...identitySchema,
    }),
    response: { description: 'The file' },
    audit: 'rows.export',
    handle: exportFile,
  },
]
