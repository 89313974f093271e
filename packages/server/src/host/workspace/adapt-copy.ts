/** The rows of a `COPY … FROM STDIN` as INSERTs: the same values through the same input functions, without another protocol. */
import type { CopyStmt, Node } from 'libpg-query'
import { quoteIdentifier, quoteLiteral } from '#base/sql'
import type { Adapted } from './adapted.ts'
import { Refusal } from './adapted.ts'
import { copyRows } from './copy-data.ts'
import { namesOf, textOf } from './parse-statement.ts'

const maxRows = 500
const maxLength = 1024 * 1024

/** `data` is null where no rows follow. */
export function adaptCopy(node: Node | null, data: string | null): Adapted | null {
  if (data === null) {
    throw new Refusal(
      'The rows of COPY … FROM STDIN follow it in the file, and end with a line that is "\\.".',
    )
  }
  if (node === null || !('CopyStmt' in node)) return null
  const statement = node.CopyStmt
  if (!isPlain(statement)) {
    throw new Refusal(
      'COPY … FROM STDIN is read in its text format only, without options. Use INSERT (pg_dump --inserts).',
    )
  }
  const { relation, attlist } = statement
  const names = relation?.schemaname === undefined ? [] : [relation.schemaname]
  const table = [...names, relation?.relname ?? ''].map(quoteIdentifier).join('.')
  const columns = namesOf(attlist).map(quoteIdentifier).join(', ')
  const head = `insert into ${table}${columns === '' ? '' : ` (${columns})`} overriding system value values\n`
  return { texts: [...inserts(head, data)] }
}

function isPlain({ options = [], whereClause }: CopyStmt): boolean {
  const isText = (node: Node): boolean =>
    'DefElem' in node && node.DefElem.defname === 'format' && textOf(node.DefElem.arg) === 'text'
  return whereClause === undefined && options.every(isText)
}

function* inserts(head: string, data: string): Generator<string> {
  let rows: string[] = []
  let length = 0
  for (const row of copyRows(data)) {
    const values = row.map((value) => (value === null ? 'null' : quoteLiteral(value)))
    const text = `(${values.join(', ')})`
    rows.push(text)
    length += text.length
    if (rows.length < maxRows && length < maxLength) continue
    yield head + rows.join(',\n')
    rows = []
    length = 0
  }
  if (rows.length > 0) yield head + rows.join(',\n')
}
