/** Rows of a result as text. */
import type { StatementResult } from './run-sql.ts'

const quoted = (value: string | null): string =>
  value === null
    ? ''
    : /[",\r\n]/.test(value) || value === ''
      ? `"${value.replaceAll('"', '""')}"`
      : value

export function toCsv({ columns, rows }: StatementResult): string {
  const lines = [columns.map(({ name }) => quoted(name)), ...rows.map((row) => row.map(quoted))]
  return `${lines.map((line) => line.join(',')).join('\n')}\n`
}

const numbers = /^(smallint|integer|bigint|numeric|real|double precision|oid)$/
const isJson = /^jsonb?$/

/** Numbers that a double holds as numbers, JSON as JSON, all else as Postgres prints it. */
export function toJson({ columns, rows }: StatementResult): string {
  const value = (text: string | null, type: string): string => {
    if (text === null) return 'null'
    if (isJson.test(type)) return text
    if (type === 'boolean') return text === 't' || text === 'true' ? 'true' : 'false'
    if (numbers.test(type) && String(Number(text)) === text) return text
    return JSON.stringify(text)
  }
  const objects = rows.map(
    (row) =>
      `  {${columns.map(({ name, type }, index) => `${JSON.stringify(name)}: ${value(row[index] ?? null, type)}`).join(', ')}}`,
  )
  return `[\n${objects.join(',\n')}\n]\n`
}

export function toMarkdown({ columns, rows }: StatementResult): string {
  const cell = (text: string | null): string =>
    (text ?? 'NULL').replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ')
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    line(columns.map(({ name }) => cell(name))),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(row.map(cell))),
  ].join('\n')
}
