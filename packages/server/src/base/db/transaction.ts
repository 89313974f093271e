/** Transactions under a session: in one round trip, or explicit ones of dependent statements. */
import type { Statement } from '#base/sql'
import type { Result, RunOptions, Session } from './database.ts'
import { TooLargeToShare } from './delivery.ts'
import { acquire, deadlineOf } from './dispatch.ts'
import type { Dispatcher } from './dispatcher.ts'
import { DatabaseError, MisdirectedCancel } from './errors.ts'
import { commit, OpenTransaction, rollback } from './open-transaction.ts'
import { runPipeline } from './run-pipeline.ts'
import { resetBehind } from './session-reset.ts'
import { sessionStatement } from './session-statement.ts'
import { NoStreamPlace } from './stream-places.ts'
import type { StreamPlace } from './stream-places.ts'
import type { Slot } from './slot.ts'

const nothing: readonly Statement[] = []

/** One implicit transaction in one round trip; explicit only when the options need to decide its end. */
export async function runTransaction(
  dispatcher: Dispatcher,
  session: Session,
  statements: readonly Statement[],
  options: RunOptions,
): Promise<readonly Result[]> {
  if (options.end === 'rollback' || session.isolation !== undefined)
    return withTransaction(dispatcher, session, options, (open) => open.run(...statements))
  let shared =
    options.lane === 'read' && options.leaves === 'nothing' && dispatcher.costs.isCheap(statements)
  let place: StreamPlace | null = null
  for (let attempt = 0; ; attempt++) {
    try {
      const all = [sessionStatement(session), ...statements]
      const use = shared ? 'shared' : dispatcher.costs.isShort(statements) ? 'short' : 'long'
      const how = { use, place, behind: resetBehind(options) } as const
      const results = await runPipeline(dispatcher, session.role, all, options, how)
      return results.slice(1)
    } catch (error) {
      if (error instanceof TooLargeToShare || error instanceof NoStreamPlace) {
        shared = false
        if (error instanceof NoStreamPlace) place = await dispatcher.streams.wait()
        continue
      }
      if (attempt > 0 || !canRunAgain(error))
        throw error instanceof MisdirectedCancel ? error.cause : error
    }
  }
}

/** Nothing of the pipeline has happened, and the reason is gone by the next attempt. */
function canRunAgain(error: unknown): boolean {
  if (error instanceof MisdirectedCancel) return true
  if (!(error instanceof DatabaseError)) return false
  return (
    error.code === '26000' ||
    error.code === '42P05' ||
    // "cached plan must not change result type", in whatever language
    (error.code === '0A000' && error.routine === 'RevalidateCachedQuery')
  )
}

/** An explicit transaction on a connection of its own. BEGIN travels with the first statements. */
export async function withTransaction<T>(
  dispatcher: Dispatcher,
  session: Session,
  options: RunOptions,
  work: (transaction: OpenTransaction) => Promise<T>,
): Promise<T> {
  const deadlineAt = deadlineOf(options)
  const slot = await new Promise<Slot>((resolve, reject) =>
    acquire(dispatcher.pool, {
      // how long it lasts is for whoever opened it to say
      use: 'long',
      role: session.role ?? '',
      options,
      deadlineAt,
      place: resolve,
      fail: reject,
    }),
  )
  const open = new OpenTransaction(dispatcher, session, options, slot, deadlineAt)
  try {
    const value = await work(open)
    await open.end(options.end === 'rollback' ? rollback : commit)
    return value
  } catch (error) {
    // After a failed rollback nothing is known of the connection.
    await open.end(rollback).catch(() => slot.connection.destroy('a rollback failed'))
    throw error
  } finally {
    open.close()
    dispatcher.pool.release(slot)
  }
}

/** Statements under a Sync of their own, without a session: what refuses to run in a transaction block, or begins its own. */
export function runAlone(
  dispatcher: Dispatcher,
  statements: readonly Statement[],
  options: RunOptions,
): Promise<readonly Result[]> {
  const alone = { ...options, prepare: false }
  const how = { use: 'long', place: null, behind: nothing } as const
  return runPipeline(dispatcher, null, statements, alone, how)
}
