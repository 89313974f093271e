/** One connection to Postgres that runs pipelines in order, several in flight (frontend/backend protocol 3.0). */
import type { Socket } from 'node:net'
import { BackendMessages, isStandby, readCString, readErrorFields } from './backend-messages.ts'
import { CancelRequests } from './cancel-requests.ts'
import type { ConnectionEvents } from './connection-events.ts'
import type { ConnectionOptions } from './connection-options.ts'
import { describeAddress } from './connection-options.ts'
import { Credentials } from './credentials.ts'
import { ConnectionError, DatabaseError } from './errors.ts'
import type { PieceReader } from './large-row.ts'
import { openSocket } from './open-socket.ts'
import { Pipeline } from './pipeline.ts'
import { PipelineWriter } from './pipeline-writer.ts'
import { receiveResult } from './receive-results.ts'
import { sendCopy } from './send-copy.ts'
import { openAt, Startup, startupParameters } from './startup.ts'

const idle = 0x49 /* I */
const pingTimeoutMs = 5_000

export class Connection {
  readonly #options: ConnectionOptions
  readonly #events: ConnectionEvents
  readonly #socket: Socket
  readonly #incoming: BackendMessages
  readonly #writer: PipelineWriter
  readonly #credentials: Credentials
  readonly #cancels: CancelRequests
  readonly #inFlight: Pipeline[] = []
  #transactionStatus = idle
  #closed: ConnectionError | null = null
  #startup: Startup | null = null

  /** @throws ConnectionError or DatabaseError when the server refuses, or each of several does. */
  static open(
    options: ConnectionOptions,
    events: ConnectionEvents,
    maxPrepared = 256,
  ): Promise<Connection> {
    return openAt(options, (one) => Connection.#openAt(one, events, maxPrepared))
  }

  static async #openAt(
    options: ConnectionOptions,
    events: ConnectionEvents,
    maxPrepared: number,
  ): Promise<Connection> {
    let receive: (chunk: Buffer) => void = () => {}
    const socket = await openSocket(options, (chunk) => receive(chunk))
    const connection = new Connection(options, events, socket, maxPrepared)
    receive = (chunk) => connection.#read(chunk)
    await connection.#start()
    return connection
  }

  private constructor(
    options: ConnectionOptions,
    events: ConnectionEvents,
    socket: Socket,
    maxPrepared: number,
  ) {
    this.#options = options
    this.#events = events
    this.#socket = socket
    this.#writer = new PipelineWriter(socket, maxPrepared)
    this.#credentials = new Credentials(options.user, options.password ?? '')
    this.#cancels = new CancelRequests(options, () => {
      if (this.#inFlight.length === 0) this.#cancels.settle()
      events.onUsable?.(this)
    })
    this.#incoming = new BackendMessages(
      (type, buffer, start, end) => this.#receive(type, buffer, start, end),
      (type, bytes) => (type === 0x44 /* D */ ? this.#divertRow(bytes) : null),
    )
    socket.on('error', (error) => this.#fail(`the connection broke: ${error.message}`, error))
    socket.on('close', () => this.#fail('the server closed the connection'))
    socket.resume()
  }

  /** Pipelines sent and not yet answered. */
  get inFlight(): number {
    return this.#inFlight.length
  }

  /** In the order they were sent. */
  get pipelines(): readonly Pipeline[] {
    return this.#inFlight
  }

  get isClosed(): boolean {
    return this.#closed !== null
  }

  /** True while a cancel request could still hit the wrong pipeline; give it nothing new. */
  get isCancelling(): boolean {
    return this.#cancels.isUnderWay
  }

  /** True inside an explicit transaction, failed or not. */
  get isInTransaction(): boolean {
    return this.#transactionStatus !== idle
  }

  /** Sends the pipeline behind those in flight; its outcome is called when the server has answered. `alone`: nobody else's follows in this turn. */
  run(pipeline: Pipeline, alone = false): void {
    if (this.#closed !== null) {
      pipeline.outcome.reject(this.#closed)
      return
    }
    if (this.#inFlight.length === 0) pipeline.startedAt = performance.now()
    this.#inFlight.push(pipeline)
    this.#writer.write(pipeline, alone)
  }

  /** Asks the server to stop `pipeline`; without effect once it has ended. */
  cancel(pipeline: Pipeline): void {
    pipeline.cancelRequested = true
    if (this.#inFlight[0] === pipeline) this.#cancels.send()
  }

  /** Asks an idle connection for a sign of life: it is destroyed when none comes in time. */
  ping(): void {
    const pipeline = new Pipeline([], { resolve: () => {}, reject: () => {} }, false)
    pipeline.deadlineAt = performance.now() + pingTimeoutMs
    this.run(pipeline)
  }

  /** Stops reading: what Postgres sends fills the socket's buffers, then Postgres waits. */
  pauseReading(): void {
    this.#socket.pause()
  }

  resumeReading(): void {
    this.#socket.resume()
  }

  /** Says good-bye and closes; pipelines in flight are rejected. */
  close(): void {
    if (this.#closed === null && this.#startup === null) {
      this.#writer.messages.terminate()
      this.#writer.flush()
    }
    this.#fail('the connection was closed by us')
    this.#socket.end()
  }

  /** Closes without ceremony. */
  destroy(reason: string): void {
    this.#fail(reason)
  }

  ref(): void {
    this.#socket.ref()
  }

  unref(): void {
    this.#socket.unref()
  }

  #start(): Promise<void> {
    const { connectTimeoutMs } = this.#options
    this.#startup = new Startup(connectTimeoutMs, () =>
      this.#fail(`no answer to the start-up within ${connectTimeoutMs} ms`),
    )
    this.#writer.messages.startup(startupParameters(this.#options))
    this.#writer.flush()
    return this.#startup.promise
  }

  #divertRow(bytes: number): PieceReader | null {
    const head = this.#inFlight[0]
    const execution = head?.executions[head.at]
    return execution === undefined ? null : (head?.outcome.divert?.(execution, bytes) ?? null)
  }

  #read(chunk: Buffer): void {
    try {
      this.#incoming.push(chunk)
    } catch (error) {
      // whatever it was: where the next message begins is no longer known
      this.#fail(`what the server sent could not be read: ${String(error)}`, error)
    }
  }

