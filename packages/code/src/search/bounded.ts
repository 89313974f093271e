/**
 * A search with an end: a statement timeout of its own, in a transaction, so that it holds behind poolers as well. Each has a
 * turn: 16 slow ones of one caller had all connections, and others' exact names waited 6 s, or got 503.
 */
import { CodeError, messageOf } from '#core'
import { stateOf } from '#postgres'
import type { Settings, Statement } from '#postgres'
import type { Context } from '#caller'

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
  context: Context,
  name: string,
  { text, values }: { readonly text: string; readonly values: readonly unknown[] },
): Promise<Row[]> {
  const timeoutMs = context.config.searchTimeoutMs
  const run = (ms: number, more: Settings): Promise<Row[]> =>
    context.db.queryWithin<Row>(
      { name: more.name, values: { ...limited(ms), ...planned, ...more.values } },
      { name, text, values, isKept: false },
    )
  const shortly = Math.min(guessedMs, timeoutMs)
  return inTurn(context, () =>
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
  context: Context,
  statement: Omit<Statement, 'isKept'>,
): Promise<Row[]> {
  const values = { ...limited(context.config.searchTimeoutMs), ...inOrder }
  const settings = { name: 'code.inOrder', values }
  return inTurn(context, () =>
    context.db.queryWithin<Row>(settings, { ...statement, isKept: true }),
  )
}

/** What is read by an index, of which there may be any number of rows. @throws search_too_expensive */
export function readBounded<Row>(context: Context, statement: Statement): Promise<Row[]> {
  const settings = { name: 'code.bounded', values: limited(context.config.searchTimeoutMs) }
  return inTurn(context, () => context.db.queryWithin<Row>(settings, statement))
}

async function inTurn<Row>(
  { turns, caller }: Context,
  search: () => Promise<Row[]>,
): Promise<Row[]> {
  try {
    return await turns.take(caller.userId, search)
  } catch (error) {
    if (stateOf(error) === cancelled) throw new CodeError('search_too_expensive')
    if (stateOf(error) === invalidRegex)
      throw new CodeError('invalid_pattern', { details: { reason: messageOf(error) } })
    throw error
  }
}
