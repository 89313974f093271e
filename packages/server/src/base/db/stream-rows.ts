/** Rows through a portal: Postgres keeps what is not read yet, we hold a few hundred kB of it. */
import type { Statement } from '#base/sql'
import { ByteStream } from './byte-stream.ts'
import type { Cell, Result, RowStream, RunOptions, Session } from './database.ts'
import type { Dispatcher } from './dispatcher.ts'
import { ConnectionError } from './errors.ts'
import { NoStreamPlace } from './stream-places.ts'
import type { StreamPlace } from './stream-places.ts'
import { withTransaction } from './transaction.ts'

/** What one fetch aims at; a round trip costs 0.1 ms, this much of JSON 1 ms. */
const batchBytes = 256 * 1024
const firstRows = 50
const maxRows = 5_000
/** A batch has at most so many times the rows of the one before: the next rows may be wider. */
const growth = 8
/** Arrived before the first answer, so that a small result is known to be whole. */
const eagerBytes = 1024 * 1024

/** See `Database.streamRows`. A large result that finds no place is asked for again when there is one. */
export async function streamRows(
  dispatcher: Dispatcher,
  ...asked: [Session, readonly Statement[], string, RunOptions]
): Promise<RowStream> {
  try {
    return await openStream(dispatcher, null, ...asked)
  } catch (error) {
    if (!(error instanceof NoStreamPlace)) throw error
    return openStream(dispatcher, await dispatcher.streams.wait(), ...asked)
  }
}

/** The transaction ends with the stream; between two fetches no statement runs, and no timeout of one. */
function openStream(
  dispatcher: Dispatcher,
  waitedFor: StreamPlace | null,
  session: Session,
  statements: readonly Statement[],
  separator: string,
  options: RunOptions,
): Promise<RowStream> {
  return new Promise((resolve, reject) => {
    const flow = new Flow()
    const body = new ByteStream(flow, null)
    const stopListening = options.cancellation?.onCancel(() => body.cancel())
    const between = Buffer.from(separator)
    let place = waitedFor
    withTransaction(dispatcher, session, options, async (transaction) => {
      const statement = statements.at(-1) as Statement
      let result = await transaction.openPortal(statements, firstRows)
      const head = (result.rows[0] ?? []).slice(0, -1)
      let arrived = 0
      for (let asked = firstRows; ;) {
        const bytes = joinLast(result, between, arrived === 0)
        arrived += bytes.length
        if (bytes.length > 0) body.push(bytes)
        if (result.hasMore !== true) break
        if (arrived >= eagerBytes) {
          place ??= dispatcher.streams.take()
          if (place === null) throw new NoStreamPlace()
          resolve({ head, body })
          await flow.open()
        }
        asked = nextRows(asked, bytes.length)
        result = await transaction.fetch(statement, asked)
      }
      return head
    })
      .then(
        (head) => {
          body.end()
          resolve({ head, body })
        },
        (error: Error) => {
          body.fail(error)
          reject(error)
        },
      )
      .finally(() => {
        stopListening?.()
        place?.leave()
      })
  })
}

/** Opens and closes with the reader's pace. */
class Flow {
  #waiting = false
  #abandoned: string | null = null
  #wake: (() => void) | null = null

  wait(): void {
    this.#waiting = true
  }

  more(): void {
    this.#waiting = false
    this.#wake?.()
  }

  abandon(reason: string): void {
    this.#abandoned = reason
    this.#wake?.()
  }

  /** Resolves when more is wanted; rejects when nothing is wanted any more. */
  async open(): Promise<void> {
    while (this.#waiting && this.#abandoned === null)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    if (this.#abandoned !== null) throw new ConnectionError('cancelled', this.#abandoned)
  }
}

function nextRows(asked: number, bytes: number): number {
  const fitting = Math.floor((batchBytes * asked) / Math.max(bytes, 1))
  return Math.max(1, Math.min(fitting, asked * growth, maxRows))
}

/** Copied together: the rows' own buffers are free again, and the reader gets few large chunks. */
function joinLast({ rows }: Result, separator: Buffer, isFirst: boolean): Buffer {
  const parts: Uint8Array[] = []
  for (const row of rows) {
    const cell: Cell = row.at(-1) ?? null
    if (cell === null) continue
    if (!isFirst || parts.length > 0) parts.push(separator)
    parts.push(cell)
  }
  return Buffer.concat(parts)
}
