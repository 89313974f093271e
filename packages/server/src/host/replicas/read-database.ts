/** Reads of one request: on a replica that is far enough, else and after any failure of it on the primary. */
import { ConnectionError, DatabaseError } from '#base/db'
import type { Database, RunOptions } from '#base/db'
import type { Replica } from './replica.ts'

export interface ReadTarget {
  readonly primary: Database
  /** Null: none is far enough. */
  choose(): Replica | null | Promise<Replica | null>
  /** The primary has answered; `failed` is the replica that could not. */
  onPrimary(failed: Replica | null): void
}

/** Only what a replica can do as well is asked of one: transactions that read, in one round trip or through a portal. */
export function readDatabase(target: ReadTarget): Database {
  const { primary } = target
  const read = <T>(
    options: RunOptions,
    run: (db: Database, options: RunOptions) => Promise<T>,
  ): Promise<T> => runRead(target, options, run)
  return {
    ...primary,
    transaction: (session, statements, options = {}) =>
      read(options, (db, left) => db.transaction(session, statements, left)),
    streamRows: (session, statements, separator, options = {}) =>
      read(options, (db, left) => db.streamRows(session, statements, separator, left)),
  }
}

async function runRead<T>(
  target: ReadTarget,
  options: RunOptions,
  run: (db: Database, options: RunOptions) => Promise<T>,
): Promise<T> {
  const startedAt = performance.now()
  const left = (): RunOptions =>
    options.timeoutMs === undefined
      ? options
      : { ...options, timeoutMs: options.timeoutMs - (performance.now() - startedAt) }
  const replica = await target.choose()
  if (replica !== null) {
    try {
      const value = await replica.whileUp(run(replica.db, left()))
      replica.reads++
      return value
    } catch (error) {
      if (!mayAskPrimary(error)) throw error
      if (error instanceof ConnectionError && error.failure !== 'pool-timeout')
        replica.down(error.message)
    }
  }
  target.onPrimary(replica)
  return run(target.primary, left())
}

/**
 * A replica may be in the way of what it replays, be stopped, or not know yet what the query names. So whatever it says,
 * the primary has the last word: a read can be asked twice. But for time that has run out, and clients that are gone.
 */
function mayAskPrimary(error: unknown): boolean {
  if (error instanceof DatabaseError) return error.code !== '57014'
  return error instanceof ConnectionError && !['cancelled', 'deadline'].includes(error.failure)
}
