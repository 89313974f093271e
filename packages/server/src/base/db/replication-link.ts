/** A connection that speaks the streaming replication protocol: commands with their rows, and what is copied to us. */
import type { Socket } from 'node:net'
import { BackendMessages, isStandby, readDataRow, readErrorFields } from './backend-messages.ts'
import type { ConnectionOptions } from './connection-options.ts'
import { describeAddress } from './connection-options.ts'
import { Credentials } from './credentials.ts'
import { ConnectionError, DatabaseError } from './errors.ts'
import { FrontendMessages } from './frontend-messages.ts'
import { openSocket } from './open-socket.ts'
import { openAt, Startup } from './startup.ts'

export interface LinkEvents {
  /** One CopyData; its memory stays valid. */
  onData(data: Buffer): void
  /** Each row as it comes, of commands that go on for long. */
  onRow?(row: Row): void
  /** Called once, also when we close; not where it never opened. */
  onClose(error: Error): void
}

export interface LinkPurpose {
  /** What errors are reported under: `realtime.replication`. */
  readonly name: string
  /** Behind the application's name. */
  readonly label: string
  /** Logical commands and SQL need a database. */
  readonly mode: 'database' | 'physical'
}

export type Row = readonly (string | null)[]

/** Postgres counts from the year 2000. */
const epochMs = 946_684_800_000

interface Query {
  resolve(rows: readonly Row[]): void
  reject(error: Error): void
  error: Error | null
  readonly rows: Row[]
}

export class ReplicationLink {
  readonly #options: ConnectionOptions
  readonly #purpose: LinkPurpose
  readonly #events: LinkEvents
  readonly #socket: Socket
  readonly #incoming: BackendMessages
  readonly #messages = new FrontendMessages()
  readonly #credentials: Credentials
  #startup: Startup | null = null
  #query: Query | null = null
  #isClosed = false

  /** @throws ConnectionError or DatabaseError when the server refuses, or each of several does. */
  static async open(
    options: ConnectionOptions,
    purpose: LinkPurpose,
    events: LinkEvents,
  ): Promise<ReplicationLink> {
    let isOpen = false
    // who would not have us ends nothing
    const onClose = (error: Error): void => {
      if (isOpen) events.onClose(error)
    }
    const link = await openAt(options, (one) =>
      ReplicationLink.#openAt(one, purpose, { ...events, onClose }),
    )
    isOpen = true
    return link
  }

  static async #openAt(
    options: ConnectionOptions,
    purpose: LinkPurpose,
    events: LinkEvents,
  ): Promise<ReplicationLink> {
    let receive: (chunk: Buffer) => void = () => {}
    const socket = await openSocket(options, (chunk) => receive(chunk))
    const link = new ReplicationLink(options, purpose, events, socket)
    receive = (chunk) => link.#read(chunk)
    await link.#start()
    return link
  }

  private constructor(
    options: ConnectionOptions,
    purpose: LinkPurpose,
    events: LinkEvents,
    socket: Socket,
  ) {
    this.#options = options
    this.#purpose = purpose
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

  /** Resolves with all its rows; where both sides copy from then on, when that begins. */
  run(text: string): Promise<readonly Row[]> {
    if (this.#isClosed) return Promise.reject(this.#lost('it is closed'))
    return new Promise((resolve, reject) => {
      this.#query = { resolve, reject, error: null, rows: [] }
      this.#messages.query(text)
      this.#flush()
    })
  }

  /** Standby status: all up to `lsn` is done with, Postgres need not keep it. */
  confirm(lsn: bigint, asks = false): void {
    if (this.#isClosed) return
    const status = Buffer.alloc(34)
    status[0] = 0x72 /* r */
    for (const at of [1, 9, 17]) status.writeBigUInt64BE(lsn, at)
    status.writeBigInt64BE(BigInt(Date.now() - epochMs) * 1000n, 25)
    if (asks) status[33] = 1
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
    const { label, mode } = this.#purpose
    this.#startup = new Startup(connectTimeoutMs, () => this.#fail(this.#lost('no answer')))
    this.#messages.startup({
      user,
      ...(mode === 'database' ? { database, replication: 'database' } : { replication: 'true' }),
      application_name: `${applicationName} ${label}`,
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
        if (!this.#isClosed) this.#events.onData(buffer.subarray(start, end))
        return
      case 0x57 /* W CopyBothResponse */:
        this.#query?.resolve(this.#query.rows)
        this.#query = null
        return
      case 0x44 /* D DataRow */:
        this.#row(buffer, start)
        return
      case 0x5a /* Z ReadyForQuery */:
        this.#ready()
        return
      case 0x45 /* E ErrorResponse */:
        this.#error(new DatabaseError(readErrorFields(buffer, start), this.#purpose.name))
        return
      case 0x53 /* S ParameterStatus */:
        if (this.#options.needsPrimary && isStandby(buffer, start))
          this.#fail(this.#lost('it is a standby, which takes no writes'))
        return
      case 0x52 /* R Authentication */:
        void this.#login(buffer, start, end)
    }
  }

  #row(buffer: Buffer, start: number): void {
    const row = readDataRow(buffer, start).map((cell) =>
      cell === null ? null : Buffer.from(cell).toString('utf8'),
    )
    this.#query?.rows.push(row)
    this.#events.onRow?.(row)
  }

  #ready(): void {
    if (this.#startup !== null) {
      this.#startup.succeed()
      this.#startup = null
      return
    }
    const query = this.#query
    this.#query = null
    if (query?.error === null) query.resolve(query.rows)
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

/** `0/16B3748` */
export function printLsn(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffffffffn).toString(16)}`.toUpperCase()
}

/** @throws RangeError for what is none */
export function parseLsn(text: string): bigint {
  const parts = /^([0-9a-f]{1,8})\/([0-9a-f]{1,8})$/i.exec(text)
  if (parts === null) throw new RangeError(`no place in the log: ${text}`)
  return (BigInt(`0x${parts[1]}`) << 32n) | BigInt(`0x${parts[2]}`)
}
