/** How a file is to be read, from the query of a request. */
import type { Call } from '#host/control-plane/route'
import { columnOf } from '#host/studio/catalog'
import type { Column, Relation } from '#host/studio/catalog'
import { transferErrors } from './errors.ts'

export interface ImportOptions {
  /** For each column of the file: where it goes; null for one that is left out. */
  readonly columns: readonly (Column | null)[]
  readonly header: boolean
  readonly delimiter: string
  /** What stands for null where it is not quoted. */
  readonly nullText: string
  readonly encoding: string
  readonly onConflict: 'error' | 'skip' | 'update'
}

const invalid = (reason: string): Error => transferErrors.studio_import_invalid({ reason })

/** @throws studio_import_invalid, studio_column_not_found */
export function importOptions({ query }: Call, relation: Relation): ImportOptions {
  const delimiter = query.get('delimiter') ?? ','
  const encoding = query.get('encoding') ?? 'UTF8'
  const nullText = query.get('null') ?? ''
  const onConflict = query.get('on_conflict') ?? 'error'
  if (!/^[\x20-\x7e\t]$/.test(delimiter) || delimiter === '"')
    throw invalid('delimiter: one character')
  if (!/^[A-Za-z0-9_-]{1,40}$/.test(encoding))
    throw invalid('encoding: a name such as UTF8 or LATIN1')
  // Postgres takes any bytes for it, and keeps them in a database of UTF-8 as they are
  if (/^sql[-_]*ascii$/i.test(encoding)) throw invalid('encoding: SQL_ASCII says nothing of bytes')
  // oxlint-disable-next-line no-control-regex
  if (/["\r\n\u0000]/.test(nullText) || nullText.includes(delimiter))
    throw invalid('null: no quote, no line')
  if (onConflict !== 'error' && onConflict !== 'skip' && onConflict !== 'update')
    throw invalid('on_conflict: error, skip or update')
  if (onConflict === 'update' && relation.key === null)
    throw invalid('on_conflict: nothing tells the rows of this table apart')
  const columns = mapColumns(relation, query.get('columns'))
  const header = query.get('header') !== 'false'
  return { columns, header, delimiter, nullText, encoding, onConflict }
}

/** A JSON list of names, null for what is left out; default all that can be written. */
function mapColumns(relation: Relation, text: string | null): readonly (Column | null)[] {
  if (!relation.updatable) throw invalid(`a ${relation.kind} that Postgres cannot write to`)
  if (text === null) return relation.columns.filter(({ updatable }) => updatable)
  let names: unknown
  try {
    names = JSON.parse(text)
  } catch {
    names = null
  }
  if (!Array.isArray(names) || names.length === 0 || names.length > 1600)
    throw invalid('columns: a JSON list of names, null for what is left out')
  const columns = names.map((name: unknown) => {
    if (name === null || name === '') return null
    if (typeof name !== 'string') throw invalid('columns: a JSON list of names')
    const column = columnOf(relation, name)
    if (column.generated !== null)
      throw invalid(`${column.name}: Postgres makes it of other columns`)
    return column
  })
  const used = columns.flatMap((column) => (column === null ? [] : [column.name]))
  if (used.length === 0) throw invalid('columns: none of the file goes anywhere')
  if (new Set(used).size < used.length) throw invalid('columns: one of them is there twice')
  return columns
}
