/** Which tables a transaction of the log touched; nothing else of `pgoutput` (protocol version 1) is looked at. */

export interface Committed {
  readonly endLsn: bigint
  /** The lower half. */
  readonly xid: number
  readonly tables: ReadonlySet<number>
}

export class ChangeReader {
  #xid = 0
  #tables = new Set<number>()
  #beganAt: number | null = null

  /** Since when one arrives that is committed and of which not all is known; null: none does. By `performance.now`. */
  get beganAt(): number | null {
    return this.#beganAt
  }

  /** What ends with this message. */
  read(message: Buffer): Committed | null {
    switch (message[0]) {
      case 0x42 /* Begin: final lsn, time, xid */:
        this.#xid = message.readUInt32BE(17)
        this.#tables = new Set()
        this.#beganAt = performance.now()
        return null
      case 0x49 /* Insert */:
      case 0x55 /* Update */:
      case 0x44 /* Delete */:
        this.#tables.add(message.readUInt32BE(1))
        return null
      case 0x54 /* Truncate: count, options, tables */:
        for (let index = 0; index < message.readUInt32BE(1); index++)
          this.#tables.add(message.readUInt32BE(6 + index * 4))
        return null
      case 0x43 /* Commit: flags, lsn, end, time */:
        this.#beganAt = null
        return { endLsn: message.readBigUInt64BE(10), xid: this.#xid, tables: this.#tables }
      default:
        return null
    }
  }
}
