/** Rows that come as one text: the driver takes as long for each column of each row as for all of it. */

export interface TextRows {
  readonly count: number
  /** Null: there are none. */
  readonly rows: string | null
}

const columnEnd = '\u001F'
const rowEnd = '\u001E'

/** A query of one row, `TextRows`, of `query`, whose `columns` are none of them null. */
export function textRowsSql(columns: string, query: string): string {
  return `
select count(*)::int as count, string_agg(concat_ws(E'\\x1f', ${columns}), E'\\x1e') as rows
from (${query}) found`
}

/** Null where the ends are in a text themselves, so that it cannot be told what is what. */
export function rowsOfText<Row>(
  { count, rows: text }: TextRows,
  columns: number,
  read: (texts: readonly string[]) => Row,
): Row[] | null {
  if (text === null) return []
  const texts = text.split(rowEnd)
  if (texts.length !== count) return null
  const rows: Row[] = []
  for (const one of texts) {
    const values = one.split(columnEnd)
    if (values.length !== columns) return null
    rows.push(read(values))
  }
  return rows
}
