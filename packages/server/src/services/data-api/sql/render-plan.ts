/** render: a plan becomes SQL text and the list of what to bind. A function of the shape only. */
import type { CallPlan, MutationPlan, ReadPlan, RunningPlan } from '#services/data-api/plan'
import { quoteIdentifier } from '#base/sql'
import type { Binder } from './binder.ts'
import { renderBody } from './render-body.ts'
import type { RowKind } from './render-body.ts'
import { renderCall } from './render-call.ts'
import { renderCounted } from './render-count.ts'
import { renderGuarded } from './render-guard.ts'
import { renderMutation } from './render-mutation.ts'
import { renderTotal, responseSettings } from './render-parts.ts'
import { renderRoot } from './render-tree.ts'
import { Writer } from './writer.ts'

export interface RenderedStatement {
  readonly name: string
  readonly text: string
  readonly binders: readonly Binder[]
}

/**
 * `main` gives one row: total, rows on the page, response.headers, response.status, body; a mutation has the key of the
 * row inserted and the number of rows an upsert updated before the body. `estimate` asks the planner how many rows there would be.
 */
export interface RenderedPlan {
  readonly main: RenderedStatement
  readonly estimate: RenderedStatement | null
}

export function renderPlan(plan: RunningPlan): RenderedPlan {
  const writer = new Writer()
  const query = renderQuery(writer, plan)
  const name = `dataApi.${plan.kind}`
  const explain = plan.explain === null ? '' : `${renderExplain(plan.explain)} `
  return {
    main: { name, text: `/* ${name} */ ${explain}${query}`, binders: writer.binders },
    estimate: plan.explain === null ? renderEstimate(plan) : null,
  }
}

function renderQuery(writer: Writer, plan: RunningPlan): string {
  switch (plan.kind) {
    case 'read':
      return renderRead(writer, plan)
    case 'mutation':
      return renderWrite(writer, plan)
    case 'call':
      return renderCalled(writer, plan)
  }
}

function renderRead(writer: Writer, plan: ReadPlan): string {
  const rows = renderRoot(writer, plan)
  const total = renderTotal(writer, plan, 'count(*)')
  if (plan.rendering.kind === 'csv') {
    const body = renderBody(plan.rendering, 'rows', 'pgrst_source')
    return `WITH pgrst_source AS (${rows}) SELECT ${columns(plan, [`${total} AS total`, 'count(*) AS page'], [], body)} FROM (SELECT * FROM pgrst_source) AS _pgrst_t`
  }
  const body = renderBody(plan.rendering, 'rows', '')
  return `SELECT ${columns(plan, [`${total} AS total`, 'count(*) AS page'], [], body)} FROM (${rows}) AS _pgrst_t`
}

function renderWrite(writer: Writer, plan: MutationPlan): string {
  const { mutation, rendering } = plan
  const source = renderMutation(writer, mutation)
  const rows = rendering.kind === 'none' ? 'SELECT * FROM pgrst_source' : renderRoot(writer, plan)
  const body = renderBody(rendering, 'rows', 'pgrst_source')
  const merges = mutation.conflict?.action === 'merge'
  const updated = merges ? "nullif(current_setting('pgrst.updated', true), '')" : 'NULL'
  const counts = ['NULL AS total', `${renderGuarded(plan, 'count(*)')} AS page`]
  const more = [`${renderLocation(plan)} AS location`, `${updated} AS updated`]
  return `WITH pgrst_source AS (${source}) SELECT ${columns(plan, counts, more, body)} FROM (${rows}) AS _pgrst_t`
}

/**
 * What the one row shows: the body last, because it may be streamed. A plan that is to be read by people and tools
 * (`application/vnd.pgrst.plan`) has it where PostgREST has it.
 */
function columns(
  { explain }: RunningPlan,
  counts: readonly string[],
  more: readonly string[],
  body: string,
): string {
  const shown = `${body} AS body`
  return explain === null
    ? [...counts, responseSettings, ...more, shown].join(', ')
    : [...counts, ...more.slice(0, 1), shown, responseSettings, ...more.slice(1)].join(', ')
}

/** The primary key of the one row inserted, as `{"id":"1"}`. */
function renderLocation({ mutation, preferences }: MutationPlan): string {
  const { primaryKey, kind } = mutation
  const wanted =
    kind === 'insert' && preferences.representation === 'headers-only' && primaryKey.length > 0
  if (!wanted) return 'NULL'
  const columns = primaryKey.map((name) => {
    const column = quoteIdentifier(name)
    return `${column}::text AS ${column}`
  })
  return `CASE WHEN count(*) = 1 THEN (SELECT row_to_json(pgrst_key) FROM (SELECT ${columns.join(', ')} FROM pgrst_source LIMIT 1) AS pgrst_key) END`
}

function renderCalled(writer: Writer, plan: CallPlan): string {
  const source = renderCall(writer, plan)
  const rows = renderRoot(writer, plan)
  const body = renderBody(plan.rendering, rowKind(plan), 'pgrst_source')
  // the row is counted as a value, or a call whose result nobody reads would not be made
  const page = plan.routine.returns.isSet ? 'count(_pgrst_t)' : '1'
  const total = renderTotal(writer, plan, page)
  const counts = [`${total} AS total`, `${renderGuarded(plan, page)} AS page`]
  return `WITH pgrst_source AS (${source}) SELECT ${columns(plan, counts, [], body)} FROM (${rows}) AS _pgrst_t`
}

function rowKind({ routine }: CallPlan): RowKind {
  const { isComposite, isSet } = routine.returns
  if (isComposite) return isSet ? 'rows' : 'composite'
  return isSet ? 'scalars' : 'scalar'
}

function renderExplain({ format, options }: NonNullable<RunningPlan['explain']>): string {
  const words = [`FORMAT ${format.toUpperCase()}`, ...options.map((option) => option.toUpperCase())]
  return `EXPLAIN (${words.join(', ')})`
}

/** Only a read of a relation can be estimated without being run. */
function renderEstimate(plan: RunningPlan): RenderedStatement | null {
  const { count } = plan.preferences
  if (plan.kind !== 'read' || (count !== 'planned' && count !== 'estimated')) return null
  const writer = new Writer()
  const name = 'dataApi.estimate'
  const counted = renderCounted(writer, plan.tree)
  return {
    name,
    text: `/* ${name} */ EXPLAIN (FORMAT JSON) ${counted}`,
    binders: writer.binders,
  }
}
