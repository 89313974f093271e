/** run: the rendered query in one transaction under the caller's session. */
import { checkRows, readEstimate, readOutcome, withEstimate } from '#services/data-api/response'
import type { Outcome } from '#services/data-api/response'
import type { RunningPlan } from '#services/data-api/plan'
import type { ApiRequest } from '#services/data-api/request'
import { refusedRows } from '#services/data-api/sql'
import { DatabaseError } from '#base/db'
import type { Result, Session } from '#base/db'
import type { Statement } from '#base/sql'
import type { DataApiOptions } from './options.ts'
import type { PreparedPlan } from './prepared-plans.ts'
import { isStreamable, isTooLargeForCell, runByRow } from './run-by-row.ts'
import { bind, preRequestStatement, runOptions } from './run-statements.ts'
import type { RunContext } from './run-statements.ts'

/** What came back: an outcome to respond with, or the lines of EXPLAIN. */
export type Ran =
  | { readonly outcome: Outcome; readonly lines: null }
  | { readonly outcome: null; readonly lines: readonly Uint8Array[] }

export async function runPlan(
  prepared: PreparedPlan,
  request: ApiRequest,
  session: Session,
  context: RunContext,
): Promise<Ran> {
  const { plan, rendered } = prepared
  const { preRequest } = context.options
  const statements = [bind(rendered.main, request)]
  if (rendered.estimate !== null) statements.push(bind(rendered.estimate, request))
  const before = preRequest === null ? 0 : 1
  if (preRequest !== null) statements.unshift(preRequestStatement(preRequest))
  const ends = endOf(context.options.txEnd, plan.preferences.transaction)
  // what is undone is still checked: a deferred constraint would only speak up at the commit
  if (ends === 'rollback') statements.push(checkNow)
  const streams = ends === 'commit' && isStreamable(prepared, session)
  if (streams && prepared.volume.byRow !== null) {
    return { outcome: await runByRow(prepared, request, session, context), lines: null }
  }
  let results: readonly Result[]
  try {
    const options = runOptions(session, ends, context, prepared.leaves, streams)
    results = await context.db.transaction(session, statements, options)
  } catch (error) {
    explainRefusal(plan, error)
    if (!streams || !isTooLargeForCell(error) || prepared.volume.rows() === null) throw error
    return { outcome: await runByRow(prepared, request, session, context), lines: null }
  }
  const main = results[before]
  if (plan.explain !== null) return { outcome: null, lines: linesOf(main) }
  const outcome = readMain(main, plan.kind)
  if (streams) prepared.volume.learn(outcome.body?.length ?? 0)
  if (rendered.estimate === null) return { outcome, lines: null }
  const estimate = readEstimate(results[before + 1]?.rows[0] ?? [])
  return { outcome: withEstimate(plan, outcome, estimate), lines: null }
}

function readMain(result: Result | undefined, kind: RunningPlan['kind']): Outcome {
  const outcome = readOutcome(result?.rows[0] ?? [], kind)
  const tail = result?.tail ?? null
  return tail === null ? outcome : { ...outcome, body: tail }
}

/** Throws the error that names a refused number of rows. */
function explainRefusal(plan: RunningPlan, error: unknown): void {
  const rows = error instanceof DatabaseError ? refusedRows(error.code, error.message) : null
  if (rows !== null) checkRows(plan, rows)
}

const checkNow: Statement = {
  name: 'dataApi.checkConstraints',
  text: '/* dataApi.checkConstraints */ set constraints all immediate',
  values: [],
}

/** `transaction` is only ever set where an override is allowed. */
export function endOf(
  txEnd: DataApiOptions['txEnd'],
  transaction: 'commit' | 'rollback' | null,
): 'commit' | 'rollback' {
  return transaction ?? (txEnd.startsWith('rollback') ? 'rollback' : 'commit')
}

function linesOf(result: Result | undefined): Uint8Array[] {
  return (result?.rows ?? []).flatMap(([line]) =>
    line === null || line === undefined ? [] : [line],
  )
}
