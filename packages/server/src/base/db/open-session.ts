/** A connection outside every pool: for what belongs to a session (advisory locks), and for SQL that must not leave anything behind. */
import type { Statement } from '#base/sql'
import { Connection } from './connection.ts'
import type { ConnectionOptions } from './connection-options.ts'
import type { Result } from './database.ts'
import { decodeRows } from './decode-rows.ts'
import { DatabaseError, MisdirectedCancel, RowTooLarge } from './errors.ts'
import type { ConnectionError } from './errors.ts'
import { Execution, Pipeline } from './pipeline.ts'
import type { ScriptEnd } from './pipeline.ts'

export interface DedicatedSession {
  /** One statement in a transaction of its own, decoded (see `decodeRows`). */
  rows<T = Record<string, unknown>>(statement: Statement): Promise<T[]>
  /**
   * A text of several statements as one implicit transaction; rows are let go. Resolves with how the last one ended, null
   * when there was none. `name` is what errors are reported under.
   */
  script(name: string, text: string): Promise<ScriptEnd | null>
  /** A COPY … FROM STDIN with its data; resolves with the number of rows. Past the first error no more of it is read. */
  copyIn(statement: Statement, chunks: AsyncIterable<Uint8Array>): Promise<number>
  /**
   * The first rows of one statement, as Postgres writes them; `hasMore` says that there are others. Outside a transaction
   * block it is one of its own. @throws RowTooLarge
   */
  firstRows(statement: Statement, limits: RowLimits): Promise<Result>
  /**
   * All rows of one statement, some at a time: the next ones are asked for when those are done with. Within a transaction
   * block. @throws RowTooLarge, also where a batch grows beyond its bytes all at once
   */
  batches(statement: Statement, limits: BatchLimits): AsyncGenerator<Result>
  /** Within a transaction block, a failed one too. */
  readonly isInTransaction: boolean
  /** Asks the server to stop what runs, again until it has. */
  cancel(): void
  /** Ends the session; with it go its locks, settings and temporary tables. */
  close(): void
}

export interface RowLimits {
  readonly maxRows: number
  /** Of all rows together as they arrive: the one that passes it is the last. */
  readonly maxBytes: number
  readonly maxRowBytes: number
}

/** Of `batches`. */
export interface BatchLimits {
  /** Of a batch, as far as that can be told from the one before. */
  readonly usualBytes: number
  /** Of a batch whose rows are larger than those before. */
  readonly maxBytes: number
  readonly maxRowBytes: number
}

const rowsAtOnce = 100
const rowsOfFirstBatch = 50
const rowsOfBatch = 200

/** Connects as the connection's own user; `onClose` is called once when the session ends, by us too. */
export async function openSession(
  options: ConnectionOptions,
  onClose: (error: ConnectionError) => void = () => {},
  onNotice: (severity: string, message: string) => void = () => {},
): Promise<DedicatedSession> {
  const connection = await Connection.open(options, {
    onClose: (_connection, error) => onClose(error),
    onNotice,
  })
  const run = (
    executions: readonly Execution[],
    script?: Statement,
    copyIn: AsyncIterable<Uint8Array> | null = null,
  ): Promise<{ readonly results: readonly Result[]; readonly pipeline: Pipeline }> =>
    new Promise((resolve, reject) => {
      const pipeline: Pipeline = new Pipeline(
        executions,
        {
          resolve: (results) => resolve({ results, pipeline }),
          reject: (error) => reject(asMeant(error)),
        },
        false,
        script,
      )
      pipeline.copyIn = copyIn
      connection.run(pipeline, true)
    })
  return {
    rows: async <T>(statement: Statement) => {
      const { results } = await run([new Execution(statement, '')])
      return decodeRows<T>(results[0] as Result)
    },
    firstRows: (statement, limits) => firstRows(connection, statement, limits),
    batches: (statement, limits) => batches(connection, statement, limits),
    get isInTransaction() {
      return connection.isInTransaction
    },
    script: async (name, text) => (await run([], { name, text, values: [] })).pipeline.scriptEnd,
    copyIn: async (statement, chunks) => {
      const { pipeline } = await run([], statement, chunks)
      return Number(/\d+$/.exec(pipeline.scriptEnd?.tag ?? '')?.[0] ?? 0)
    },
    cancel: () => {
      const [head] = connection.pipelines
      if (head !== undefined) cancelUntilEnded(connection, head)
    },
    close: () => connection.close(),
  }
}

