/** The columns a node selects: aliases of JSON paths, stars where they must be spelled out. */
import type { ColumnItem } from '#services/data-api/request'
import { planErrors } from './errors.ts'
import { planField } from './plan-filter.ts'
import type { FieldScope } from './plan-filter.ts'
import type { PlannedColumn, SpreadColumn } from './plan.ts'

export interface ColumnOptions {
  readonly aggregates: boolean
  /** `*` becomes a list of columns: a grouped query and a spread list need each by name. */
  readonly expandStar: boolean
}

export function planColumns(
  scope: FieldScope,
  items: readonly ColumnItem[],
  { aggregates, expandStar }: ColumnOptions,
): PlannedColumn[] {
  if (!aggregates && items.some((item) => item.aggregate !== null)) throw planErrors.PGRST123()
  const spellOut = expandStar || hasRepresentation(scope)
  return items.flatMap((item) => {
    const isStar = item.field.name === '*' && item.aggregate === null
    return isStar && spellOut && scope.relation !== null
      ? [...scope.relation.columns.keys()].map((name) =>
          planColumn(scope, { ...item, field: { name, path: [] } }),
        )
      : [planColumn(scope, item)]
  })
}

function planColumn(scope: FieldScope, item: ColumnItem): PlannedColumn {
  const { cast, aggregate, aggregateCast } = item
  const type = scope.relation?.columns.get(item.field.name)?.type
  const via = type === undefined ? null : (scope.catalog.representation(type, 'json')?.via ?? null)
  const alias =
    item.alias ??
    (aggregate === null ? (jsonAlias(item) ?? (via === null ? null : item.field.name)) : null)
  return { field: planField(scope, item.field), via, cast, aggregate, aggregateCast, alias }
}

function hasRepresentation({ relation, catalog }: FieldScope): boolean {
  if (relation === null || catalog.data.representations.length === 0) return false
  for (const column of relation.columns.values()) {
    if (catalog.representation(column.type, 'json') !== null) return true
  }
  return false
}

/** `data->a->0` is shown as `a`, `data->0` as `data`. */
function jsonAlias({ field }: ColumnItem): string | null {
  if (field.path.length === 0) return null
  return field.path.findLast((step) => !step.isIndex)?.key ?? field.name
}

/** A spread node's column as its parent shows it; its aggregate is computed by the parent. */
export function spreadColumn(column: PlannedColumn): SpreadColumn {
  const name =
    column.alias ??
    (column.aggregate !== null && column.field.name === '*' ? 'count' : column.field.name)
  return {
    name,
    aggregate: column.aggregate,
    aggregateCast: column.aggregateCast,
    alias: column.aggregate === null ? null : (column.alias ?? column.aggregate),
  }
}
