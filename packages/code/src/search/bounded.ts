/** A search with an end: a statement timeout of its own, in a transaction, so that it holds behind poolers as well. */
import { CodeError, messageOf } from '#core'
import { stateOf } from '#postgres'
import type { Database, Statement } from '#postgres'

const cancelled = '57014'
const invalidRegex = '2201B'

/**
 * How many rows a pattern fits is a guess of the planner's, now and then 1,000 times too many: then it reads a whole
 * repository in the order of names. What has not ended in so short a time is asked again with bitmaps only.
 */
const guessedMs = 150

// numbers and names of ours: nothing of a caller
const limited = (ms: number): string => `set local statement_timeout = ${ms}; set local jit = off`
const planned = '; set local search_path = public, extensions'
const bitmapsOnly =
  '; set local enable_seqscan = off; set local enable_indexscan = off; set local enable_indexonlyscan = off'

/** @throws search_too_expensive, invalid_pattern */
export async function searchBounded<Row>(
  db: Database,
  timeoutMs: number,
  name: string,
  { text, values }: { readonly text: string; readonly values: readonly unknown[] },
): Promise<Row[]> {
  const run = (ms: number, settings = ''): Promise<Row[]> =>
    db.queryWithin<Row>(limited(ms) + planned + settings, { name, text, values, isKept: false })
  return told(
    run(Math.min(guessedMs, timeoutMs)).catch((error: unknown) => {
      if (stateOf(error) === cancelled && timeoutMs > guessedMs) return run(timeoutMs, bitmapsOnly)
      throw error
    }),
  )
}

/**
 * One plan for all patterns: pieces by their trigrams, in the order of the table, which is that of pages. Planning each
 * pattern would cost more than most searches.
 */
const inOrder = [
  'plan_cache_mode = force_generic_plan',
  'enable_seqscan = off',
  'enable_tidscan = off',
  // of a few rows a sort is faster, and whole pieces are no keys
  'enable_hashagg = off',
  'enable_memoize = off',
  'synchronize_seqscans = off',
  'max_parallel_workers_per_gather = 0',
]
  .map((setting) => `; set local ${setting}`)
  .join('')

/** @throws search_too_expensive, invalid_pattern */
export function searchInOrder<Row>(
  db: Database,
  timeoutMs: number,
  statement: Omit<Statement, 'isKept'>,
): Promise<Row[]> {
  return told(db.queryWithin<Row>(limited(timeoutMs) + inOrder, { ...statement, isKept: true }))
}

async function told<Row>(searching: Promise<Row[]>): Promise<Row[]> {
  try {
    return await searching
  } catch (error) {
    if (stateOf(error) === cancelled) throw new CodeError('search_too_expensive')
    if (stateOf(error) === invalidRegex)
      throw new CodeError('invalid_pattern', { details: { reason: messageOf(error) } })
    throw error
  }
}
