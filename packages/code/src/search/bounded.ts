/** A search with an end: a statement timeout of its own, in a transaction, so that it holds behind poolers as well. */
import { CodeError, messageOf } from '#core'
import { stateOf } from '#postgres'
import type { Database } from '#postgres'

const cancelled = '57014'
const invalidRegex = '2201B'

/**
 * How many rows a pattern fits is a guess of the planner's, now and then 1,000 times too many: then it reads a whole
 * repository in the order of names. What has not ended in so short a time is asked again with bitmaps only.
 */
const guessedMs = 150

/** @throws search_too_expensive, invalid_pattern */
export async function searchBounded<Row>(
  db: Database,
  timeoutMs: number,
  name: string,
  { text, values }: { readonly text: string; readonly values: readonly unknown[] },
): Promise<Row[]> {
  const run = (ms: number, settings = ''): Promise<Row[]> =>
    db.transaction(
      (transaction) => transaction.queryOnce<Row>(name, text, values),
      // numbers and names of ours: nothing of a caller
      `set local statement_timeout = ${ms}; set local search_path = public, extensions; set local jit = off${settings}`,
    )
  try {
    return await run(Math.min(guessedMs, timeoutMs)).catch((error: unknown) => {
      if (stateOf(error) === cancelled && timeoutMs > guessedMs) return run(timeoutMs, bitmapsOnly)
      throw error
    })
  } catch (error) {
    if (stateOf(error) === cancelled) throw new CodeError('search_too_expensive')
    if (stateOf(error) === invalidRegex)
      throw new CodeError('invalid_pattern', { details: { reason: messageOf(error) } })
    throw error
  }
}

const bitmapsOnly =
  '; set local enable_seqscan = off; set local enable_indexscan = off; set local enable_indexonlyscan = off'
