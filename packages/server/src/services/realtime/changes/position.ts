/** Where in the log a change stands, and how a client is told: a word that says nothing to it, and that nobody else can make. */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import type { ChangePosition } from '#services/realtime/channel'

const algorithm = 'aes-128-ecb'
const blockBytes = 16
const lastRow = 0xffffffff

/**
 * One block under a key of the project: the commit's place in the log, the row, and four bytes that must be right. The
 * amount of log a database writes is nobody's business; a block that is not ours is refused.
 */
export class PositionWords {
  readonly #key: Buffer
  readonly #check: Buffer
  readonly #words = new WeakMap<ChangePosition, string>()

  /** Of all nodes of a project the same. */
  constructor(secret: string) {
    const digest = createHash('sha256').update(`realtime.position\n${secret}`).digest()
    this.#key = digest.subarray(0, blockBytes)
    this.#check = digest.subarray(blockBytes, blockBytes + 4)
  }

  print(position: ChangePosition): string {
    const known = this.#words.get(position)
    if (known !== undefined) return known
    const block = Buffer.alloc(blockBytes)
    block.writeBigUInt64BE(position.lsn)
    block.writeUInt32BE(Math.min(position.row, lastRow), 8)
    this.#check.copy(block, 12)
    const cipher = createCipheriv(algorithm, this.#key, null).setAutoPadding(false)
    const word = Buffer.concat([cipher.update(block), cipher.final()]).toString('base64url')
    this.#words.set(position, word)
    return word
  }

  /** Null for what is none of ours. */
  parse(word: string): ChangePosition | null {
    if (!/^[\w-]{22}$/.test(word)) return null
    const decipher = createDecipheriv(algorithm, this.#key, null).setAutoPadding(false)
    const block = Buffer.concat([decipher.update(word, 'base64url'), decipher.final()])
    if (block.length !== blockBytes || !block.subarray(12).equals(this.#check)) return null
    const row = block.readUInt32BE(8)
    return { lsn: block.readBigUInt64BE(0), row: row === lastRow ? Infinity : row }
  }
}
