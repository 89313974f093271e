/** A connection that reads the log of changes (streaming replication protocol, logical, `pgoutput`). */
import type { Socket } from 'node:net'
import { quoteIdentifier, quoteLiteral } from '#base/sql'
import { BackendMessages, readErrorFields } from './backend-messages.ts'
import type { ConnectionOptions } from './connection-options.ts'
import { describeAddress } from './connection-options.ts'
import { Credentials } from './credentials.ts'
import { ConnectionError, DatabaseError } from './errors.ts'
import { FrontendMessages } from './frontend-messages.ts'
import { openSocket } from './open-socket.ts'
import { Startup } from './startup.ts'

export interface ReplicationEvents {
  /** One message of `pgoutput`; its memory stays valid. */
  onChange(message: Buffer): void
  /** The log has been read up to `lsn`; `mustAnswer` asks for `confirm`. */
  onKeepalive(lsn: bigint, mustAnswer: boolean): void
  /** Called once, also when we close. */
  onClose(error: Error): void
}

/** Postgres counts from the year 2000. */
const epochMs = 946_684_800_000

interface Query {
  resolve(cell: string | null): void
  reject(error: Error): void
  error: Error | null
  /** The first one of the last row. */
  cell: string | null
}

export class Replication {
  readonly #options: ConnectionOptions
  readonly #events: ReplicationEvents
  readonly #socket: Socket
  readonly #incoming: BackendMessages
  readonly #messages = new FrontendMessages()
  readonly #credentials: Credentials
  #startup: Startup | null = null
  #query: Query | null = null
  #isClosed = false

  /** @throws ConnectionError or DatabaseError when the server refuses. */
  static async open(options: ConnectionOptions, events: ReplicationEvents): Promise<Replication> {
    let receive: (chunk: Buffer) => void = () => {}
    const socket = await openSocket(options, (chunk) => receive(chunk))
    const replication = new Replication(options, events, socket)
    receive = (chunk) => replication.#read(chunk)
    await replication.#start()
    return replication
  }

  private constructor(options: ConnectionOptions, events: ReplicationEvents, socket: Socket) {
    this.#options = options
    this.#events = events
    this.#socket = socket
    this.#credentials = new Credentials(options.user, options.password ?? '')
    this.#incoming = new BackendMessages((type, buffer, start, end) =>
      this.#receive(type, buffer, start, end),
    )
    socket.on('error', (error) => this.#fail(this.#lost(error.message)))
    socket.on('close', () => this.#fail(this.#lost('the server closed the connection')))
    socket.resume()
  }

  /** The advisory lock of two halves, held until the connection ends; false when another session has it. */
  async tryLock(key: readonly [number, number]): Promise<boolean> {
    const halves = key.map((half) => `${half}::pg_catalog.int4`).join(', ')
    return (await this.#run(`SELECT pg_catalog.pg_try_advisory_lock(${halves})`)) === 't'
  }

  /** Rejects with `42710` when there is one of that name. */
  async createSlot(name: string): Promise<void> {
    await this.#run(
      `CREATE_REPLICATION_SLOT ${quoteIdentifier(name)} LOGICAL pgoutput NOEXPORT_SNAPSHOT`,
    )
  }

  /** The copy begins where the other one was confirmed, and ends with the connection. Rejects with `42704` when there is none. */
  async copySlot(name: string, copy: string): Promise<void> {
    const names = `${quoteLiteral(name)}, ${quoteLiteral(copy)}`
    await this.#run(`SELECT pg_catalog.pg_copy_logical_replication_slot(${names}, true)`)
  }

  /** Rejects with `42704` when there is none. */
  async dropSlot(name: string): Promise<void> {
    await this.#run(`DROP_REPLICATION_SLOT ${quoteIdentifier(name)} WAIT`)
  }

  /** Transactions that ended behind `from`, or behind where the slot was confirmed last, arrive. Resolves when they begin to. */
  async start(slot: string, publications: readonly string[], from = 0n): Promise<void> {
    const names = publications.map(quoteIdentifier).join(',')
    await this.#run(
      `START_REPLICATION SLOT ${quoteIdentifier(slot)} LOGICAL ${printLsn(from)} (proto_version '1', publication_names ${quoteLiteral(names)})`,
    )
  }

