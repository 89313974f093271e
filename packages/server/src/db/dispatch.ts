/** Brings statements onto a connection: waits for a slot, sends the pipeline, and ties it to cancellation and deadline. */
import type { Statement } from '#sql'
import type { Cancellation } from '#kernel'
import { ByteStream } from './byte-stream.ts'
import type { Connection } from './connection.ts'
import type { Result, RunOptions } from './database.ts'
import { ConnectionError, DatabaseError, RowTooLarge } from './errors.ts'
import { LargeRow } from './large-row.ts'
import type { PieceReader } from './large-row.ts'
import { Execution, Pipeline } from './pipeline.ts'
import type { Pool } from './pool.ts'
import type { Slot } from './slot.ts'
import type { StatementCosts } from './statement-costs.ts'
import { NoStreamPlace } from './stream-places.ts'
import type { StreamPlace, StreamPlaces } from './stream-places.ts'

export interface Dispatcher {
  readonly pool: Pool
  readonly costs: StatementCosts
  readonly streams: StreamPlaces
  /** False behind a pooler that cannot keep prepared statements. */
  readonly preparedStatements: boolean
}

export interface SlotRequest {
  readonly shared: boolean
  readonly options: RunOptions
  /** In `performance.now()` ms. */
  readonly deadlineAt: number
  /** Called at once or later, in the turn in which the slot becomes the caller's. */
  place(slot: Slot): void
  fail(error: Error): void
}

/** In `performance.now()` ms. */
export function deadlineOf(options: RunOptions): number {
  return options.timeoutMs === undefined
    ? Number.POSITIVE_INFINITY
    : performance.now() + options.timeoutMs
}

const cancelled = (): ConnectionError =>
  new ConnectionError('cancelled', 'The client went away before the answer')

/** Asks the pool for a slot; a cancelled request leaves the waiting line. */
export function acquire(pool: Pool, request: SlotRequest): void {
  const { cancellation } = request.options
  if (cancellation?.cancelled === true) {
    request.fail(cancelled())
    return
  }
  let waiting = true
  let stopListening: (() => void) | undefined
  const settle = (): void => {
    waiting = false
    stopListening?.()
  }
  const waiter = {
    shared: request.shared,
    since: performance.now(),
    deadlineAt: request.deadlineAt,
    place: (slot: Slot) => {
      settle()
      request.place(slot)
    },
    fail: (error: Error) => {
      settle()
      request.fail(error)
    },
  }
  pool.place(waiter)
  if (!waiting || cancellation === undefined) return
  stopListening = cancellation.onCancel(() => {
    if (pool.withdraw(waiter)) request.fail(cancelled())
  })
}

export interface Dispatch {
  readonly role: string | null
  readonly statements: readonly Statement[]
  readonly script?: Statement | undefined
  readonly options: RunOptions
  readonly deadlineAt: number
  /** Others use the connection too: it must not wait for a slow reader. */
  readonly shared?: boolean
  /** How the last statement gives its rows: some of them, from a new portal or the open one. */
  readonly portal?: { readonly maxRows: number; readonly continues: boolean }
  /** Waited for: the result is known to be large. */
  readonly place: StreamPlace | null
  /** Postgres is done with it: the connection may be given to others. */
  readonly onEnd?: () => void
}

/** A result too large for a connection that others share; nothing of it was kept. */
export class TooLargeToShare extends Error {
  override readonly name = 'TooLargeToShare'
}

