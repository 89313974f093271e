/** Outcomes that must not be: thrown before the transaction ends, so that it is undone. */
import type { RunningPlan } from '#data-api/plan'
import { responseErrors } from './errors.ts'

/** Whether the outcome of this plan can forbid its commit. */
export function canForbid(plan: RunningPlan): boolean {
  if (plan.explain !== null) return false
  if (plan.kind === 'read' || (plan.kind === 'call' && plan.readOnly)) return false
  if (plan.kind === 'mutation' && plan.mutation.kind === 'upsert') return true
  return plan.mediaType.kind === 'object' || limitsAffected(plan)
}

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
