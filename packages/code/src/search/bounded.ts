/** A search with an end: a statement timeout of its own, in a transaction, so that it holds behind poolers as well. */
import { CodeError, messageOf } from '#core'
import { stateOf } from '#postgres'
import type { Database, Settings, Statement } from '#postgres'

const cancelled = '57014'
const invalidRegex = '2201B'

/**
 * How many rows a pattern fits is a guess of the planner's, now and then 1,000 times too many: then it reads a whole
 * repository in the order of names. What has not ended in so short a time is asked again with bitmaps only.
 */
const guessedMs = 150

const limited = (ms: number): Settings['values'] => ({ statement_timeout: `${ms}`, jit: 'off' })
const planned = { search_path: 'public, extensions' }
const bitmapsOnly = { enable_seqscan: 'off', enable_indexscan: 'off', enable_indexonlyscan: 'off' }

/** @throws search_too_expensive, invalid_pattern */
export async function searchBounded<Row>(
  db: Database,
  timeoutMs: number,
  name: string,
  { text, values }: { readonly text: string; readonly values: readonly unknown[] },
): Promise<Row[]> {
  const run = (ms: number, more: Settings): Promise<Row[]> =>
    db.queryWithin<Row>(
      { name: more.name, values: { ...limited(ms), ...planned, ...more.values } },
      { name, text, values, isKept: false },
    )
  const shortly = Math.min(guessedMs, timeoutMs)
  return told(
    run(shortly, { name: 'code.search', values: {} }).catch((error: unknown) => {
      if (stateOf(error) !== cancelled || timeoutMs <= guessedMs) throw error
      return run(timeoutMs, { name: 'code.searchBitmaps', values: bitmapsOnly })
    }),
  )
}

/**
 * One plan for all patterns: pieces by their trigrams, in the order of the table, which is that of pages. Planning each
 * pattern would cost more than most searches.
 */
const inOrder = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_tidscan: 'off',
  // of a few rows a sort is faster, and whole pieces are no keys
  enable_hashagg: 'off',
  enable_memoize: 'off',
  synchronize_seqscans: 'off',
  max_parallel_workers_per_gather: '0',
}

/** @throws search_too_expensive, invalid_pattern */
export function searchInOrder<Row>(
  db: Database,
  timeoutMs: number,
  statement: Omit<Statement, 'isKept'>,
): Promise<Row[]> {
  const settings = { name: 'code.inOrder', values: { ...limited(timeoutMs), ...inOrder } }
  return told(db.queryWithin<Row>(settings, { ...statement, isKept: true }))
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
