/** A pipeline under way for a request: its results, its end, and what becomes of rows too large to be collected. */
import { ByteStream } from './byte-stream.ts'
import type { Connection } from './connection.ts'
import type { Result } from './database.ts'
import type { Dispatch, Dispatcher } from './dispatcher.ts'
import { ConnectionError, DatabaseError, RowTooLarge } from './errors.ts'
import { LargeRow } from './large-row.ts'
import type { PieceReader } from './large-row.ts'
import { Execution, Pipeline } from './pipeline.ts'
import type { PipelineOutcome } from './pipeline.ts'
import { NoStreamPlace } from './stream-places.ts'
import type { StreamPlace } from './stream-places.ts'

/** A result too large for a connection that others share; nothing of it was kept. */
export class TooLargeToShare extends Error {
  override readonly name = 'TooLargeToShare'
}

/**
 * Methods instead of closures: the contexts of closures led from one request to the next, so that a fifth of what
 * requests left behind outlived every scavenge (4 to 7 ms each, 25 a second; without them below 1 ms).
 */
export class Delivery implements PipelineOutcome {
  readonly #dispatcher: Dispatcher
  readonly #connection: Connection
  readonly #dispatch: Dispatch
  readonly #caller: PipelineOutcome
  readonly #pipeline: Pipeline
  /** Of the statements asked for. */
  readonly #last: Execution | undefined
  #place: StreamPlace | null
  #stopListening: (() => void) | undefined

  constructor(
    dispatcher: Dispatcher,
    connection: Connection,
    dispatch: Dispatch,
    caller: PipelineOutcome,
  ) {
    const { statements, behind, options, script, deadlineAt, portal } = dispatch
    const role = dispatch.role ?? ''
    const executions = statements.map((statement) => new Execution(statement, role))
    this.#last = executions.at(-1)
    if (portal !== undefined) Object.assign(this.#last ?? {}, portal)
    if (behind !== undefined)
      for (const statement of behind) executions.push(new Execution(statement, role))
    const prepare = dispatcher.preparedStatements && options.prepare !== false
    this.#dispatcher = dispatcher
    this.#connection = connection
    this.#dispatch = dispatch
    this.#caller = caller
    this.#place = dispatch.place
    this.#pipeline = new Pipeline(executions, this, prepare, script)
    this.#pipeline.deadlineAt = deadlineAt
    this.#pipeline.forgets = dispatch.forgets === true
  }

  begin(): void {
    const { cancellation } = this.#dispatch.options
    this.#connection.run(this.#pipeline, this.#dispatch.shared !== true)
    this.#stopListening = cancellation?.onCancel(() => this.#connection.cancel(this.#pipeline))
  }

  resolve(results: readonly Result[]): void {
    this.#settle(false)
    this.#caller.resolve(this.#asked(results))
  }

  reject(error: Error): void {
    this.#settle(true)
    const explained = explain(error, this.#pipeline)
    this.#last?.tail?.fail(explained)
    this.#caller.reject(explained)
  }

  divert(execution: Execution, bytes: number): PieceReader | null {
    const { shared, options } = this.#dispatch
    const { stream, maxRowBytes } = options
    if (maxRowBytes !== undefined)
      return bytes > maxRowBytes ? this.#skip(new RowTooLarge(maxRowBytes)) : null
    if (stream !== true || execution !== this.#last) return null
    if (shared === true) return this.#skip(new TooLargeToShare())
    this.#place ??= this.#dispatcher.streams.take()
    return this.#place === null ? this.#skip(new NoStreamPlace()) : this.#divertTail(execution)
  }

  #settle(failed: boolean): void {
    this.#stopListening?.()
    this.#place?.leave()
    this.#dispatch.onEnd?.(failed)
  }

  #asked(results: readonly Result[]): readonly Result[] {
    const { statements, behind } = this.#dispatch
    return behind === undefined ? results : results.slice(0, statements.length)
  }

  /** Lets the row pass unread: there is a reason not to have it. */
  #skip(reason: Error): PieceReader {
    this.#pipeline.error ??= reason
    return { push: () => {} }
  }

  /** Answers with what is there before the last cell; that one goes to its reader as it comes, at the reader's pace. */
  #divertTail(execution: Execution): PieceReader {
    const connection = this.#connection
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
        this.#pipeline.deadlineAt = Number.POSITIVE_INFINITY
        this.#dispatch.options.cancellation?.onCancel(() => tail.cancel())
        this.#caller.resolve(this.#asked(this.#pipeline.executions))
      },
      piece: (bytes) => execution.tail?.push(Buffer.from(bytes)),
      end: () => execution.tail?.end(),
    })
  }
}

/** A statement we asked to be cancelled reports why we asked. */
function explain(error: Error, pipeline: Pipeline): Error {
  if (!(error instanceof DatabaseError) || error.code !== '57014') return error
  if (!pipeline.cancelRequested) return error
  return performance.now() >= pipeline.deadlineAt
    ? new ConnectionError('deadline', 'The time allowed ran out', error)
    : new ConnectionError('cancelled', 'The client went away before the answer', error)
}
