/** data-api/sql: from a plan to SQL text and what to bind. Pure. */
export { renderPlan } from './render-plan.ts'
export type { RenderedPlan, RenderedStatement } from './render-plan.ts'
export { renderByRow } from './render-by-row.ts'
export type { RenderedRows } from './render-by-row.ts'
export { refusedRows } from './render-guard.ts'
export { bindValues } from './binder.ts'
export type { Binder, SlotValues } from './binder.ts'
