/**
 * Writes an upper bound into a module's memories and tables: V8 has no limit of its own for one module, and limits of worker
 * threads do not count WASM memory (measured: 2 GB within a thread of 64 MB).
 */
import { FunctionFault } from '#services/functions/core'

const pageBytes = 64 * 1024
const maxTableEntries = 1_000_000
const tableSection = 4
const importSection = 2
const memorySection = 5
const headerBytes = 8
const hasMaximum = 1
const is64 = 4

/** `bytes` with each memory bounded by `memoryBytes`. @throws FunctionFault of what is no such module, or wants more at once */
export function capMemory(bytes: Uint8Array, memoryBytes: number): Uint8Array {
  const reader = new Reader(bytes)
  if (bytes.length < headerBytes || reader.word() !== 0x6d736100)
    throw new FunctionFault('It is no WASM module')
  reader.at = headerBytes
  const parts: Uint8Array[] = [bytes.subarray(0, headerBytes)]
  while (reader.at < bytes.length) {
    const from = reader.at
    const id = reader.byte()
    const size = reader.number()
    const start = reader.at
    const end = start + size
    if (end > bytes.length) throw new FunctionFault('The WASM module is cut off')
    if (id === memorySection)
      parts.push(section(id, boundMemories(reader, Math.floor(memoryBytes / pageBytes))))
    else if (id === tableSection) parts.push(section(id, boundTables(reader)))
    else {
      if (id === importSection) refuseForeignMemory(reader)
      parts.push(bytes.subarray(from, end))
    }
    reader.at = end
  }
  return Buffer.concat(parts)
}

class Reader {
  at = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  byte(): number {
    const byte = this.#bytes[this.at++]
    if (byte === undefined) throw new FunctionFault('The WASM module is cut off')
    return byte
  }

  word(): number {
    return this.byte() | (this.byte() << 8) | (this.byte() << 16) | (this.byte() << 24)
  }

  /** LEB128, unsigned. */
  number(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte()
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw new FunctionFault('The WASM module has a number that is too large')
  }

  skip(length: number): void {
    this.at += length
  }
}

function encode(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  do {
    const low = rest % 128
    rest = Math.floor(rest / 128)
    bytes.push(rest > 0 ? low | 0x80 : low)
  } while (rest > 0)
  return bytes
}

function section(id: number, content: readonly number[]): Uint8Array {
  return Uint8Array.from([id, ...encode(content.length), ...content])
}

function boundMemories(reader: Reader, maxPages: number): number[] {
  const count = reader.number()
  const content = encode(count)
  const each = Math.floor(maxPages / Math.max(1, count))
  for (let i = 0; i < count; i++) content.push(...boundLimits(reader, each, 'memory'))
  return content
}

function boundTables(reader: Reader): number[] {
  const count = reader.number()
  if (count > 10) throw new FunctionFault('The WASM module has too many tables')
  const content = encode(count)
  for (let i = 0; i < count; i++) {
    const type = reader.byte()
    // tables with a first value, and types that are more than one byte
    if (type === 0x40 || type === 0x63 || type === 0x64)
      throw new FunctionFault('The WASM module has tables of a kind that is not run here')
    content.push(type, ...boundLimits(reader, maxTableEntries, 'table'))
  }
  return content
}

function boundLimits(reader: Reader, bound: number, what: string): number[] {
  const flags = reader.byte()
  if ((flags & ~hasMaximum) !== 0)
    throw new FunctionFault(
      `The WASM module has a ${what} ${(flags & is64) === 0 ? 'that is shared' : 'of 64 bits'}, which is not run here`,
    )
  const initial = reader.number()
  const wanted = (flags & hasMaximum) === 0 ? bound : reader.number()
  if (initial > bound)
    throw new FunctionFault(`The WASM module needs more ${what} than it may have`)
  return [hasMaximum, ...encode(initial), ...encode(Math.max(initial, Math.min(wanted, bound)))]
}

const kindFunction = 0
const wasi = 'wasi_snapshot_preview1'

/** Nothing but WASI's functions is there to be imported. */
function refuseForeignMemory(reader: Reader): void {
  const count = reader.number()
  for (let i = 0; i < count; i++) {
    const module = text(reader)
    const name = text(reader)
    if (reader.byte() !== kindFunction || module !== wasi)
      throw new FunctionFault(
        `The WASM module imports ${module}.${name}: only functions of ${wasi} are there`,
      )
    reader.number()
  }
}

function text(reader: Reader): string {
  const length = reader.number()
  const codes: number[] = []
  for (let i = 0; i < length; i++) codes.push(reader.byte())
  return Buffer.from(codes).toString('utf8')
}
