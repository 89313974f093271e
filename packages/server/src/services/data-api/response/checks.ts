/** Outcomes that must not be. A mutation's are refused by its own SQL (sql/render-guard.ts) and only worded here. */
import type { RunningPlan } from '#services/data-api/plan'
import { responseErrors } from './errors.ts'

function limitsAffected({ preferences }: RunningPlan): boolean {
  return preferences.handling === 'strict' && preferences.maxAffected !== null
}

/** Throws what the number of rows forbids. */
export function checkRows(plan: RunningPlan, rows: number): void {
  if (plan.kind === 'mutation' && plan.mutation.kind === 'upsert') {
    if (rows !== 1) throw responseErrors.PGRST115()
    return
  }
  if (plan.mediaType.kind === 'object' && rows !== 1) throw responseErrors.PGRST116({ rows })
  const { maxAffected } = plan.preferences
  if (limitsAffected(plan) && maxAffected !== null && rows > maxAffected) {
    throw responseErrors.PGRST124({ rows })
  }
}