/** Whatever a request to stop hits here: who sent it meant the work of this session. */
const asMeant = (error: Error): unknown =>
  error instanceof MisdirectedCancel ? error.cause : error

type Next = (continues: boolean, atMost: number, bytesLeft: number) => Promise<Execution>

/** So many rows of the statement, and then the ones behind them. */
function portalOf(connection: Connection, statement: Statement, maxRowBytes: number): Next {
  if (statement.text.includes('\0'))
    throw new DatabaseError({ S: 'ERROR', C: '22021', M: 'a statement has no NUL' }, statement.name)
  return (continues, maxRows, bytesLeft) =>
    new Promise((resolve, reject) => {
      const execution = Object.assign(new Execution(statement, ''), {
        continues,
        maxRows,
        bytesLeft,
      })
      const skip = (bytes: number) => {
        if (bytes <= maxRowBytes) return null
        pipeline.error ??= new RowTooLarge(maxRowBytes)
        return { push: () => {} }
      }
      const pipeline: Pipeline = new Pipeline(
        [execution],
        {
          resolve: () => resolve(execution),
          reject: (error) => reject(asMeant(error)),
          divert: (_, bytes) => skip(bytes),
        },
        false,
      )
      connection.run(pipeline, true)
    })
}

async function firstRows(
  connection: Connection,
  statement: Statement,
  { maxRows, maxBytes, maxRowBytes }: RowLimits,
): Promise<Result> {
  const next = portalOf(connection, statement, maxRowBytes)
  const first = await next(false, Math.min(maxRows, rowsAtOnce), maxBytes)
  const rows = [...first.rows]
  let last = first
  // the portal lives as long as its transaction
  while (
    last.hasMore &&
    connection.isInTransaction &&
    rows.length < maxRows &&
    last.bytesLeft > 0
  ) {
    last = await next(true, Math.min(maxRows - rows.length, rowsAtOnce), last.bytesLeft)
    rows.push(...last.rows)
  }
  const rowCount = first.fields.length === 0 ? first.rowCount : rows.length
  const { fields } = first
  return { rows, fields, command: last.command, rowCount, hasMore: last.hasMore }
}

async function* batches(
  connection: Connection,
  statement: Statement,
  { usualBytes, maxBytes, maxRowBytes }: BatchLimits,
): AsyncGenerator<Result> {
  const next = portalOf(connection, statement, maxRowBytes)
  for (let [asked, continues] = [rowsOfFirstBatch, false]; ; continues = true) {
    const batch = await next(continues, asked, maxBytes)
    // what was let go does not come again
    if (batch.hasMore && batch.rows.length < asked)
      throw new RowTooLarge(maxBytes, 'Rows that come together have')
    yield batch
    if (!batch.hasMore) return
    const fitting = Math.floor((usualBytes * asked) / (maxBytes - batch.bytesLeft))
    asked = Math.max(1, Math.min(fitting, asked * 8, rowsOfBatch))
  }
}

const cancelAgainMs = 100

/** A request that overtakes the statement, on a stream of its own, stops nothing. */
function cancelUntilEnded(connection: Connection, pipeline: Pipeline): void {
  if (connection.pipelines[0] !== pipeline) return
  connection.cancel(pipeline)
  setTimeout(() => cancelUntilEnded(connection, pipeline), cancelAgainMs).unref()
}
