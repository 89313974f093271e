/** Reads what can be read of a damaged LevelDB table: entries of the blocks whose checksums are right. */
import { blocksOf, isIntact, plainBlock, readVarint } from './table-format.ts'

export interface TableEntry {
  key: string
  /** The order of writes: of two entries with one key the higher is the newer. */
  seq: bigint
  /** undefined: a deletion. */
  value: Buffer | undefined
}

export function readTable(bytes: Buffer): TableEntry[] {
  const entries: TableEntry[] = []
  for (const handle of blocksOf(bytes)) {
    const block = isIntact(bytes, handle) ? plainBlock(bytes, handle) : undefined
    if (block !== undefined) readBlock(block, entries)
  }
  return entries
}

function readBlock(block: Buffer, entries: TableEntry[]): void {
  const end = block.length - 4 - 4 * block.readUInt32LE(block.length - 4)
  let key = Buffer.alloc(0)
  for (let at = 0; at < end;) {
    const [shared, afterShared] = readVarint(block, at)
    const [unshared, afterUnshared] = readVarint(block, afterShared)
    const [length, body] = readVarint(block, afterUnshared)
    key = Buffer.concat([key.subarray(0, shared), block.subarray(body, body + unshared)])
    at = body + unshared + length
    if (!(at > body) || key.length < 8) return
    // an internal key ends with eight bytes: seven of sequence, one of type
    const tail = key.readBigUInt64LE(key.length - 8)
    const value = (tail & 255n) === 1n ? block.subarray(body + unshared, at) : undefined
    entries.push({ key: key.toString('utf8', 0, key.length - 8), seq: tail >> 8n, value })
  }
}
