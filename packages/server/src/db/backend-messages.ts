/** Cuts the byte stream of a backend into messages and reads their fields. */
import type { DatabaseErrorFields } from './errors.ts'
import type { Cell, Field } from './database.ts'
import type { PieceReader } from './large-row.ts'

/** Called for each whole message: its type byte, and where its body lies in `buffer`. */
export type MessageHandler = (type: number, buffer: Buffer, start: number, end: number) => void

/** Asked about a message too large to be collected lightly: who takes it in pieces, or null to have it collected. */
export type Divert = (type: number, bytes: number) => PieceReader | null

/** Up to here collecting is the better deal: the connection is free as soon as Postgres has sent all. */
const largeBytes = 1024 * 1024

/** Collects chunks until a message is whole. A large message is copied together once, however many chunks it came in. */
export class BackendMessages {
  readonly #handle: MessageHandler
  #chunks: Buffer[] = []
  #length = 0
  #needed = 5
  readonly #divert: Divert
  #diverted: { readonly reader: PieceReader; left: number } | null = null

  constructor(handle: MessageHandler, divert: Divert = () => null) {
    this.#handle = handle
    this.#divert = divert
  }

  push(chunk: Buffer): void {
    let buffer = chunk
    if (this.#diverted !== null) {
      buffer = this.#pass(chunk, this.#diverted)
      if (buffer.length === 0) return
    }
    if (this.#length > 0) {
      this.#chunks.push(chunk)
      this.#length += chunk.length
      if (this.#length < this.#needed) return
      buffer = Buffer.concat(this.#chunks, this.#length)
      this.#chunks = []
      this.#length = 0
    }
    const rest = this.#handleWhole(buffer)
    if (rest === buffer.length) return
    if (this.#needed > largeBytes && this.#diverts(buffer, rest)) return
    this.#chunks.push(buffer.subarray(rest))
    this.#length = buffer.length - rest
  }

  /** Hands over what belongs to the large message; returns what is behind it. */
  #pass(chunk: Buffer, diverted: { readonly reader: PieceReader; left: number }): Buffer {
    const end = Math.min(chunk.length, diverted.left)
    diverted.left -= end
    if (diverted.left === 0) {
      this.#diverted = null
      this.#needed = 5
    }
    diverted.reader.push(chunk.subarray(0, end))
    return chunk.subarray(end)
  }

  #diverts(buffer: Buffer, start: number): boolean {
    const reader = this.#divert(buffer[start] as number, this.#needed - 5)
    if (reader === null) return false
    this.#diverted = { reader, left: this.#needed - 5 }
    const here = buffer.subarray(start + 5)
    if (here.length > 0) this.#pass(here, this.#diverted)
    return true
  }

  #handleWhole(buffer: Buffer): number {
    let at = 0
    while (buffer.length - at >= 5) {
      const end = at + 1 + buffer.readUInt32BE(at + 1)
      if (end > buffer.length) {
        this.#needed = end - at
        return at
      }
      this.#handle(buffer[at] as number, buffer, at + 5, end)
      at = end
    }
    this.#needed = 5
    return at
  }
}

/** The cells of a DataRow, as views of `buffer`. */
export function readDataRow(buffer: Buffer, start: number): Cell[] {
  const count = buffer.readUInt16BE(start)
  // pushed: Array.from costs 1 % of a request
  const cells: Cell[] = []
  let at = start + 2
  for (let i = 0; i < count; i++) {
    const length = buffer.readInt32BE(at)
    at += 4
    if (length < 0) cells.push(null)
    else {
      cells.push(buffer.subarray(at, at + length))
      at += length
    }
  }
  return cells
}

/** The columns of a RowDescription. */
export function readRowDescription(buffer: Buffer, start: number): Field[] {
  const count = buffer.readUInt16BE(start)
  const fields: Field[] = []
  let at = start + 2
  for (let i = 0; i < count; i++) {
    const end = buffer.indexOf(0, at)
    fields.push({ name: buffer.toString('utf8', at, end), typeOid: buffer.readUInt32BE(end + 7) })
    at = end + 19
  }
  return fields
}

/** `INSERT 0 3` makes `into` `{ command: 'INSERT', rowCount: 3 }`; without a number the count is 0. */
export function readCommandTag(
  buffer: Buffer,
  start: number,
  end: number,
  into: { command: string; rowCount: number },
): void {
  const tag = buffer.toString('latin1', start, end - 1)
  const space = tag.indexOf(' ')
  const count = space === -1 ? 0 : Number(tag.slice(tag.lastIndexOf(' ') + 1))
  into.command = space === -1 ? tag : tag.slice(0, space)
  into.rowCount = Number.isNaN(count) ? 0 : count
}

/** The fields of an ErrorResponse or NoticeResponse. */
export function readErrorFields(buffer: Buffer, start: number): DatabaseErrorFields {
  const fields: Record<string, string> = {}
  let at = start
  while (buffer[at] !== 0 && at < buffer.length) {
    const end = buffer.indexOf(0, at + 1)
    fields[String.fromCharCode(buffer[at] as number)] = buffer.toString('utf8', at + 1, end)
    at = end + 1
  }
  return fields
}

/** A zero-terminated string and where the next field begins. */
export function readCString(buffer: Buffer, start: number): [text: string, next: number] {
  const end = buffer.indexOf(0, start)
  return [buffer.toString('utf8', start, end), end + 1]
}
