/**
 * Reads LevelDB's files and checks every checksum in them: LevelDB itself does so only when compacting, and drops damaged
 * records of its log silently. Formats: https://github.com/google/leveldb/blob/main/doc/table_format.md and log_format.md.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32c, unmask } from './crc32c.ts'
import { uncompress } from './snappy.ts'

export interface Damage {
  file: string
  what: string
}

const footerSize = 48
const magic = 0xdb4775248b80fb57n
const logBlock = 32768
const logHeader = 7

/** Damages found, none is good. A torn last record of a log is what a crash leaves, and no damage. */
export async function verifyFiles(dataDir: string): Promise<Damage[]> {
  const damages: Damage[] = []
  for (const file of (await readdir(dataDir)).toSorted()) {
    const verify = /\.(ldb|sst)$/.test(file)
      ? verifyTable
      : /\.log$|^MANIFEST-/.test(file)
        ? verifyLog
        : undefined
    if (verify === undefined) continue
    const what = verify(await readFile(join(dataDir, file)))
    if (what !== undefined) damages.push({ file, what })
  }
  return damages
}

type Handle = { offset: number; size: number }

function verifyTable(bytes: Buffer): string | undefined {
  if (bytes.length < footerSize) return `it has ${bytes.length} bytes, less than its footer`
  const footer = bytes.length - footerSize
  if (bytes.readBigUInt64LE(bytes.length - 8) !== magic)
    return 'its footer is missing: truncated or overwritten'
  const [meta, afterMeta] = readHandle(bytes, footer)
  const [index] = readHandle(bytes, afterMeta)
  const blocks: Handle[] = []
  for (const handle of [meta, index]) {
    const problem = verifyBlock(bytes, handle)
    if (problem !== undefined) return problem
    const found = entriesOf(bytes, handle)
    if (found === undefined) return `the index block at byte ${handle.offset} cannot be read`
    blocks.push(...found)
  }
  for (const block of blocks) {
    const problem = verifyBlock(bytes, block)
    if (problem !== undefined) return problem
  }
  return undefined
}

function verifyBlock(bytes: Buffer, { offset, size }: Handle): string | undefined {
  if (!(offset >= 0 && size >= 0 && offset + size + 5 <= bytes.length))
    return 'it points outside itself'
  const stored = unmask(bytes.readUInt32LE(offset + size + 1))
  return crc32c(bytes, offset, offset + size + 1) === stored
    ? undefined
    : `the checksum of the block at byte ${offset} is wrong`
}

/** Handles of the blocks an index block names; undefined where it cannot be read. */
function entriesOf(bytes: Buffer, { offset, size }: Handle): Handle[] | undefined {
  const block = bytes.subarray(offset, offset + size)
  const plain = bytes[offset + size] === 0 ? block : uncompress(block)
  if (plain === undefined || plain.length < 4) return undefined
  const index = Buffer.from(plain.buffer, plain.byteOffset, plain.length)
  const end = index.length - 4 - 4 * index.readUInt32LE(index.length - 4)
  const handles: Handle[] = []
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

function readHandle(bytes: Buffer, at: number): [Handle, number] {
  const [offset, afterOffset] = readVarint(bytes, at)
  const [size, next] = readVarint(bytes, afterOffset)
  return [{ offset, size }, next]
}

function readVarint(bytes: Buffer, from: number): [number, number] {
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

function verifyLog(bytes: Buffer): string | undefined {
  for (let at = 0; at + logHeader <= bytes.length;) {
    const left = logBlock - (at % logBlock)
    if (left < logHeader) {
      at += left
      continue
    }
    const length = bytes.readUInt16LE(at + 4)
    const type = bytes[at + 6] as number
    const end = at + logHeader + length
    // space reserved ahead, or a block left unfilled
    if (type === 0 && length === 0) {
      at += left
      continue
    }
    if (logHeader + length > left) return `the record at byte ${at} is longer than its block`
    // the last record, torn by a crash while it was written: never acknowledged
    if (end >= bytes.length) return undefined
    if (crc32c(bytes, at + 6, end) !== unmask(bytes.readUInt32LE(at)))
      return `the checksum of the record at byte ${at} is wrong`
    at = end
  }
  return undefined
}
