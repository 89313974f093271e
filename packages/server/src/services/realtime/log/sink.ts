/** What reads the log on this node, wherever the log comes from. */

export interface LogSink {
  /** One message of `pgoutput`. What it has read before is let pass. */
  read(message: Buffer): void
  /** The log has been read up to `lsn`. */
  reach(lsn: bigint): void
  /** The log begins again, at the beginning of a transaction: relations are told anew. */
  begin(): void
  /** Of one that has read nothing yet: what others have read up to `lsn` is none of ours. */
  skipTo(lsn: bigint): void
  /** Of one that has read nothing yet: what comes from `begin` on and was committed before `lsn` is for those who come back, not for who is here. */
  goLive(lsn: bigint, begin: bigint): void
  /** What was committed before `lsn` and not read can no longer be had. */
  miss(lsn: bigint): void
  /** Too much waits: nothing more is to be read for now. */
  readonly isFull: boolean
  /** The end of the last transaction of which everything has been sent; 0 when nothing has been read. */
  readonly sentUpTo: bigint
  /** Up to where Postgres may forget its log: where everything has been sent, and is not kept for those who come back. */
  readonly confirmable: bigint
}
