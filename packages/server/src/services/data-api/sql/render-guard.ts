/** Outcomes that must not be committed, refused by the statement itself: no second round trip decides about them. */
import type { RunningPlan } from '#services/data-api/plan'

/** What a refused number of rows is called in the error Postgres raises. */
const mark = 'pgrst_rows'

/**
 * The number of rows, or an error where that number forbids the commit: one object was asked for, PUT writes exactly one
 * row, `max-affected` is exceeded. A cast that cannot succeed is the error an expression can raise.
 */
export function renderGuarded(plan: RunningPlan, count: string): string {
  const conditions = allowed(plan, count)
  if (conditions.length === 0) return count
  return `CASE WHEN ${conditions.join(' AND ')} THEN ${count} ELSE ('${mark} ' || ${count})::bigint END`
}

function allowed(plan: RunningPlan, count: string): string[] {
  if (plan.explain !== null || plan.kind === 'read' || (plan.kind === 'call' && plan.readOnly)) {
    return []
  }
  const { handling, maxAffected } = plan.preferences
  const isPut = plan.kind === 'mutation' && plan.mutation.kind === 'upsert'
  return [
    ...(isPut || plan.mediaType.kind === 'object' ? [`${count} = 1`] : []),
    ...(handling === 'strict' && maxAffected !== null ? [`${count} <= ${maxAffected}`] : []),
  ]
}

/** The number of rows a guard refused, from the error's message; null for any other error. */
export function refusedRows(code: string, message: string): number | null {
  const rows = code === '22P02' ? /pgrst_rows (\d+)/.exec(message)?.[1] : undefined
  return rows === undefined ? null : Number(rows)
}
