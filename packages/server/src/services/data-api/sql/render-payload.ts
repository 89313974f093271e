/** The request's JSON body as typed rows called `pgrst_body`. */
import type { WrittenColumn } from '#services/data-api/plan'
import { quoteIdentifier, quoteLiteral } from '#base/sql'
import type { Writer } from './writer.ts'

/** A FROM item; `body` is an array of objects. */
export function renderPayload(
  writer: Writer,
  body: number,
  columns: readonly WrittenColumn[],
  applyDefaults: boolean,
): string {
  const bound = writer.bind({ form: 'text', slot: body })
  if (columns.length === 0) return `json_array_elements(${bound}::json) AS pgrst_body`
  const types = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(', ')
  const rows = applyDefaults
    ? `jsonb_to_recordset((SELECT jsonb_agg(jsonb_build_object(${defaults(columns)}) || elem) FROM jsonb_array_elements(${bound}::jsonb) AS elem))`
    : `json_to_recordset(${bound}::json)`
  if (columns.every(({ via }) => via === null)) return `${rows} AS pgrst_body(${types})`
  const values = columns.map(({ name, via }) => {
    const column = quoteIdentifier(name)
    return via === null ? column : `${via}(${column}) AS ${column}`
  })
  return `(SELECT ${values.join(', ')} FROM ${rows} AS pgrst_json(${types})) AS pgrst_body`
}

/** Defaults are the table's own SQL, from the catalog. */
function defaults(columns: readonly WrittenColumn[]): string {
  return columns
    .filter((column) => column.default !== null)
    .map((column) => `${quoteLiteral(column.name)}, ${column.default}`)
    .join(', ')
}
