/** The log as this node reads it: the connection that holds the lock, and what hands it to the other nodes. */
import { ConnectionError } from '#base/db'
import type { FollowerMessage } from './frames.ts'
import { LagWatch } from './lag-watch.ts'
import { Leader } from './leader.ts'
import { openLogConnection } from './log-connection.ts'
import type { LogConnection } from './log-connection.ts'
import type { LogSourceOptions } from './log-source-options.ts'
import type { LogSink } from './sink.ts'
import { publication } from './slot.ts'

/** For the other nodes to say what they have, before a new reading begins. */
const gatherMs = 250

export interface ReadingOptions extends Omit<LogSourceOptions, 'sink' | 'onClosed'> {
  readonly sink: LogSink
  /** What other nodes have sent of the reading before. */
  readonly expected: ReadonlyMap<string, bigint>
  /** The lock is ours; nothing has been read. */
  readonly onBegin: (reading: Reading) => void
  /** A node lacks what has been read: it has to be read again. */
  readonly onMissing: () => void
  readonly onLost: (reading: Reading, error: Error) => void
}

export class Reading {
  readonly #connection: LogConnection
  readonly #leader: Leader
  #isClosed = false

  /** Null when another node has the lock. Rejects with what Postgres says. */
  static async open(options: ReadingOptions): Promise<Reading | null> {
    const { bus, sink, expected, stats } = options
    const lag = new LagWatch(options)
    let from = sink.sentUpTo
    for (const sent of expected.values()) if (sent < from) from = sent
    let reading: Reading | null = null
    const connection = await openLogConnection({
      ...options,
      // what others have is not known here: they may need all there is
      from: expected.size > 0 || bus.isAlone ? from : 0n,
      onMessage: (message) => {
        if (reading !== null) reading.#leader.read(message)
      },
      onKeepalive: (lsn, mustAnswer) => {
        if (reading === null) return
        reading.#leader.reached(lsn)
        lag.see(Number(lsn - sink.sentUpTo))
        if (mustAnswer) reading.confirm()
      },
      onClose: (error) => {
        stats.lagBytes = 0
        if (reading !== null && !reading.#isClosed) options.onLost(reading, error)
      },
    })
    if (connection === null) return null
    reading = new Reading(options, connection)
    await reading.#start(options)
    return reading
  }

  private constructor(options: ReadingOptions, connection: LogConnection) {
    const { project, bus, sink, expected, onMissing } = options
    const { clock, log, random } = project
    const epoch = Buffer.from(random.bytes(9)).toString('base64url')
    sink.begin()
    if (sink.sentUpTo === 0n) sink.goLive(connection.now, connection.begin)
    else sink.miss(connection.begin)
    this.#connection = connection
    this.#leader = new Leader({ bus, clock, log, epoch, connection, sink, expected, onMissing })
  }

  get hasFollowers(): boolean {
    return this.#leader.hasFollowers
  }

  /** Changes of rows are in it; without, there was no publication of them when it began. */
  get hasChanges(): boolean {
    return this.#connection.publications.includes(publication)
  }

  /** What other nodes have sent. */
  get positions(): ReadonlyMap<string, bigint> {
    return this.#leader.positions
  }

  receive(message: FollowerMessage): void {
    this.#leader.receive(message)
  }

  progress(): void {
    this.#leader.progress()
  }

  /** Once a second. */
  beat(): void {
    this.#leader.beat()
    this.confirm()
  }

  confirm(): void {
    this.#connection.confirm(this.#leader.confirmable)
  }

  /** Another node may begin. */
  over(): void {
    this.#leader.over()
  }

  close(): void {
    this.#isClosed = true
    this.#connection.close()
  }

  async #start({ bus, onBegin }: ReadingOptions): Promise<void> {
    onBegin(this)
    try {
      if (!bus.isAlone && bus.isUp)
        await new Promise((resolve) => setTimeout(resolve, gatherMs).unref())
      if (this.#isClosed) throw new ConnectionError('closed', 'it ended at once')
      await this.#connection.start()
    } catch (error) {
      this.close()
      throw error
    }
  }
}
