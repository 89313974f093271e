/** run: the rendered query in one transaction under the caller's session. */
import { canForbid, checkRows, readEstimate, readOutcome, withEstimate } from '#data-api/response'
import type { Outcome } from '#data-api/response'
import type { ApiRequest } from '#data-api/request'
import { bindValues } from '#data-api/sql'
import type { RenderedStatement } from '#data-api/sql'
import type { Database, Result, RunOptions, Session } from '#db'
import type { Cancellation } from '#kernel'
import type { Statement } from '#sql'
import type { DataApiOptions } from './options.ts'
import type { PreparedPlan } from './prepared-plans.ts'

export interface RunContext {
  readonly db: Database
  readonly cancellation: Cancellation
  readonly timeoutMs: number
  readonly options: DataApiOptions
}

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
  // what is undone is still checked: a deferred constraint would only speak up at the commit
  if (rollsBack(context.options.txEnd, plan.preferences.transaction)) statements.push(checkNow)
  const results = await context.db.transaction(
    session,
    statements,
    runOptions(prepared, session, context, before),
  )
  const main = results[before]
  if (plan.explain !== null) return { outcome: null, lines: linesOf(main) }
  const outcome = readOutcome(main?.rows[0] ?? [], plan.kind)
  if (rendered.estimate === null) return { outcome, lines: null }
  const estimate = readEstimate(results[before + 1]?.rows[0] ?? [])
  return { outcome: withEstimate(plan, outcome, estimate), lines: null }
}

function bind({ name, text, binders }: RenderedStatement, { values }: ApiRequest): Statement {
  return { name, text, values: bindValues(binders, values) }
}

const checkNow: Statement = {
  name: 'dataApi.checkConstraints',
  text: '/* dataApi.checkConstraints */ set constraints all immediate',
  values: [],
}

function preRequestStatement(routine: string): Statement {
  const name = 'dataApi.preRequest'
  return { name, text: `/* ${name} */ select ${routine}()`, values: [] }
}

function runOptions(
  { plan }: PreparedPlan,
  session: Session,
  { cancellation, timeoutMs, options }: RunContext,
  at: number,
): RunOptions {
  const run: RunOptions = { cancellation, timeoutMs, lane: session.readOnly ? 'read' : 'write' }
  const rollback = rollsBack(options.txEnd, plan.preferences.transaction)
  if (!canForbid(plan)) return rollback ? { ...run, end: 'rollback' } : run
  const check = (results: readonly Result[]): void =>
    checkRows(plan, readOutcome(results[at]?.rows[0] ?? [], plan.kind).page)
  return { ...run, check, ...(rollback ? { end: 'rollback' as const } : {}) }
}

/** `transaction` is only ever set where an override is allowed. */
function rollsBack(
  txEnd: DataApiOptions['txEnd'],
  transaction: 'commit' | 'rollback' | null,
): boolean {
  return transaction === null ? txEnd.startsWith('rollback') : transaction === 'rollback'
}

function linesOf(result: Result | undefined): Uint8Array[] {
  return (result?.rows ?? []).flatMap(([line]) =>
    line === null || line === undefined ? [] : [line],
  )
}