/** Sends one pipeline on `slot`, in this turn. Callbacks: each promise in between costs a request 1 µs. */
export function send(
  dispatcher: Dispatcher,
  slot: Slot,
  dispatch: Dispatch,
  resolve: (results: readonly Result[]) => void,
  reject: (error: Error) => void,
): void {
  const { options, statements } = dispatch
  const role = dispatch.role ?? ''
  const unsendable = statements.find((statement) => statement.text.includes('\0'))
  if (unsendable !== undefined) {
    dispatch.onEnd?.()
    reject(nulByte(unsendable))
    return
  }
  const executions = statements.map((statement) => new Execution(statement, role))
  let stopListening: (() => void) | undefined
  let { place } = dispatch
  const settle = (): void => {
    stopListening?.()
    place?.leave()
    dispatch.onEnd?.()
  }
  const outcome = {
    resolve: (results: readonly Result[]) => {
      settle()
      resolve(results)
    },
    reject: (error: Error) => {
      settle()
      const explained = explain(error, pipeline)
      executions.at(-1)?.tail?.fail(explained)
      reject(explained)
    },
  }
  const prepare = dispatcher.preparedStatements && options.prepare !== false
  const pipeline = new Pipeline(executions, outcome, prepare, dispatch.script)
  pipeline.deadlineAt = dispatch.deadlineAt
  divertRows(pipeline, dispatch, (execution) => {
    place ??= dispatcher.streams.take()
    if (place === null) return skip(pipeline, new NoStreamPlace())
    return divertTail(pipeline, execution, slot.connection, options.cancellation, resolve)
  })
  slot.connection.run(pipeline)
  stopListening = options.cancellation?.onCancel(() => slot.connection.cancel(pipeline))
}

/** What becomes of rows too large to be collected. */
function divertRows(
  pipeline: Pipeline,
  { options: { stream, maxRowBytes }, portal, shared }: Dispatch,
  streamed: (execution: Execution) => PieceReader,
): void {
  const { executions } = pipeline
  const last = executions.at(-1)
  if (last !== undefined && portal !== undefined) Object.assign(last, portal)
  if (last !== undefined && stream === true)
    last.divert = () => (shared === true ? skip(pipeline, new TooLargeToShare()) : streamed(last))
  if (maxRowBytes === undefined) return
  for (const execution of executions)
    execution.divert = (bytes) =>
      bytes > maxRowBytes ? skip(pipeline, new RowTooLarge(maxRowBytes)) : null
}

/** Lets the row pass unread: there is a reason not to have it. */
function skip(pipeline: Pipeline, reason: Error): PieceReader {
  pipeline.error ??= reason
  return { push: () => {} }
}

/** Answers with what is there before the last cell; that one goes to its reader as it comes, at the reader's pace. */
function divertTail(
  pipeline: Pipeline,
  execution: Execution,
  connection: Connection,
  cancellation: Cancellation | undefined,
  resolve: (results: readonly Result[]) => void,
): PieceReader {
  const source = {
    wait: () => connection.pauseReading(),
    more: () => connection.resumeReading(),
    // Postgres, waiting for us to read, would not see a cancel request
    abandon: (reason: string) => connection.destroy(reason),
  }
  return new LargeRow({
    head: (cells, bytes) => {
      const tail = new ByteStream(source, bytes)
      execution.tail = tail
      execution.rows.push([...cells, null])
      // what is left depends on the reader; it has time limits of its own
      pipeline.deadlineAt = Number.POSITIVE_INFINITY
      cancellation?.onCancel(() => tail.cancel())
      resolve(pipeline.executions)
    },
    piece: (bytes) => execution.tail?.push(Buffer.from(bytes)),
    end: () => execution.tail?.end(),
  })
}

/** The protocol ends texts with a NUL: one inside would be read as the end of the statement. */
function nulByte({ name }: Statement): DatabaseError {
  const message = 'invalid byte sequence for encoding "UTF8": 0x00'
  return new DatabaseError({ S: 'ERROR', C: '22021', M: message }, name)
}

/** A statement we asked to be cancelled reports why we asked. */
function explain(error: Error, pipeline: Pipeline): Error {
  if (!(error instanceof DatabaseError) || error.code !== '57014') return error
  if (!pipeline.cancelRequested) return error
  return performance.now() >= pipeline.deadlineAt
    ? new ConnectionError('deadline', 'The time allowed ran out', error)
    : new ConnectionError('cancelled', 'The client went away before the answer', error)
}
