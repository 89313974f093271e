/** Cells as the text Postgres prints, cut where they may be long. */
import type { Column } from '#host/studio/catalog'
import type { Result } from '#base/db'
import { fragment, identifier } from '#base/sql'
import type { Fragment } from '#base/sql'

export const maxCellLength = 2048

/** Types whose text is short whatever the value is. */
const short = new Set([
  'bool',
  'int2',
  'int4',
  'int8',
  'oid',
  'float4',
  'float8',
  'money',
  'date',
  'time',
  'timetz',
  'timestamp',
  'timestamptz',
  'interval',
  'uuid',
  'inet',
  'cidr',
  'macaddr',
  'macaddr8',
  'char',
])

/** Of bytea its length; one character more than is shown where it is cut. `format` prints as the wire does, a cast to text would not. */
export function renderCell({ name, base_type: type, is_array: isArray }: Column): Fragment {
  const column = identifier(name)
  if (type === 'bytea' && !isArray) return fragment`pg_catalog.octet_length(${column})`
  if (short.has(type) && !isArray) return column
  return fragment`case when pg_catalog.num_nulls(${column}) = 0 then pg_catalog.left(pg_catalog.format('%s', ${column}), ${maxCellLength + 1}) end`
}

const isBinary = ({ base_type: type, is_array: isArray }: Column): boolean =>
  type === 'bytea' && !isArray

type Row = readonly (string | null)[]

export interface Cells {
  readonly rows: readonly Row[]
  /** Row and column of those that are not whole. */
  readonly cut: readonly (readonly [number, number])[]
}

/** The first cells of each row. */
export function readCells(rows: readonly Row[], columns: readonly Column[]): Cells {
  const cut: [number, number][] = []
  const cells = rows.map((row, at) =>
    columns.map((column, i) => {
      const cell = row[i] ?? null
      if (cell === null) return null
      if (isBinary(column)) cut.push([at, i])
      const whole = cell.length <= maxCellLength ? cell : firstCharacters(cell)
      if (whole !== cell) cut.push([at, i])
      return whole
    }),
  )
  return { rows: cells, cut }
}

function firstCharacters(text: string): string {
  const characters = Array.from(text)
  return characters.length <= maxCellLength ? text : characters.slice(0, maxCellLength).join('')
}

export function textRows({ rows }: Result): Row[] {
  return rows.map((row) =>
    row.map((cell) =>
      cell === null
        ? null
        : Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength).toString('utf8'),
    ),
  )
}
