/** LevelDB's log: records in blocks of 32 KiB, each with its checksum. https://github.com/google/leveldb/blob/main/doc/log_format.md */
import { crc32c, unmask } from './crc32c.ts'

const blockSize = 32768
const headerSize = 7
const first = 2
const last = 4
const full = 1

export interface LogContent {
  /** Whole records; the last, torn by a crash, is not among them. */
  records: Buffer[]
  /** What is wrong, or undefined. A torn last record is what a crash leaves: it was never acknowledged. */
  problem: string | undefined
}

export function readLog(bytes: Buffer): LogContent {
  const records: Buffer[] = []
  let parts: Buffer[] = []
  for (let at = 0; at + headerSize <= bytes.length;) {
    const left = blockSize - (at % blockSize)
    const length = bytes.readUInt16LE(at + 4)
    const type = bytes[at + 6] as number
    // the rest of a block, or space reserved ahead
    if (left < headerSize || (type === 0 && length === 0)) {
      at += left
      continue
    }
    const end = at + headerSize + length
    if (headerSize + length > left)
      return { records, problem: `the record at byte ${at} is longer than its block` }
    if (end > bytes.length) break
    if (crc32c(bytes, at + 6, end) !== unmask(bytes.readUInt32LE(at))) {
      if (end === bytes.length) break
      return { records, problem: `the checksum of the record at byte ${at} is wrong` }
    }
    if (type === full || type === first) parts = []
    parts.push(bytes.subarray(at + headerSize, end))
    if (type === full || type === last) records.push(Buffer.concat(parts))
    at = end
  }
  return { records, problem: undefined }
}
