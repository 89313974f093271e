/** LevelDB's tables: blocks with checksums, found by an index block, found by a footer. https://github.com/google/leveldb/blob/main/doc/table_format.md */
import { crc32c, RunningCrc, unmask } from './crc32c.ts'
import { uncompress } from './snappy.ts'

const footerSize = 48
const magic = 0xdb4775248b80fb57n

export interface BlockHandle {
  offset: number
  size: number
}

/** What is wrong with a table, or undefined. */
export function verifyTable(bytes: Buffer): string | undefined {
  if (bytes.length < footerSize) return `it has ${bytes.length} bytes, less than its footer`
  if (bytes.readBigUInt64LE(bytes.length - 8) !== magic)
    return 'its footer is missing: truncated or overwritten'
  for (const index of indexBlocks(bytes)) {
    if (!isIntact(bytes, index)) return damaged(index)
    const blocks = handlesIn(bytes, index)
    if (blocks === undefined) return `the index block at byte ${index.offset} cannot be read`
    const broken = blocks.find((block) => !isIntact(bytes, block))
    if (broken !== undefined) return damaged(broken)
  }
  return undefined
}

const damaged = ({ offset }: BlockHandle): string =>
  `the checksum of the block at byte ${offset} is wrong`

/** The blocks of data: by their index, or, where that cannot be read, by their checksums. */
export function blocksOf(bytes: Buffer): BlockHandle[] {
  if (bytes.length >= footerSize && bytes.readBigUInt64LE(bytes.length - 8) === magic) {
    const [, index] = indexBlocks(bytes)
    const handles = isIntact(bytes, index) ? handlesIn(bytes, index) : undefined
    if (handles !== undefined) return handles
  }
  return findBlocks(bytes)
}

/** Blocks lie behind one another from byte 0: each ends where a checksum of what came before follows. */
function findBlocks(bytes: Buffer): BlockHandle[] {
  const handles: BlockHandle[] = []
  let offset = 0
  const crc = new RunningCrc()
  for (let at = 0; at + 5 <= bytes.length; at++) {
    if (crc.add(bytes[at] as number) !== unmask(bytes.readUInt32LE(at + 1))) continue
    handles.push({ offset, size: at - offset })
    offset = at + 5
    at = offset - 1
    crc.reset()
  }
  return handles
}

/** Of filters and of data. */
function indexBlocks(bytes: Buffer): [BlockHandle, BlockHandle] {
  const [meta, next] = readHandle(bytes, bytes.length - footerSize)
  return [meta, readHandle(bytes, next)[0]]
}

export function isIntact(bytes: Buffer, { offset, size }: BlockHandle): boolean {
  if (!(offset >= 0 && size >= 0 && offset + size + 5 <= bytes.length)) return false
  return crc32c(bytes, offset, offset + size + 1) === unmask(bytes.readUInt32LE(offset + size + 1))
}

/** A block without its compression. */
export function plainBlock(bytes: Buffer, { offset, size }: BlockHandle): Buffer | undefined {
  const block = bytes.subarray(offset, offset + size)
  const plain = bytes[offset + size] === 0 ? block : uncompress(block)
  return plain === undefined || plain.length < 4
    ? undefined
    : Buffer.from(plain.buffer, plain.byteOffset, plain.length)
}

/** Handles an index block names; undefined where it cannot be read. */
function handlesIn(bytes: Buffer, handle: BlockHandle): BlockHandle[] | undefined {
  const index = plainBlock(bytes, handle)
  if (index === undefined) return undefined
  const end = index.length - 4 - 4 * index.readUInt32LE(index.length - 4)
  const handles: BlockHandle[] = []
  for (let at = 0; at < end;) {
    const [, afterShared] = readVarint(index, at)
    const [unshared, afterUnshared] = readVarint(index, afterShared)
    const [length, body] = readVarint(index, afterUnshared)
    handles.push(readHandle(index, body + unshared)[0])
    at = body + unshared + length
    if (!(at > body)) return undefined
  }
  return handles
}

function readHandle(bytes: Buffer, at: number): [BlockHandle, number] {
  const [offset, afterOffset] = readVarint(bytes, at)
  const [size, next] = readVarint(bytes, afterOffset)
  return [{ offset, size }, next]
}

export function readVarint(bytes: Buffer, from: number): [number, number] {
  let value = 0
  let factor = 1
  for (let at = from; at < from + 10 && at < bytes.length; at++) {
    const byte = bytes[at] as number
    value += (byte & 127) * factor
    if (byte < 128) return [value, at + 1]
    factor *= 128
  }
  return [Number.NaN, from + 10]
}
