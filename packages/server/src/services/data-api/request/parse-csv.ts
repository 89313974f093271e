/** CSV bodies (RFC 4180) as JSON rows, a few thousand fields at a time. */
import { concatBytes } from '#base/http'
import { maxColumns } from './bounds.ts'
import { requestErrors } from './errors.ts'

export interface CsvRows {
  /** Sorted. */
  readonly keys: readonly string[]
  /** UTF-8. */
  readonly json: Uint8Array
}

// a quoted field, or one without quotes, and the separator behind it
const fieldPattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/y
/** Fields between two chances for others. */
const fieldsATime = 4_000
/** Each row repeats its keys: bytes of JSON for one of CSV. */
const maxGrowth = 16
const encoder = new TextEncoder()

/** `a,b\n1,NULL\n` → `{ keys: ['a', 'b'], json: '[{"a":"1","b":null}]' }` */
export function* csvToJson(text: string): Generator<void, CsvRows> {
  const writer = new RowWriter(text.length)
  let row: (string | null)[] = []
  let fields = 0
  for (let at = 0; at < text.length || row.length > 0;) {
    fieldPattern.lastIndex = at
    const match = fieldPattern.exec(text)
    if (match === null)
      throw requestErrors.PGRST102({ message: `parse error (Failed reading: satisfy) at ${at}` })
    at += match[0].length
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    if (++fields % fieldsATime === 0) {
      writer.flush()
      yield
    }
    if (match[3] === ',') {
      if (row.length > maxColumns)
        throw requestErrors.PGRST102({ message: `A line has more than ${maxColumns} fields` })
      continue
    }
    // a blank line is no row
    if (row.length > 1 || row[0] !== '' || match[1] !== undefined) writer.add(row)
    row = []
  }
  return writer.end()
}

class RowWriter {
  readonly #maxBytes: number
  /** `"name":` of each column, empty for one that a later column of the same name replaces. */
  #labels: readonly string[] | null = null
  #keys: readonly string[] = []
  #rows = 0
  #text = '['
  readonly #parts: Uint8Array[] = []
  #length = 0

  constructor(csvLength: number) {
    this.#maxBytes = Math.max(csvLength * maxGrowth, 1024 * 1024)
  }

  add(row: readonly (string | null)[]): void {
    if (this.#labels === null) {
      const names = row as readonly string[]
      this.#keys = [...new Set(names)].sort()
      this.#labels = names.map((name, at) =>
        names.lastIndexOf(name) === at ? `${JSON.stringify(name)}:` : '',
      )
      return
    }
    if (row.length !== this.#labels.length)
      throw requestErrors.PGRST102({ message: 'All lines must have same number of fields' })
    let text = this.#rows++ === 0 ? '{' : ',{'
    let separator = ''
    for (const [at, label] of this.#labels.entries()) {
      if (label === '') continue
      const field = row[at] as string
      text += separator + label + (field === 'NULL' ? 'null' : JSON.stringify(field))
      separator = ','
    }
    this.#text += `${text}}`
  }

  flush(): void {
    const bytes = encoder.encode(this.#text)
    this.#text = ''
    this.#length += bytes.length
    if (this.#length > this.#maxBytes)
      throw requestErrors.PGRST102({
        message: `The rows are more than ${maxGrowth} times as large as JSON: send fewer at once, or shorter column names`,
      })
    this.#parts.push(bytes)
  }

  end(): CsvRows {
    if (this.#labels === null) throw requestErrors.PGRST102({ message: 'not enough input' })
    this.#text += ']'
    this.flush()
    return {
      keys: this.#rows === 0 ? [] : this.#keys,
      json: concatBytes(this.#parts, this.#length),
    }
  }
}
