/** Whether a text can be a value of a type, as far as can be said without Postgres; that decides in the end. */
import type { CellKind, CellValue, GridColumn } from '#studio/data-grid'

const integer = /^[+-]?\d+$/
const number = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$|^[+-]?(infinity|nan)$/i
const uuid = /^\{?[0-9a-f]{4}(-?[0-9a-f]{4}){7}\}?$/i
const ranges: Readonly<Record<string, [bigint, bigint]>> = {
  smallint: [-32_768n, 32_767n],
  integer: [-2_147_483_648n, 2_147_483_647n],
  bigint: [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n],
}

/** Null: it can be. */
export function problemOf(value: CellValue, column: GridColumn): string | null {
  if (value === null) return column.nullable ? null : `${column.name} must not be NULL`
  if (typeof value !== 'string') return null
  const range = ranges[column.type]
  if (range !== undefined) {
    if (!integer.test(value.trim())) return 'A whole number'
    const exact = BigInt(value.trim())
    return exact < range[0] || exact > range[1] ? `Between ${range[0]} and ${range[1]}` : null
  }
  return checks[column.kind]?.(value, column) ?? null
}

const checks: Partial<Record<CellKind, (value: string, column: GridColumn) => string | null>> = {
  number: (value, { type }) =>
    type === 'money' || number.test(value.trim()) ? null : 'A number, such as 12.5',
  uuid: (value, { type }) =>
    type !== 'uuid' || uuid.test(value.trim()) ? null : 'A UUID: 8-4-4-4-12 hexadecimal digits',
  enum: (value, { choices }) =>
    choices === null || choices.includes(value) ? null : `One of ${choices.join(', ')}`,
  json: (value) => {
    try {
      JSON.parse(value)
      return null
    } catch (error) {
      return error instanceof Error ? error.message : 'Not JSON'
    }
  },
}
