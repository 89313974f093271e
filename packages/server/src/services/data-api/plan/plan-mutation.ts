/** Insert, update, upsert and delete. */
import type { Catalog, Relation } from '#base/catalog'
import { cutName } from '#services/data-api/request'
import type { ApiRequest } from '#services/data-api/request'
import { planErrors } from './errors.ts'
import { planLogic } from './plan-filter.ts'
import type { FieldScope } from './plan-filter.ts'
import { planReturning } from './plan-returning.ts'
import type { Conflict, Mutation, PlannedLogic, ReadNode, WrittenColumn } from './plan.ts'

export function planMutation(
  request: ApiRequest,
  relation: Relation,
  tree: ReadNode,
  catalog: Catalog,
): Mutation {
  const kind = request.intent as Mutation['kind']
  if (kind === 'upsert') requirePrimaryKeyFilters(request, relation)
  const wantsRows =
    request.preferences.representation === 'representation' ||
    request.preferences.representation === 'headers-only'
  const { primaryKey } = relation
  return {
    kind,
    relation: { schema: relation.schema, name: relation.name },
    columns: kind === 'delete' ? [] : writtenColumns(request, relation, catalog),
    body: request.payload?.slot ?? null,
    where: kind === 'insert' ? [] : ownFilters(request, relation, catalog, kind),
    conflict: planConflict(request, relation, kind),
    applyDefaults: kind !== 'upsert' && request.preferences.missing === 'default',
    returning: wantsRows ? planReturning(tree, primaryKey) : [],
    primaryKey,
  }
}

/** An upsert's filters are compared with the rows of the body, all others with the table. */
function ownFilters(
  request: ApiRequest,
  relation: Relation,
  catalog: Catalog,
  kind: Mutation['kind'],
): PlannedLogic[] {
  const qualifier = kind === 'upsert' ? ['pgrst_body'] : [relation.schema, relation.name]
  const scope: FieldScope = { catalog, relation, qualifier }
  return request.logic
    .filter(({ path }) => path.length === 0)
    .map(({ node }) => planLogic(scope, node, () => null))
}

function requirePrimaryKeyFilters(request: ApiRequest, { primaryKey }: Relation): void {
  const names = new Set(request.filterNames)
  const fits =
    primaryKey.length > 0 &&
    !request.hasTopLogicTree &&
    names.size === primaryKey.length &&
    primaryKey.every((name) => names.has(name)) &&
    request.logic.every(
      ({ node }) =>
        node.kind === 'filter' &&
        !node.negated &&
        node.operation.kind === 'compare' &&
        node.operation.operator === 'eq' &&
        node.operation.quantifier === null,
    )
  if (!fits) throw planErrors.PGRST105()
}

function planConflict(
  request: ApiRequest,
  { primaryKey }: Relation,
  kind: Mutation['kind'],
): Conflict | null {
  if (kind === 'upsert') return { columns: primaryKey, action: 'merge' }
  const { resolution } = request.preferences
  if (kind !== 'insert' || resolution === null) return null
  const columns = request.onConflict ?? primaryKey
  if (columns.length === 0) return null
  return { columns, action: resolution === 'merge-duplicates' ? 'merge' : 'ignore' }
}

function writtenColumns(
  request: ApiRequest,
  relation: Relation,
  catalog: Catalog,
): WrittenColumn[] {
  return (request.payload?.keys ?? []).map((name) => {
    const column = relation.columns.get(name)
    if (column === undefined) {
      throw planErrors.PGRST204({ column: cutName(name), relation: relation.name })
    }
    const reader = catalog.representation('json', column.type)
    return {
      name,
      type: reader === null ? column.type : 'json',
      via: reader?.via ?? null,
      default: column.default,
    }
  })
}
