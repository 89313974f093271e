/** A relation as a file: CSV, JSON or SQL, a few hundred kB of rows at a time. */
import { beginAs } from '#host/control-plane/inspect'
import type { ProjectDatabase } from '#host/control-plane/inspect'
import { qualified } from '#host/studio/catalog'
import type { Column, Relation } from '#host/studio/catalog'
import {
  columnsOf,
  identityOf,
  keyOf,
  renderFilters,
  renderOrder,
  termsOf,
  textRows,
} from '#host/studio/rows'
import type { RowQuery } from '#host/studio/rows'
import type { Result } from '#base/db'
import { fragment, identifier, join, quoteIdentifier, quoteLiteral, sql, verbatim } from '#base/sql'
import type { Statement } from '#base/sql'
import { writtenBy } from './write-stream.ts'

export interface ExportQuery extends RowQuery {
  readonly format: 'csv' | 'json' | 'sql'
  /** What a spreadsheet would take for a formula begins with an apostrophe. */
  readonly spreadsheet_safe?: boolean
}

type Row = readonly (string | null)[]

const maxMs = 4 * 3_600_000
const batches = {
  usualBytes: 256 * 1024,
  maxBytes: 256 * 1024 * 1024,
  maxRowBytes: 256 * 1024 * 1024,
}

export function exportRows(
  database: ProjectDatabase,
  relation: Relation,
  query: ExportQuery,
): AsyncGenerator<Uint8Array> {
  const columns = columnsOf(relation, query.columns).filter(
    ({ generated }) => query.format !== 'sql' || generated === null,
  )
  const form = formOf(relation, columns, query)
  return writtenBy((write) =>
    database.alone(
      { ...identityOf(query) },
      () => {},
      async ({ session, as }) => {
        await beginAs(session, as)
        await session.script(
          'studio.exportTime',
          `set local statement_timeout = ${maxMs}; set local idle_in_transaction_session_timeout = 600000`,
        )
        await writeAll(session.batches(select(relation, columns, query), batches), form, write)
      },
      'export',
    ),
  )
}

function select(relation: Relation, columns: readonly Column[], query: ExportQuery): Statement {
  const names = join(
    columns.map(({ name }) => identifier(name)),
    ', ',
  )
  const order = renderOrder(termsOf(relation, keyOf(relation), query.sort))
  const rows = fragment`select ${names} from ${verbatim(qualified(relation))} where ${renderFilters(relation, query.filters)} ${order}`
  return query.format === 'json'
    ? sql`/* studio.exportRows */ select pg_catalog.to_json(exported) from (${rows}) exported`
    : sql`/* studio.exportRows */ ${rows}`
}

async function writeAll(
  rows: AsyncGenerator<Result>,
  form: Form,
  write: (text: string) => Promise<void>,
): Promise<void> {
  let text = form.head
  let isFirst = true
  for await (const batch of rows) {
    for (const row of textRows(batch)) {
      text += (isFirst ? '' : form.between) + form.row(row)
      isFirst = false
    }
    await write(text)
    text = ''
  }
  const end = (isFirst ? '' : form.behind) + form.end
  if (end !== '') await write(end)
}

interface Form {
  readonly head: string
  readonly between: string
  readonly behind: string
  readonly end: string
  row(row: Row): string
}

function formOf(relation: Relation, columns: readonly Column[], query: ExportQuery): Form {
  const names = columns.map(({ name }) => name)
  if (query.format === 'json')
    return { head: '[', between: ',\n', behind: '', end: ']\n', row: ([value]) => value ?? 'null' }
  if (query.format === 'sql') {
    const numbered = columns.some(({ identity }) => identity === 'always')
    const into = `insert into ${qualified(relation)} (${names.map(quoteIdentifier).join(', ')})${numbered ? ' overriding system value' : ''} values (`
    const literal = (cell: string | null): string => (cell === null ? 'null' : quoteLiteral(cell))
    return {
      head: '',
      between: '',
      behind: '',
      end: '',
      row: (row) => `${into}${row.map(literal).join(', ')});\n`,
    }
  }
  const safe = query.spreadsheet_safe === true
  const line = (row: Row): string => `${row.map((cell) => csvCell(cell, safe)).join(',')}\r\n`
  return { head: line(names), between: '', behind: '', end: '', row: line }
}

/** As COPY reads it: nothing is null, `""` the empty text. */
function csvCell(cell: string | null, safe: boolean): string {
  if (cell === null) return ''
  const text = safe && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
  // `\.` alone in a line ended the data before Postgres 18
  return text === '' || text === '\\.' || /[",\r\n]|^\s|\s$/.test(text)
    ? `"${text.replaceAll('"', '""')}"`
    : text
}
