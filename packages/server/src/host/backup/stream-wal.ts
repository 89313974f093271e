/** The log of a running Postgres, followed into a target. */
import type { ConnectionOptions } from '#base/db'
import { PhysicalReplication } from '#base/db'
import { BackupError } from './errors.ts'
import type { SealKey } from './seal.ts'
import type { BackupTarget } from './target.ts'
import { WalWriter } from './wal-writer.ts'

export interface StreamOptions {
  readonly target: BackupTarget
  readonly key: SealKey | null
  readonly folder: string
  readonly connection: ConnectionOptions
  /** Keeps the log until it is stored; null: one for as long as this lasts. */
  readonly slot: string | null
  readonly timeline: number
  /** From the start of the segment that this is in. */
  readonly from: bigint
  readonly segmentBytes: number
}

/** Segments in memory that wait for the target: then Postgres waits too. */
const maxBacklog = 2
const reachWithinMs = 120_000
const ownSlot = 'basalt_backup_log'

export class WalStream {
  readonly #writer: WalWriter
  #source: PhysicalReplication | null = null
  #failure: Error | null = null
  #isClosed = false
  #isPaused = false
  #stored: bigint
  #wake: () => void = () => {}

  /** Resolves when the log begins to arrive. @throws ConnectionError, DatabaseError */
  static async open(options: StreamOptions): Promise<WalStream> {
    const { segmentBytes, timeline, connection } = options
    const from = options.from - (options.from % BigInt(segmentBytes))
    const stream = new WalStream(new WalWriter({ ...options, from }), from)
    const source = await PhysicalReplication.open(connection, {
      onWal: (lsn, bytes) => stream.#take(lsn, bytes),
      onKeepalive: (_, mustAnswer) => {
        if (mustAnswer) source.confirm(stream.#stored)
      },
      onClose: (error) => stream.#fail(error),
    })
    stream.#source = source
    try {
      if (options.slot === null) await source.createSlot(ownSlot, true)
      await source.streamWal(options.slot ?? ownSlot, timeline, from)
      return stream
    } catch (error) {
      stream.close()
      throw error
    }
  }

  private constructor(writer: WalWriter, from: bigint) {
    this.#writer = writer
    this.#stored = from
  }

  /** Why it ended, other than by `close`; null while it goes on. */
  get failure(): Error | null {
    return this.#failure
  }

  /** Stores what has come, and lets Postgres forget it; resolves to the place up to which all is stored. */
  async flush(): Promise<bigint> {
    this.#stored = await this.#writer.flush()
    if (this.#isPaused && this.#writer.backlog < maxBacklog) {
      this.#isPaused = false
      this.#source?.resume()
    }
    if (!this.#isClosed) this.#source?.confirm(this.#stored)
    return this.#stored
  }

  /** Stores all up to `lsn`, then ends. */
  async reach(lsn: bigint): Promise<void> {
    const deadline = performance.now() + reachWithinMs
    try {
      while (this.#writer.received < lsn) {
        if (this.#failure !== null) throw this.#failure
        if (performance.now() > deadline)
          throw new BackupError('target', 'The log of the database did not come in two minutes.')
        await this.#more()
      }
      await this.flush()
    } finally {
      this.close()
    }
  }

  close(): void {
    this.#isClosed = true
    this.#source?.close()
  }

  #take(lsn: bigint, bytes: Buffer): void {
    try {
      this.#writer.push(lsn, bytes)
    } catch (error) {
      this.#fail(error as Error)
      this.#source?.close()
    }
    if (this.#writer.backlog >= maxBacklog && !this.#isPaused) {
      this.#isPaused = true
      this.#source?.pause()
    }
    // a failure is met again by who flushes next
    if (this.#writer.backlog > 0) this.flush().catch(() => {})
    this.#wake()
  }

  #fail(error: Error): void {
    if (this.#isClosed) return
    this.#failure ??= error
    this.#wake()
  }

  /** Something has come, or a second has passed. */
  #more(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, 1_000)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
