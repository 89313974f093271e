/**
 * Columns as arrays of Postgres hold them, each value behind its length: what a thread has written goes through another one
 * into the database as it is.
 */

const isNull = -1
const lengthBytes = 4
const firstBytes = 65_536
/** What is larger is not kept for the next rows. */
const keptBytes = 1_048_576

/** Columns of some rows, one behind the other in one piece of memory. */
export class ColumnWriter {
  #bytes = Buffer.allocUnsafeSlow(firstBytes)
  #end = 0
  #starts: number[] = []

  text(values: readonly (string | null)[]): this {
    this.#starts.push(this.#end)
    for (const value of values) {
      if (value === null) this.#length(isNull)
      else this.#text(value)
    }
    return this
  }

  int(values: readonly (number | null)[]): this {
    this.#starts.push(this.#end)
    this.#reserve(values.length * 2 * lengthBytes)
    for (const value of values) {
      this.#length(value === null ? isNull : lengthBytes)
      if (value !== null) this.#end = this.#bytes.writeInt32BE(value, this.#end)
    }
    return this
  }

  #text(value: string): void {
    this.#reserve(lengthBytes + value.length * mostBytes)
    const start = this.#end + lengthBytes
    const length = writeText(this.#bytes, value, start)
    this.#length(length)
    this.#end = start + length
  }

  #length(length: number): void {
    this.#reserve(lengthBytes)
    this.#end = this.#bytes.writeInt32BE(length, this.#end)
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#end + count))
    this.#bytes.copy(larger, 0, 0, this.#end)
    this.#bytes = larger
  }

  /** The columns that were written since; they share a buffer of their own, which can be handed over. */
  take(): Uint8Array<ArrayBuffer>[] {
    const own = new Uint8Array(this.#end)
    own.set(this.#bytes.subarray(0, this.#end))
    const columns = this.#starts.map((start, index) =>
      own.subarray(start, this.#starts[index + 1] ?? this.#end),
    )
    this.#end = 0
    this.#starts = []
    if (this.#bytes.length > keptBytes) this.#bytes = Buffer.allocUnsafeSlow(firstBytes)
    return columns
  }
}

/** Below it, a loop is faster than a call of what writes any text. */
const shortLength = 48
/** Of UTF-8, for one of UTF-16. */
const mostBytes = 3

function writeText(bytes: Buffer, text: string, start: number): number {
  if (text.length > shortLength) return bytes.write(text, start)
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 0x7f) return bytes.write(text, start)
    bytes[start + at] = code
  }
  return text.length
}
