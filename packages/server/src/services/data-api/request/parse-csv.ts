/** CSV bodies (RFC 4180) as rows of fields. */
import { requestErrors } from './errors.ts'

/** `csvToJson('a,b\n1,NULL\n')` → `{ keys: ['a', 'b'], json: '[{"a":"1","b":null}]' }` */
export function csvToJson(text: string): { keys: string[]; json: string } {
  const [keys, ...rows] = parseRows(text)
  if (keys === undefined) throw requestErrors.PGRST102({ message: 'not enough input' })
  const objects = rows.map((row) => {
    if (row.length !== keys.length) {
      throw requestErrors.PGRST102({ message: 'All lines must have same number of fields' })
    }
    return Object.fromEntries(row.map((field, at) => [keys[at], field === 'NULL' ? null : field]))
  })
  return { keys: rows.length === 0 ? [] : [...new Set(keys)].sort(), json: JSON.stringify(objects) }
}

// a quoted field, or one without quotes, and the separator behind it
const fieldPattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/y

function parseRows(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let at = 0
  while (at < text.length || row.length > 0) {
    fieldPattern.lastIndex = at
    const match = fieldPattern.exec(text)
    if (match === null) {
      throw requestErrors.PGRST102({ message: `parse error (Failed reading: satisfy) at ${at}` })
    }
    at += match[0].length
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    if (match[3] === ',') continue
    // a blank line is no row
    if (row.length > 1 || row[0] !== '' || match[1] !== undefined) rows.push(row)
    row = []
  }
  return rows
}
