/** An end for SQL of operators: it can set `statement_timeout` to what it likes, and for Postgres each hundred rows begin anew. */
import type { DedicatedSession } from '#base/db'

/** Postgres' own limit comes first, and says what it was. */
const graceMs = 500

/** Asks the server to stop what runs in the session, once `ms` are over and again until `work` has ended. */
export async function stopLate<T>(
  session: DedicatedSession,
  ms: number,
  work: () => Promise<T>,
): Promise<T> {
  const endMs = performance.now() + ms + graceMs
  const watch = (): void => {
    if (performance.now() > endMs) session.cancel()
  }
  const timer = setInterval(watch, Math.max(10, Math.min(ms, 1_000)))
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}
