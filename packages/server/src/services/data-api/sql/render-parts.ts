/** Columns that every result begins with. */
import type { CallPlan, ReadPlan } from '#services/data-api/plan'
import { renderCounted } from './render-count.ts'
import type { Writer } from './writer.ts'

export const responseSettings =
  "nullif(current_setting('response.headers', true), '') AS headers, nullif(current_setting('response.status', true), '') AS status"

/** The number of rows without the limit, where one was asked for. */
export function renderTotal(writer: Writer, plan: ReadPlan | CallPlan, page: string): string {
  const { count } = plan.preferences
  if (count !== 'exact' && count !== 'estimated') return 'NULL'
  if (plan.tree.range === null) return page
  const most =
    count === 'estimated' && plan.tree.range.maxRows !== null
      ? ` LIMIT ${plan.tree.range.maxRows + 1}`
      : ''
  return `(SELECT count(*) FROM (${renderCounted(writer, plan.tree)}${most}) AS pgrst_counted)`
}
