/** CSV bodies (RFC 4180) as JSON rows, a few thousand fields at a time. */
import { concatBytes } from '#base/http'
import { maxColumns, maxNameLength, tooLongName } from './bounds.ts'
import { requestErrors } from './errors.ts'

export interface CsvRows {
  /** Sorted. */
  readonly keys: readonly string[]
  /** UTF-8. */
  readonly json: Uint8Array
}

/** Between two chances for others. */
const fieldsATime = 2_000
const quotesATime = 50_000
const textAtOnce = 256 * 1024
/** Each row repeats its keys. Put together and sent at once: 20 ms. */
const maxJsonBytes = 48 * 1024 * 1024
const encoder = new TextEncoder()

/** `a,b\n1,NULL\n` → `{ keys: ['a', 'b'], json: '[{"a":"1","b":null}]' }` */
export function* csvToJson(text: string): Generator<void, CsvRows> {
  const reader = new FieldReader(text)
  const writer = new RowWriter()
  let row: string[] = []
  let fields = 0
  while (!reader.isAtEnd || row.length > 0) {
    const field = yield* reader.read()
    row.push(field)
    if (++fields % fieldsATime === 0) {
      writer.flush()
      yield
    }
    if (reader.separator === ',') {
      if (row.length > maxColumns)
        throw requestErrors.PGRST102({ message: `A line has more than ${maxColumns} fields` })
      continue
    }
    // a blank line is no row
    if (row.length > 1 || field !== '' || reader.wasQuoted) writer.add(row)
    row = []
  }
  return writer.end()
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const comma = 0x2c
const quote = 0x22

/** One field after the other, and what stands behind it. No pattern: one for quoted fields ran out of stack at 10 MB. */
class FieldReader {
  readonly #text: string
  #at = 0
  separator: ',' | 'end of line' = 'end of line'
  wasQuoted = false

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  *read(): Generator<void, string> {
    this.wasQuoted = this.#text.charCodeAt(this.#at) === quote
    const field = this.wasQuoted ? yield* this.#readQuoted() : this.#readBare()
    this.#readSeparator()
    return field
  }

  #readBare(): string {
    const text = this.#text
    const start = this.#at
    let at = start
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === comma || code === lineFeed || code === carriageReturn) break
      if (code === quote) throw this.#failed(start)
    }
    this.#at = at
    return text.slice(start, at)
  }

  *#readQuoted(): Generator<void, string> {
    const text = this.#text
    const start = this.#at
    let doubled = 0
    for (let at = start + 1; ; at += 2) {
      at = text.indexOf('"', at)
      if (at === -1) throw this.#failed(start)
      if (text.charCodeAt(at + 1) !== quote) {
        this.#at = at + 1
        const field = text.slice(start + 1, at)
        return doubled === 0 ? field : field.replaceAll('""', '"')
      }
      if (++doubled % quotesATime === 0) yield
    }
  }

  #readSeparator(): void {
    const code = this.#text.charCodeAt(this.#at)
    this.separator = code === comma ? ',' : 'end of line'
    if (code === comma || code === lineFeed) this.#at++
    else if (code === carriageReturn)
      this.#at += this.#text.charCodeAt(this.#at + 1) === lineFeed ? 2 : 1
    else if (!this.isAtEnd) throw this.#failed(this.#at)
  }

  #failed(at: number): Error {
    return requestErrors.PGRST102({ message: `parse error (Failed reading: satisfy) at ${at}` })
  }
}

class RowWriter {
  /** `"name":` of each column, empty for one that a later column of the same name replaces. */
  #labels: readonly string[] | null = null
  #keys: readonly string[] = []
  #rows = 0
  #text = '['
  readonly #parts: Uint8Array[] = []
  #length = 0

  add(row: readonly string[]): void {
    if (this.#labels === null) {
      if (row.some((name) => name.length > maxNameLength)) throw tooLongName()
      this.#keys = [...new Set(row)].sort()
      this.#labels = row.map((name, at) =>
        row.lastIndexOf(name) === at ? `${JSON.stringify(name)}:` : '',
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
    if (this.#text.length > textAtOnce) this.flush()
  }

  flush(): void {
    const bytes = encoder.encode(this.#text)
    this.#text = ''
    this.#length += bytes.length
    if (this.#length > maxJsonBytes)
      throw requestErrors.PGRST102({
        message: `As JSON the rows have more than ${maxJsonBytes} bytes: send fewer at once`,
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
