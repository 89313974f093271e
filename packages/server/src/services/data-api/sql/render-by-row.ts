/** A page of rows one by one, for results that neither Postgres nor we should hold in one piece. */
import type { CallPlan, ReadPlan, RunningPlan } from '#services/data-api/plan'
import { renderCall } from './render-call.ts'
import { renderTotal, responseSettings } from './render-parts.ts'
import type { RenderedStatement } from './render-plan.ts'
import { csvHeader, csvRow, jsonRow } from './render-body.ts'
import { renderRoot } from './render-tree.ts'
import { Writer } from './writer.ts'

/** `text` gives the columns of `RenderedPlan.main` once for each row of the page, at least once. */
export interface RenderedRows extends RenderedStatement {
  /** The body is these around and between the rows. */
  readonly opening: string
  readonly separator: string
  readonly closing: string
}

/**
 * Null for results that are no list of rows. The page is kept by Postgres, on disk when it is large, so that the number
 * of rows is known before the first; the bytes of the body are those of the aggregated form.
 */
export function renderByRow(plan: RunningPlan): RenderedRows | null {
  if (plan.kind === 'mutation' || plan.explain !== null) return null
  if (plan.kind === 'call' && !(plan.routine.returns.isSet && plan.routine.returns.isComposite))
    return null
  const { rendering } = plan
  if (rendering.kind === 'csv') {
    const source = plan.kind === 'read' ? 'pgrst_page' : 'pgrst_source'
    const header = `CASE WHEN row_number() OVER () = 1 THEN ${csvHeader(source)} || E'\\n' ELSE '' END`
    const body = `${header} || coalesce(${csvRow}, '')`
    return { ...renderRows(plan, body), opening: '', separator: '\n', closing: '' }
  }
  if (rendering.kind !== 'array') return null
  const separator = rendering.stripNulls ? ',' : ', \n '
  return {
    ...renderRows(plan, jsonRow(rendering.stripNulls)),
    opening: '[',
    separator,
    closing: ']',
  }
}

function renderRows(plan: ReadPlan | CallPlan, body: string): RenderedStatement {
  const writer = new Writer()
  const source = plan.kind === 'read' ? '' : `pgrst_source AS (${renderCall(writer, plan)}), `
  const rows = renderRoot(writer, plan)
  const page = '(SELECT count(*) FROM pgrst_page)'
  const total = renderTotal(writer, plan, page)
  const name = `dataApi.${plan.kind}Rows`
  // joined to one row, so that an empty page has its counts too
  const from = '(VALUES (1)) AS pgrst_one LEFT JOIN (SELECT * FROM pgrst_page) AS _pgrst_t ON TRUE'
  const text = `/* ${name} */ WITH ${source}pgrst_page AS MATERIALIZED (${rows}) SELECT ${total} AS total, ${page} AS page, ${responseSettings}, ${body} AS body FROM ${from}`
  return { name, text, binders: writer.binders }
}
