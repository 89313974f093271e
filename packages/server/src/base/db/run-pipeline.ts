/** Statements in one round trip, on a connection that is shared or their own for as long. */
import type { Statement } from '#base/sql'
import type { Result, RunOptions } from './database.ts'
import type { Use } from './connection-shares.ts'
import { acquire, deadlineOf, send } from './dispatch.ts'
import type { Dispatch, Dispatcher } from './dispatcher.ts'
import { forgetsStatements, resetUndone } from './session-reset.ts'
import type { Slot } from './slot.ts'

/** Two statements that wait for nobody. */
const resetFailedMs = 5_000

export function runPipeline(
  dispatcher: Dispatcher,
  role: string | null,
  statements: readonly Statement[],
  options: RunOptions,
  how: Pick<Dispatch, 'place'> & { use: Use; behind: readonly Statement[] },
): Promise<readonly Result[]> {
  const deadlineAt = deadlineOf(options)
  const { pool } = dispatcher
  const { use, place: streamPlace, behind } = how
  const shared = use === 'shared'
  const forgets = behind.length > 0 && forgetsStatements(options)
  return new Promise((resolve, reject) =>
    acquire(pool, {
      use,
      role: role ?? '',
      options,
      deadlineAt,
      fail: (error) => {
        streamPlace?.leave()
        reject(error)
      },
      // Sent in the same turn as the slot is given: a slot handed over later could meanwhile be somebody's transaction.
      place: (slot) => {
        // not at once: who waits for the slot would be served in the middle of the connection's own work
        const release = (): void => queueMicrotask(() => pool.release(slot))
        const onEnd = (failed: boolean): void => {
          if (failed && behind.length > 0) resetFailed(dispatcher, slot, options, release)
          else if (!shared) release()
        }
        // one literal: properties behind a spread make V8 a hidden class each time, in old space
        const dispatch = {
          role,
          statements,
          options,
          deadlineAt,
          place: streamPlace,
          shared,
          behind: behind.length > 0 ? behind : undefined,
          forgets,
          onEnd,
        }
        send(dispatcher, slot, dispatch, resolve, reject)
      },
    }),
  )
}

/** What a failure does not undo: locks of the session, and its prepared statements. */
function resetFailed(
  dispatcher: Dispatcher,
  slot: Slot,
  given: RunOptions,
  release: () => void,
): void {
  const { leaves } = given
  const options: RunOptions = leaves === undefined ? {} : { leaves }
  const dispatch: Dispatch = {
    role: null,
    statements: resetUndone(options),
    options,
    deadlineAt: performance.now() + resetFailedMs,
    forgets: forgetsStatements(options),
    place: null,
  }
  send(dispatcher, slot, dispatch, release, (error) => {
    slot.connection.destroy(`its session could not be reset: ${error.message}`)
    release()
  })
}
