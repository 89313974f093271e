/** What a policy costs on all rows of its table, and what it would cost rewritten or with an index: measured, and undone. */
import { qualified } from '#host/studio/catalog'
import type { Relation } from '#host/studio/catalog'
import type { Transaction } from '#base/db'
import { quoteIdentifier } from '#base/sql'
import type { Asked } from './asked-expressions.ts'
import { undone } from './evaluate.ts'
import type { Caller } from './question.ts'
import { missingIndexes, rewriteExpression } from './rewrite-expression.ts'

export interface PolicyAdvice {
  readonly kind: 'rewrite' | 'index'
  /** The expression, or the statement. */
  readonly sql: string
  readonly before_ms: number | null
  /** Null where it was not measured. */
  readonly after_ms: number | null
  readonly plan: unknown
  readonly note: string | null
}

export interface PolicyCost {
  readonly policy: string
  readonly expression: string
  /** Null where it took longer than 5 s. */
  readonly ms: number | null
  readonly rows: number | null
  readonly ms_per_row: number | null
  readonly plan: unknown
  readonly advice: readonly PolicyAdvice[]
}

const maxMs = 5_000
/** An index of more would keep writers waiting while it is made. */
const maxIndexedRows = 200_000

interface Measured {
  readonly ms: number
  readonly rows: number
  readonly plan: unknown
}

/** As who bypasses policies, with the claims of the caller: the same expression, nothing asked twice. */
export async function measurePolicies(
  transaction: Transaction,
  relation: Relation,
  { claims }: Caller,
  asked: readonly Asked[],
): Promise<PolicyCost[]> {
  const own = new Map(
    asked
      .filter(({ on, kind }) => on === 'existing row' && kind === 'using')
      .map((one) => [one.policy.name, one.expression]),
  )
  const costs: PolicyCost[] = []
  for (const [policy, expression] of own) {
    const measure = (text: string, prepare: string | null = null) =>
      measureOnce(transaction, { relation, claims: JSON.stringify(claims), text, prepare })
    const before = await measure(expression)
    const advice = [
      ...(await adviseRewrite(expression, before, measure)),
      ...(await adviseIndexes(relation, expression, before, measure)),
    ]
    const perRow = before === null || before.rows === 0 ? null : before.ms / before.rows
    costs.push({
      policy,
      expression,
      ms: before?.ms ?? null,
      rows: before?.rows ?? null,
      ms_per_row: perRow,
      plan: before?.plan ?? null,
      advice,
    })
  }
  return costs
}

type Measure = (text: string, prepare?: string | null) => Promise<Measured | null>

async function adviseRewrite(
  expression: string,
  before: Measured | null,
  measure: Measure,
): Promise<PolicyAdvice[]> {
  const rewritten = rewriteExpression(expression)
  if (rewritten === null) return []
  const after = await measure(rewritten)
  return [adviceOf('rewrite', rewritten, before, after, null)]
}

/** On what is cheapest without it. */
async function adviseIndexes(
  relation: Relation,
  expression: string,
  before: Measured | null,
  measure: Measure,
): Promise<PolicyAdvice[]> {
  const advice: PolicyAdvice[] = []
  for (const column of missingIndexes(relation, expression)) {
    const statement = `create index on ${qualified(relation)} (${quoteIdentifier(column)})`
    const isLarge = (relation.estimated_rows ?? 0) > maxIndexedRows
    const after = isLarge
      ? null
      : await measure(rewriteExpression(expression) ?? expression, statement)
    const note = isLarge
      ? `Not tried: making it would keep writers of ${relation.name} waiting`
      : null
    advice.push(adviceOf('index', statement, before, after, note))
  }
  return advice
}

function adviceOf(
  kind: PolicyAdvice['kind'],
  text: string,
  before: Measured | null,
  after: Measured | null,
  note: string | null,
): PolicyAdvice {
  return {
    kind,
    sql: text,
    before_ms: before?.ms ?? null,
    after_ms: after?.ms ?? null,
    plan: after?.plan ?? null,
    note,
  }
}

interface Trial {
  readonly relation: Relation
  readonly claims: string
  readonly text: string
  readonly prepare: string | null
}

interface Explained {
  readonly 'QUERY PLAN': readonly [
    {
      readonly 'Execution Time': number
      readonly Plan: PlanNode
    },
  ]
}

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Actual Rows'?: number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanNode[]
}

/** Null where it failed or took too long. */
async function measureOnce(transaction: Transaction, trial: Trial): Promise<Measured | null> {
  const { relation, claims, text, prepare } = trial
  const run = (statement: string, values: readonly string[] = []) =>
    transaction.rows<Explained>({
      name: 'studio.measurePolicy',
      text: `/* studio.measurePolicy */ ${statement}`,
      values,
    })
  const { value } = await undone(transaction, async () => {
    await run(
      `select set_config('statement_timeout', $1, true), set_config('lock_timeout', '500', true),
      set_config('request.jwt.claims', $2, true)`,
      [String(maxMs), claims],
    )
    if (prepare !== null) await run(prepare)
    const [explained] = await run(
      `explain (analyze, format json, timing off) select from ${qualified(relation)} where ${text}`,
    )
    return explained
  })
  const [found] = value?.['QUERY PLAN'] ?? []
  if (found === undefined) return null
  return { ms: found['Execution Time'], rows: rowsRead(found.Plan), plan: found.Plan }
}

/** Of the table itself, whether they passed or not. */
function rowsRead(plan: PlanNode): number {
  const own =
    plan['Relation Name'] === undefined
      ? 0
      : (plan['Actual Rows'] ?? 0) + (plan['Rows Removed by Filter'] ?? 0)
  if (own > 0) return own
  return (plan.Plans ?? []).reduce((sum, child) => sum + rowsRead(child), 0)
}
