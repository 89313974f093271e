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
/** Postgres makes none larger. */
const maxBytes = 1024 * 1024 * 1024
const headBytes = 5

/** Messages are copied out of the chunks, once: their memory is the socket's, which reads the next into it. */
export class BackendMessages {
  readonly #handle: MessageHandler
  readonly #divert: Divert
  /** The message that did not come whole: type and length, then its body. */
  readonly #head = Buffer.alloc(headBytes)
  #body: Buffer = Buffer.alloc(0)
  #collected = 0
  #diverted: { readonly reader: PieceReader; left: number } | null = null

  constructor(handle: MessageHandler, divert: Divert = () => null) {
    this.#handle = handle
    this.#divert = divert
  }

  /** @throws RangeError for a length no message of Postgres has */
  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#diverted !== null) at = this.#pass(chunk, at, this.#diverted)
      else if (this.#collected > 0) at = this.#collect(chunk, at)
      else at = this.#handleWhole(chunk, at)
    }
  }

  #handleWhole(chunk: Buffer, from: number): number {
    const end = endOfWhole(chunk, from)
    if (end === from) return this.#collect(chunk, from)
    const buffer = Buffer.allocUnsafe(end - from)
    chunk.copy(buffer, 0, from, end)
    let at = 0
    while (at < buffer.length) {
      const next = at + 1 + buffer.readUInt32BE(at + 1)
      this.#handle(buffer[at] as number, buffer, at + headBytes, next)
      at = next
    }
    return end
  }

  #collect(chunk: Buffer, from: number): number {
    let at = from
    if (this.#collected < headBytes) {
      at += chunk.copy(this.#head, this.#collected, at)
      this.#collected += at - from
      if (this.#collected < headBytes || !this.#beginBody()) return at
    }
    const taken = chunk.copy(this.#body, this.#collected - headBytes, at)
    this.#collected += taken
    if (this.#collected === headBytes + this.#body.length) {
      const body = this.#body
      this.#collected = 0
      this.#body = Buffer.alloc(0)
      this.#handle(this.#head[0] as number, body, 0, body.length)
    }
    return at + taken
  }

  /** False when the body goes to a reader of its own. */
  #beginBody(): boolean {
    const bytes = this.#head.readUInt32BE(1) - 4
    if (bytes > maxBytes) throw new RangeError(`a message of ${bytes} bytes`)
    const reader = bytes > largeBytes ? this.#divert(this.#head[0] as number, bytes) : null
    if (reader === null) this.#body = Buffer.allocUnsafe(bytes)
    else {
      this.#diverted = { reader, left: bytes }
      this.#collected = 0
    }
    return reader === null
  }

  #pass(
    chunk: Buffer,
    from: number,
    diverted: { readonly reader: PieceReader; left: number },
  ): number {
    const end = Math.min(chunk.length, from + diverted.left)
    diverted.left -= end - from
    if (diverted.left === 0) this.#diverted = null
    diverted.reader.push(chunk.subarray(from, end))
    return end
  }
}

/** Where the messages end that lie whole in `chunk`. */
function endOfWhole(chunk: Buffer, from: number): number {
  let end = from
  while (chunk.length - end >= headBytes) {
    const next = end + 1 + chunk.readUInt32BE(end + 1)
    if (next > chunk.length) break
    end = next
  }
  return end
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

/** Whether a ParameterStatus says that the server follows another one (14 and later tell it at the start of each connection). */
export function isStandby(buffer: Buffer, start: number): boolean {
  const [name, next] = readCString(buffer, start)
  return name === 'in_hot_standby' && readCString(buffer, next)[0] === 'on'
}