  #receive(type: number, buffer: Buffer, start: number, end: number): void {
    if (receiveResult(this.#inFlight[0], type, buffer, start, end)) return
    if (type === 0x5a /* Z ReadyForQuery */) this.#ready(buffer[start] as number)
    else if (type === 0x45 /* E ErrorResponse */) this.#error(buffer, start)
    else this.#receiveRare(type, buffer, start, end)
  }

  #receiveRare(type: number, buffer: Buffer, start: number, end: number): void {
    switch (type) {
      case 0x41: {
        // A NotificationResponse
        const [channel, next] = readCString(buffer, start + 4)
        this.#events.onNotification?.(channel, readCString(buffer, next)[0])
        return
      }
      case 0x4e: {
        // N NoticeResponse
        const fields = readErrorFields(buffer, start)
        this.#events.onNotice?.(fields['V'] ?? fields['S'] ?? 'NOTICE', fields['M'] ?? '')
        return
      }
      case 0x53: // S ParameterStatus
        if (this.#options.needsPrimary && this.#startup !== null && isStandby(buffer, start))
          this.#fail('it is a standby, which takes no writes')
        return
      case 0x4b: // K BackendKeyData
        this.#cancels.useKey(buffer.readInt32BE(start), buffer.readInt32BE(start + 4))
        return
      case 0x52: // R Authentication
        void this.#login(buffer, start, end)
        return
      case 0x47: // G CopyInResponse
        this.#copyIn(this.#inFlight[0])
    }
  }

  #copyIn(pipeline: Pipeline | undefined): void {
    if (pipeline?.script != null && pipeline.copyIn !== null) {
      void sendCopy(pipeline, pipeline.copyIn, this.#writer, () => this.#inFlight[0] !== pipeline)
      return
    }
    // one that got in unasked: nobody will send its data
    this.#writer.messages.copyFail('COPY FROM STDIN is not supported here')
    // The Sync sent with the statement was swallowed by copy mode; a script has none.
    if (pipeline?.script === null) this.#writer.messages.sync()
    this.#writer.flushLater()
  }

  #error(buffer: Buffer, start: number): void {
    const fields = readErrorFields(buffer, start)
    const head = this.#inFlight[0]
    const error = new DatabaseError(fields, head?.currentName ?? null)
    if (this.#startup !== null) {
      this.#startup.fail(error)
      this.#startup = null
      this.#fail(error.message)
      return
    }
    // FATAL is the server's last word (57P01 admin shutdown, idle timeout); `close` would follow with less to say.
    if (error.severity === 'FATAL' || error.severity === 'PANIC') this.#fail(error.message, error)
    else if (head !== undefined) head.error ??= error
  }

  #ready(status: number): void {
    this.#transactionStatus = status
    if (this.#startup !== null) {
      this.#startup.succeed()
      this.#startup = null
      return
    }
    const pipeline = this.#inFlight.shift()
    if (pipeline === undefined) return
    if (pipeline.error !== null) this.#writer.forgetUnparsed(pipeline)
    const now = performance.now()
    const next = this.#inFlight[0]
    if (next !== undefined) {
      next.startedAt = now
      if (next.cancelRequested) this.#cancels.send()
    }
    this.#events.onDone?.(this, pipeline, now - pipeline.startedAt)
    if (pipeline.error === null) pipeline.outcome.resolve(pipeline.executions)
    else pipeline.outcome.reject(this.#cancels.explain(pipeline, pipeline.error))
    this.#cancels.settle()
  }

  async #login(buffer: Buffer, start: number, end: number): Promise<void> {
    try {
      await this.#credentials.answer(buffer, start, end, this.#writer.messages)
      this.#writer.flush()
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error), error)
    }
  }

  #fail(reason: string, cause?: unknown): void {
    if (this.#closed !== null) return
    const error = new ConnectionError(
      this.#startup === null ? 'closed' : 'connect',
      `Postgres at ${describeAddress(this.#options)}: ${reason}`,
      cause,
    )
    this.#closed = error
    this.#startup?.fail(error)
    this.#socket.destroySoon()
    for (const pipeline of this.#inFlight.splice(0))
      pipeline.outcome.reject(pipeline.error ?? error)
    this.#events.onClose(this, error)
  }
}