  /** All up to `lsn` is done with: Postgres need not keep it. */
  confirm(lsn: bigint): void {
    if (this.#isClosed) return
    const status = Buffer.alloc(34)
    status[0] = 0x72 /* r */
    for (const at of [1, 9, 17]) status.writeBigUInt64BE(lsn, at)
    status.writeBigInt64BE(BigInt(Date.now() - epochMs) * 1000n, 25)
    this.#messages.copyData(status)
    this.#flush()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(): void {
    if (this.#isClosed) return
    this.#messages.terminate()
    this.#flush()
    this.#fail(this.#lost('closed by us'))
  }

  #start(): Promise<void> {
    const { user, database, applicationName, connectTimeoutMs } = this.#options
    this.#startup = new Startup(connectTimeoutMs, () => this.#fail(this.#lost('no answer')))
    this.#messages.startup({
      user,
      database,
      replication: 'database',
      application_name: `${applicationName} realtime`,
      client_encoding: 'UTF8',
      DateStyle: 'ISO, MDY',
      TimeZone: 'UTC',
      IntervalStyle: 'postgres',
      extra_float_digits: '1',
      bytea_output: 'hex',
    })
    this.#flush()
    return this.#startup.promise
  }

  #run(text: string): Promise<string | null> {
    if (this.#isClosed) return Promise.reject(this.#lost('it is closed'))
    return new Promise((resolve, reject) => {
      this.#query = { resolve, reject, error: null, cell: null }
      this.#messages.query(text)
      this.#flush()
    })
  }

  #flush(): void {
    if (!this.#messages.isEmpty) this.#socket.write(this.#messages.take())
  }

  #read(chunk: Buffer): void {
    try {
      this.#incoming.push(chunk)
    } catch (error) {
      this.#fail(this.#lost(`what the server sent could not be read: ${String(error)}`))
    }
  }

  #receive(type: number, buffer: Buffer, start: number, end: number): void {
    switch (type) {
      case 0x64 /* d CopyData */:
        this.#receiveData(buffer.subarray(start, end))
        return
      case 0x57 /* W CopyBothResponse */:
        this.#query?.resolve(null)
        this.#query = null
        return
      case 0x44 /* D DataRow */:
        if (this.#query !== null) this.#query.cell = readFirstCell(buffer, start)
        return
      case 0x5a /* Z ReadyForQuery */:
        this.#ready()
        return
      case 0x45 /* E ErrorResponse */:
        this.#error(new DatabaseError(readErrorFields(buffer, start), 'realtime.replication'))
        return
      case 0x52 /* R Authentication */:
        void this.#login(buffer, start, end)
    }
  }

  #receiveData(data: Buffer): void {
    // w: start, end and time of what follows; k: end, time, whether to answer
    if (data[0] === 0x77) this.#events.onChange(data.subarray(25))
    else if (data[0] === 0x6b) this.#events.onKeepalive(data.readBigUInt64BE(1), data[17] === 1)
  }

  #ready(): void {
    if (this.#startup !== null) {
      this.#startup.succeed()
      this.#startup = null
      return
    }
    const query = this.#query
    this.#query = null
    if (query?.error === null) query.resolve(query.cell)
    else query?.reject(query.error as Error)
  }

  /** While changes arrive an error is the end: what was asked for no longer can be had. */
  #error(error: DatabaseError): void {
    if (this.#startup !== null || this.#query === null || error.severity === 'FATAL')
      this.#fail(error)
    else this.#query.error = error
  }

  async #login(buffer: Buffer, start: number, end: number): Promise<void> {
    try {
      await this.#credentials.answer(buffer, start, end, this.#messages)
      this.#flush()
    } catch (error) {
      this.#fail(error instanceof Error ? error : this.#lost(String(error)))
    }
  }

  #lost(reason: string): ConnectionError {
    return new ConnectionError('closed', `Postgres at ${describeAddress(this.#options)}: ${reason}`)
  }

  #fail(error: Error): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#startup?.fail(error)
    this.#startup = null
    this.#query?.reject(error)
    this.#query = null
    this.#socket.destroySoon()
    this.#events.onClose(error)
  }
}

function readFirstCell(buffer: Buffer, start: number): string | null {
  const length = buffer.readInt16BE(start) > 0 ? buffer.readInt32BE(start + 2) : -1
  return length < 0 ? null : buffer.toString('utf8', start + 6, start + 6 + length)
}

/** `0/16B3748` */
function printLsn(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffffffffn).toString(16)}`.toUpperCase()
}
